package io.umbra.engine;

import io.umbra.engine.source.LagListener;
import io.umbra.engine.status.PartitionTable;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.Agent;

import java.util.concurrent.TimeUnit;

/**
 * Keeps the lag of each partition in the table, the histogram of delays, and the throughput. Runs on the sampler's
 * thread: as the sampler's listener, and as an agent beside it that publishes once a second.
 */
final class RpoMeter implements LagListener, Agent
{
    private static final long PUBLISH_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final double US_PER_MS = 1000.0;

    private final PartitionTable table;
    private final Shards shards;
    /** Microseconds, up to a day. */
    private final Histogram delaysUs = new Histogram(TimeUnit.DAYS.toMicros(1), 3);
    private long publishedNs = System.nanoTime();
    private long publishedBytes;
    private long publishedRecords;

    RpoMeter(final PartitionTable table, final Shards shards)
    {
        this.table = table;
        this.shards = shards;
    }

    @Override
    public void onSample(final int partitionIndex, final long highWatermark, final long timeMs)
    {
        table.sampled(partitionIndex, highWatermark, timeMs, table.lagMs(partitionIndex));
    }

    @Override
    public void onReached(final int partitionIndex, final long delayNs)
    {
        delaysUs.recordValue(Math.min(delaysUs.getHighestTrackableValue(), TimeUnit.NANOSECONDS.toMicros(delayNs)));
    }

    @Override
    public void onLag(final int partitionIndex, final long lagMs)
    {
        table.sampled(
            partitionIndex, table.sampledEndOffset(partitionIndex), table.sampleTimeMs(partitionIndex), lagMs);
    }

    @Override
    public long journalEndOffset(final int partitionIndex)
    {
        return table.journalEndOffset(partitionIndex);
    }

    @Override
    public long journaledAtNs(final int partitionIndex)
    {
        return table.commitNanoTime(partitionIndex);
    }

    @Override
    public int doWork()
    {
        final long nowNs = System.nanoTime();
        if (nowNs - publishedNs < PUBLISH_INTERVAL_NS)
        {
            return 0;
        }
        final long bytes = shards.journaledBytes();
        final long records = shards.journaledRecords();
        final double seconds = (nowNs - publishedNs) / (double)PUBLISH_INTERVAL_NS;
        table.header().throughput(
            Math.round((bytes - publishedBytes) / seconds), Math.round((records - publishedRecords) / seconds),
            bytes, records, System.currentTimeMillis());
        table.header().rpoMs(
            delaysUs.getValueAtPercentile(50) / US_PER_MS,
            delaysUs.getValueAtPercentile(99) / US_PER_MS,
            delaysUs.getValueAtPercentile(99.9) / US_PER_MS,
            delaysUs.getMaxValue() / US_PER_MS);
        publishedNs = nowNs;
        publishedBytes = bytes;
        publishedRecords = records;
        return 1;
    }

    @Override
    public String roleName()
    {
        return "umbra-rpo";
    }
}
