package io.umbra.jmh.rig;

import io.umbra.engine.status.PartitionTable;
import org.HdrHistogram.Histogram;
import org.agrona.collections.LongArrayList;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Watches a shadow from outside, through the engine's partition table, as {@code umbra status} does: when it had which
 * offsets. It looks every {@value #POLL_NS} ns and what the operating system adds to that, so that what it says is
 * late by up to about 0.2 ms, and never early.
 */
final class ShadowWatch implements AutoCloseable
{
    private static final long POLL_NS = 50_000;
    private static final long MAX_RECORDS = 1L << 40;
    private static final int DIGITS = 3;

    private final PartitionTable table;
    private final boolean isDurable;
    private final FixedRate source;
    private final LongSupplier consumed;
    private final LongSupplier fetched;
    private final int partitions;
    /** Row in the table by partition. */
    private final int[] rows;
    private final LongArrayList[] ends;
    private final LongArrayList[] times;
    private final LongArrayList[] offsets;
    private final LongArrayList[] due;
    private final Histogram lag = new Histogram(MAX_RECORDS, DIGITS);
    private final Histogram consumerLag = new Histogram(MAX_RECORDS, DIGITS);
    private final Histogram bareLag = new Histogram(MAX_RECORDS, DIGITS);
    private final Histogram looks = Latencies.histogram();
    private final Thread thread = new Thread(this::watch, "shadow-watch");
    private volatile boolean isStopped;
    private volatile boolean isRecording;

    /**
     * Begins to watch.
     *
     * @param table      of the engine, with all rows in it; closed with this.
     * @param partitions of the topic.
     * @param isDurable  whether a record counts when it is durable, rather than when it is written.
     * @param source     whose acknowledged offsets are compared.
     * @param consumed   records that the consumer beside the shadow has.
     * @param fetched    records that a bare fetch loop beside it has.
     * @throws IOException if the table cannot be read.
     */
    ShadowWatch(
        final PartitionTable table,
        final int partitions,
        final boolean isDurable,
        final FixedRate source,
        final LongSupplier consumed,
        final LongSupplier fetched) throws IOException
    {
        this.table = table;
        this.partitions = partitions;
        this.isDurable = isDurable;
        this.source = source;
        this.consumed = consumed;
        this.fetched = fetched;
        rows = new int[partitions];
        final int rowCount = table.rowCount();
        for (int row = 0; row < rowCount; row++)
        {
            rows[table.partition(row)] = row;
        }
        ends = lists(partitions);
        times = lists(partitions);
        offsets = lists(partitions);
        due = lists(partitions);
        thread.start();
    }

    private static LongArrayList[] lists(final int count)
    {
        final LongArrayList[] lists = new LongArrayList[count];
        for (int i = 0; i < count; i++)
        {
            lists[i] = new LongArrayList();
        }
        return lists;
    }

    /** A record to be looked for; on the producer's thread. */
    void onRecord(final int partition, final long offset, final long dueNs)
    {
        offsets[partition].addLong(offset);
        due[partition].addLong(dueNs);
    }

    /** Whether the lag counts from here on. */
    void record(final boolean isRecorded)
    {
        isRecording = isRecorded;
    }

    /** Records in the shadow. */
    long records()
    {
        long records = 0;
        for (int partition = 0; partition < partitions; partition++)
        {
            records += end(partition);
        }
        return records;
    }

    /** Records that were acknowledged by the source and not in the shadow, at each look. */
    Histogram lag()
    {
        return lag;
    }

    /** Records that were acknowledged by the source and not at the consumer, at each look. */
    Histogram consumerLag()
    {
        return consumerLag;
    }

    /** Records that were acknowledged by the source and that the bare fetch loop did not have, at each look. */
    Histogram bareLag()
    {
        return bareLag;
    }

    /**
     * From one look to the next: how long the machine keeps a thread waiting that has next to nothing to do.
     *
     * @return nanoseconds.
     */
    Histogram looks()
    {
        return looks;
    }

    /**
     * When each record that was looked for had come, counted from when it was due. Call it when all are there.
     *
     * @return nanoseconds.
     */
    Histogram latencies() throws InterruptedException
    {
        stop();
        final Histogram histogram = Latencies.histogram();
        for (int partition = 0; partition < partitions; partition++)
        {
            int at = 0;
            for (int i = 0; i < offsets[partition].size(); i++)
            {
                while (ends[partition].getLong(at) <= offsets[partition].getLong(i))
                {
                    at++;
                }
                Latencies.record(histogram, times[partition].getLong(at) - due[partition].getLong(i));
            }
        }
        return histogram;
    }

    private long end(final int partition)
    {
        return isDurable ? table.journalDurableOffset(rows[partition]) : table.journalEndOffset(rows[partition]);
    }

    private void watch()
    {
        final long[] last = new long[partitions];
        long lookNs = System.nanoTime();
        while (!isStopped)
        {
            final long lastLookNs = lookNs;
            lookNs = System.nanoTime();
            final long consumedRecords = consumed.getAsLong();
            final long fetchedRecords = fetched.getAsLong();
            long behind = 0;
            long acknowledgedRecords = 0;
            for (int partition = 0; partition < partitions; partition++)
            {
                // First what the shadow has, then what the source has: what comes between counts as missing.
                final long end = end(partition);
                final long acknowledged = source.acknowledged(partition);
                if (end != last[partition])
                {
                    last[partition] = end;
                    ends[partition].addLong(end);
                    times[partition].addLong(System.nanoTime());
                }
                behind += Math.max(0, acknowledged - end);
                acknowledgedRecords += acknowledged;
            }
            if (isRecording)
            {
                lag.recordValue(behind);
                consumerLag.recordValue(Math.max(0, acknowledgedRecords - consumedRecords));
                bareLag.recordValue(Math.max(0, acknowledgedRecords - fetchedRecords));
                Latencies.record(looks, lookNs - lastLookNs);
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private void stop() throws InterruptedException
    {
        isStopped = true;
        thread.join();
    }

    @Override
    public void close() throws IOException
    {
        isStopped = true;
        try
        {
            thread.join();
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
        table.close();
    }
}
