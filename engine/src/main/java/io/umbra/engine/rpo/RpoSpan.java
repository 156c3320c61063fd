package io.umbra.engine.rpo;

import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.RpoSummary;

/**
 * How far the shadow was behind, over a span of time.
 *
 * @param fromMs        begin of the span, milliseconds since 1970.
 * @param toMs          its end.
 * @param coveredMs     how much of it the samples cover.
 * @param state         worst state of the link in it.
 * @param lagRecords    most records that were missing; -1 when it was not known.
 * @param lagBytes      most bytes; -1 when it was not known.
 * @param lagMs         largest bound of the age of the oldest record that was missing; -1 when it was not known.
 * @param bytes         journaled in it.
 * @param records       journaled in it.
 * @param sampled       ages of records when they were journaled, as sampled.
 * @param logAppendTime likewise, by the source's own timestamps.
 */
public record RpoSpan(
    long fromMs,
    long toMs,
    long coveredMs,
    LinkState state,
    long lagRecords,
    long lagBytes,
    long lagMs,
    long bytes,
    long records,
    RpoSummary sampled,
    RpoSummary logAppendTime)
{
    /** Bytes journaled per second, over the time that is covered. */
    public double bytesPerSecond()
    {
        return bytes * 1000.0 / Math.max(1, coveredMs);
    }

    /** Records journaled per second, over the time that is covered. */
    public double recordsPerSecond()
    {
        return records * 1000.0 / Math.max(1, coveredMs);
    }
}
