package io.umbra.engine;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

import java.util.concurrent.TimeUnit;

/**
 * How old records were when one shard's journal published them, by the timestamps that the source gave them
 * ({@code LogAppendTime}). One JournalAgent records, without a lock and without allocation; the sampler's thread takes
 * what has come together.
 * <p>
 * What was at the source before the engine started is not counted: its age says when the engine was started.
 */
final class AppendDelays
{
    private static final long MAX_US = TimeUnit.DAYS.toMicros(1);
    private static final int DIGITS = 3;

    private final SingleWriterRecorder recorder = new SingleWriterRecorder(MAX_US, DIGITS);
    private final long sinceMs;
    private Histogram taken;

    /**
     * Nothing is counted yet.
     *
     * @param sinceMs since when what the source appends counts, milliseconds since 1970.
     */
    AppendDelays(final long sinceMs)
    {
        this.sinceMs = sinceMs;
    }

    /**
     * Batches are part of the journal. JournalAgent's thread.
     *
     * @param appendTimeMs when the source took the oldest of them, milliseconds since 1970 by its clock; less than 0 if
     *                     none says so.
     * @param nowMs        milliseconds since 1970.
     */
    void journaled(final long appendTimeMs, final long nowMs)
    {
        if (appendTimeMs >= sinceMs)
        {
            // Clocks that disagree may put the append after the journaling.
            recorder.recordValue(Math.min(MAX_US, TimeUnit.MILLISECONDS.toMicros(Math.max(0, nowMs - appendTimeMs))));
        }
    }

    /**
     * Moves what was recorded since the last call. One thread at a time, other than the one that records.
     *
     * @param target to add it to.
     */
    void drainTo(final DelayWindows target)
    {
        taken = recorder.getIntervalHistogram(taken);
        target.add(taken);
    }
}
