package io.umbra.engine;

import io.umbra.engine.rpo.DelayCodec;
import io.umbra.engine.source.LagListener;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.RpoMethod;
import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.RpoWindow;
import io.umbra.engine.status.TableHeader;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.PackedHistogram;
import org.agrona.concurrent.Agent;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the lag of each partition in the table, the histograms of delays of the link and of each partition, and the
 * throughput. Runs on the sampler's thread: as the sampler's listener, and as an agent beside it that publishes once a
 * second.
 */
final class RpoMeter implements LagListener, Agent
{
    private static final long PUBLISH_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    /** How often what was measured goes to the ledger; somewhat less, since it is looked at once a second. */
    private static final long RECORD_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(1_500);
    private static final int PARTITION_DIGITS = 2;
    /** With many partitions each is published more seldom, so that it costs no more than a percent of a core. */
    private static final int PARTITIONS_PER_PUBLISH = 500;

    private final PartitionTable table;
    private final Shards shards;
    private final DelayWindows sampled = new DelayWindows(System.nanoTime());
    private final DelayWindows appendTime = new DelayWindows(System.nanoTime());
    private final Intervals intervals;
    private long intervalNs = System.nanoTime();
    /** By partition index; null where nothing was measured. */
    private final List<PartitionDelays> partitions = new ArrayList<>();
    private int nextPartition;
    private long publishedNs = System.nanoTime();
    private long publishedBytes;
    private long publishedRecords;

    /** Takes what was measured in an interval. */
    @FunctionalInterface
    interface Intervals
    {
        /**
         * An interval has ended; on the sampler's thread.
         *
         * @param intervalMs    its length.
         * @param sampled       delays in microseconds, the taker's to keep.
         * @param logAppendTime likewise.
         */
        void ended(long intervalMs, Histogram sampled, Histogram logAppendTime);
    }

    RpoMeter(final PartitionTable table, final Shards shards, final Intervals intervals)
    {
        this.table = table;
        this.shards = shards;
        this.intervals = intervals;
    }

    @Override
    public void onSample(final int partitionIndex, final long highWatermark, final long timeMs)
    {
        table.sampled(partitionIndex, highWatermark, timeMs, table.lagMs(partitionIndex));
    }

    @Override
    public void onReached(final int partitionIndex, final long delayNs)
    {
        final long delayUs = Math.min(DelayWindows.MAX_US, TimeUnit.NANOSECONDS.toMicros(delayNs));
        sampled.record(delayUs);
        while (partitions.size() <= partitionIndex)
        {
            partitions.add(null);
        }
        if (null == partitions.get(partitionIndex))
        {
            partitions.set(partitionIndex, new PartitionDelays());
        }
        partitions.get(partitionIndex).record(delayUs);
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
        publishThroughput(nowNs);
        publishDelays(nowNs);
        publishPartitions();
        publishedNs = nowNs;
        if (nowNs - intervalNs >= RECORD_INTERVAL_NS)
        {
            endInterval(nowNs);
        }
        return 1;
    }

    /** What was measured since the last interval is not lost. */
    @Override
    public void onClose()
    {
        final long nowNs = System.nanoTime();
        publishThroughput(nowNs);
        publishDelays(nowNs);
        endInterval(nowNs);
    }

    @Override
    public String roleName()
    {
        return "umbra-rpo";
    }

    private void endInterval(final long nowNs)
    {
        intervals.ended(
            TimeUnit.NANOSECONDS.toMillis(nowNs - intervalNs), sampled.takeInterval(), appendTime.takeInterval());
        intervalNs = nowNs;
    }

    private void publishThroughput(final long nowNs)
    {
        final long bytes = shards.journaledBytes();
        final long records = shards.journaledRecords();
        final double seconds = Math.max(1, nowNs - publishedNs) / (double)PUBLISH_INTERVAL_NS;
        table.header().throughput(
            Math.round((bytes - publishedBytes) / seconds), Math.round((records - publishedRecords) / seconds),
            bytes, records, System.currentTimeMillis());
        publishedBytes = bytes;
        publishedRecords = records;
    }

    private void publishDelays(final long nowNs)
    {
        shards.all().forEach((shard) -> shard.appendDelays().drainTo(appendTime));
        sampled.roll(nowNs);
        appendTime.roll(nowNs);
        final TableHeader header = table.header();
        for (final RpoWindow window : RpoWindow.values())
        {
            header.rpo(RpoMethod.SAMPLED, window, sampled.summary(window));
            header.rpo(RpoMethod.LOG_APPEND_TIME, window, appendTime.summary(window));
        }
        final RpoSummary sinceStart = sampled.summary(RpoWindow.SINCE_START);
        header.rpoMs(sinceStart.p50(), sinceStart.p99(), sinceStart.p999(), sinceStart.max());
    }

    private void publishPartitions()
    {
        int published = 0;
        for (int i = 0; i < partitions.size() && published < PARTITIONS_PER_PUBLISH; i++)
        {
            nextPartition = (nextPartition + 1) % partitions.size();
            final PartitionDelays delays = partitions.get(nextPartition);
            if (null != delays && delays.isChanged)
            {
                delays.isChanged = false;
                table.rpo(nextPartition, DelayCodec.summary(delays.delaysUs));
                published++;
            }
        }
    }

    /** Of one partition since the start, in the little memory that they need. */
    private static final class PartitionDelays
    {
        private final PackedHistogram delaysUs = new PackedHistogram(DelayWindows.MAX_US, PARTITION_DIGITS);
        private boolean isChanged;

        void record(final long delayUs)
        {
            delaysUs.recordValue(delayUs);
            isChanged = true;
        }
    }
}
