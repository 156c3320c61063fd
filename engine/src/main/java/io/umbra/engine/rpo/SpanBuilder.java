package io.umbra.engine.rpo;

import io.umbra.codecs.ledger.RpoSampleDecoder;
import io.umbra.engine.status.LinkState;
import org.HdrHistogram.Histogram;

import java.util.List;

/**
 * A span in the making: samples are added to it.
 */
final class SpanBuilder
{
    /** The best first. */
    private static final List<LinkState> SEVERITY = List.of(
        LinkState.ACTIVE, LinkState.PROMOTED, LinkState.PAUSED, LinkState.SOURCE_UNAVAILABLE, LinkState.FAULTED);

    private final long fromMs;
    private final long toMs;
    private long coveredMs;
    private LinkState state = LinkState.ACTIVE;
    private long lagRecords = -1;
    private long lagBytes = -1;
    private long lagMs = -1;
    private long bytes;
    private long records;
    private Histogram sampled;
    private Histogram logAppendTime;

    SpanBuilder(final long fromMs, final long toMs)
    {
        this.fromMs = fromMs;
        this.toMs = toMs;
    }

    void add(final RpoSampleDecoder sample, final Histogram ofSampled, final Histogram ofLogAppendTime)
    {
        coveredMs += sample.intervalMs();
        final LinkState ofSample = LinkState.get(sample.linkState());
        state = SEVERITY.indexOf(ofSample) > SEVERITY.indexOf(state) ? ofSample : state;
        lagRecords = Math.max(lagRecords, sample.lagRecords());
        lagBytes = Math.max(lagBytes, sample.lagBytes());
        lagMs = Math.max(lagMs, sample.lagMs());
        bytes += sample.bytes();
        records += sample.records();
        sampled = merged(sampled, ofSampled);
        logAppendTime = merged(logAppendTime, ofLogAppendTime);
    }

    long coveredMs()
    {
        return coveredMs;
    }

    RpoSpan build()
    {
        return new RpoSpan(
            fromMs, toMs, coveredMs, state, lagRecords, lagBytes, lagMs, bytes, records,
            DelayCodec.summary(sampled), DelayCodec.summary(logAppendTime));
    }

    private static Histogram merged(final Histogram one, final Histogram other)
    {
        if (null == other)
        {
            return one;
        }
        final Histogram sum = null == one ? new Histogram(other) : one;
        sum.add(other);
        return sum;
    }
}
