package io.umbra.engine;

import io.umbra.engine.config.FlushPolicy;
import io.umbra.engine.status.PartitionTable;
import io.umbra.journal.FlushTicket;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * When a shard's commits become durable: the flush policy. For the JournalAgent's thread.
 * <ul>
 * <li>{@code commit}: the device confirms before the duty cycle's commits are published.</li>
 * <li>{@code interval}: every so often all logs with news go to the Flusher; the durable offset follows.</li>
 * <li>{@code os}: the operating system decides; a commit counts as durable when it is written. The logs are still
 * flushed at the checkpoint interval, so that a restart need not check everything.</li>
 * </ul>
 */
final class JournalFlush
{
    /** Longest that indexes stay behind their log: what a recovery after a crash has to make anew. */
    static final long WHOLE_FLUSH_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private final Settings settings;
    private final Flusher flusher;
    private final PartitionTable table;
    private final FailureHandler failureHandler;
    private final long intervalNs;
    private long nextFlushNs;
    private int underWay;
    private int next = Integer.MAX_VALUE;
    private boolean isHurried;
    /** Whether the flush under way is to leave files that can be closed. */
    private boolean isWhole;

    /**
     * How commits become durable.
     *
     * @param policy               that the operator chose.
     * @param checkpointIntervalMs how often at least, milliseconds.
     */
    record Settings(FlushPolicy policy, long checkpointIntervalMs)
    {
    }

    /** Is told of what the device refused. */
    interface FailureHandler
    {
        /**
         * Something could not be written yet, for one because the disk is full. It is tried again.
         *
         * @param partition of the log.
         * @param failure   from the file system.
         */
        void onNotPrepared(JournalPartition partition, IOException failure);

        /**
         * The device did not confirm what was written. What it holds of it nobody knows, and asking again proves
         * nothing: the kernel reports such an error once.
         *
         * @param partition of the log.
         * @param failure   from the file system.
         */
        void onNotDurable(JournalPartition partition, IOException failure);
    }

    JournalFlush(
        final Settings settings,
        final Flusher flusher,
        final PartitionTable table,
        final FailureHandler failureHandler)
    {
        this.settings = settings;
        this.flusher = flusher;
        this.table = table;
        this.failureHandler = failureHandler;
        intervalNs = TimeUnit.MILLISECONDS.toNanos(
            FlushPolicy.Mode.INTERVAL == settings.policy.mode() ?
            settings.policy.intervalMs() : settings.checkpointIntervalMs);
        nextFlushNs = System.nanoTime() + intervalNs;
    }

    /** Whether a commit counts as durable as soon as it is written. */
    boolean isDurableWhenWritten()
    {
        return FlushPolicy.Mode.OS == settings.policy.mode();
    }

    /**
     * Before the counters of a duty cycle are published.
     *
     * @param touched partitions with news.
     */
    void beforePublish(final List<JournalPartition> touched)
    {
        if (FlushPolicy.Mode.COMMIT == settings.policy.mode())
        {
            for (int i = 0; i < touched.size(); i++)
            {
                forceNow(touched.get(i));
            }
        }
    }

    /**
     * Hand out flushes that are due, take back those that are done.
     *
     * @param partitions of the shard by index; those of other shards are null.
     * @return amount of work done.
     */
    int doWork(final List<JournalPartition> partitions)
    {
        int workCount = takeBack();
        final long nowNs = System.nanoTime();
        if (next >= partitions.size() && 0 == underWay && nowNs - nextFlushNs >= 0)
        {
            next = 0;
            nextFlushNs = nowNs + intervalNs;
            isWhole = isHurried;
            isHurried = false;
        }
        for (; next < partitions.size() && underWay < flusher.capacity(); next++)
        {
            final JournalPartition partition = partitions.get(next);
            if (null != partition && handOver(partition))
            {
                workCount++;
            }
        }
        return workCount;
    }

    /**
     * Make all of a log durable and close it. The Flusher must still be running.
     *
     * @param partition to close.
     */
    void close(final JournalPartition partition)
    {
        while (underWay > 0)
        {
            takeBack();
            Thread.onSpinWait();
        }
        try
        {
            partition.log().close();
            if (!partition.isUndurable)
            {
                durable(partition);
            }
        }
        catch (final IOException ex)
        {
            failureHandler.onNotDurable(partition, ex);
        }
    }

    /** Something waits for files to be closed: begin the next flush as soon as the one under way is done. */
    void hurry()
    {
        nextFlushNs = System.nanoTime();
        isHurried = true;
    }

    private int takeBack()
    {
        int count = 0;
        Flusher.Request request;
        while (underWay > 0 && null != (request = flusher.poll()))
        {
            underWay--;
            count++;
            if (null == request.failure)
            {
                request.ticket.complete();
                durable(request.partition);
            }
            else
            {
                request.ticket.failed();
                failureHandler.onNotDurable(request.partition, request.failure);
            }
        }
        return count;
    }

    private boolean handOver(final JournalPartition partition)
    {
        if (FlushPolicy.Mode.COMMIT == settings.policy.mode())
        {
            // Nothing may be under way when the next commit has to be made durable.
            return forceNow(partition);
        }
        final FlushTicket ticket = prepare(partition);
        if (null == ticket)
        {
            return false;
        }
        flusher.offer(new Flusher.Request(partition, ticket));
        underWay++;
        return true;
    }

    private boolean forceNow(final JournalPartition partition)
    {
        final FlushTicket ticket = prepare(partition);
        if (null == ticket)
        {
            return false;
        }
        try
        {
            ticket.forceAndReturn();
            durable(partition);
        }
        catch (final IOException ex)
        {
            failureHandler.onNotDurable(partition, ex);
        }
        return true;
    }

    private FlushTicket prepare(final JournalPartition partition)
    {
        if (partition.isUndurable)
        {
            return null;
        }
        try
        {
            final long nowNs = System.nanoTime();
            if (isWhole || nowNs - partition.wholeFlushNs >= WHOLE_FLUSH_INTERVAL_NS)
            {
                partition.wholeFlushNs = nowNs;
                return partition.log().prepareFlush();
            }
            return partition.log().prepareLogFlush();
        }
        catch (final IOException ex)
        {
            failureHandler.onNotPrepared(partition, ex);
            return null;
        }
    }

    private void durable(final JournalPartition partition)
    {
        partition.slot.noteDurablePoint();
        if (!isDurableWhenWritten())
        {
            table.journalDurable(partition.slot.index, partition.log().durableOffset());
        }
    }
}
