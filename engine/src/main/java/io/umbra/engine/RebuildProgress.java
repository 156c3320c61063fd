package io.umbra.engine;

import io.umbra.engine.recording.Run;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.transport.recording.Finding;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/**
 * How far a rebuild is, what was missing, and how fast it may go. From any thread.
 */
final class RebuildProgress implements RebuildFeed.Pace
{
    private final EventLog events = new EventLog();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder frames = new LongAdder();
    private final Set<LedgerPartition> partitions = new HashSet<>();
    private final Set<String> unknown = new HashSet<>();
    private final List<String> problems = new ArrayList<>();
    private final double speed;
    private final LongConsumer onBytes;
    private final long beginNs = System.nanoTime();
    private long firstTimeNs = Long.MIN_VALUE;
    private long firstDueNs;
    private volatile boolean isStopped;

    /**
     * None is done yet.
     *
     * @param speed   times as fast as it was recorded; 0 for as fast as it goes.
     * @param onBytes told now and then of the bytes that are done.
     */
    RebuildProgress(final double speed, final LongConsumer onBytes)
    {
        this.speed = speed;
        this.onBytes = onBytes;
    }

    EventLog events()
    {
        return events;
    }

    @Override
    public boolean isDue(final long timeNs)
    {
        if (0 == speed)
        {
            return true;
        }
        final long nowNs = System.nanoTime();
        synchronized (this)
        {
            if (Long.MIN_VALUE == firstTimeNs)
            {
                firstTimeNs = timeNs;
                firstDueNs = nowNs;
            }
            return nowNs - firstDueNs >= (timeNs - firstTimeNs) / speed;
        }
    }

    void add(final long newBytes, final long newFrames)
    {
        bytes.add(newBytes);
        frames.add(newFrames);
    }

    void report()
    {
        events.drain();
        onBytes.accept(bytes.sum());
    }

    synchronized void onPartition(final LedgerPartition name)
    {
        partitions.add(name);
    }

    synchronized void onGap(final String gap)
    {
        problems.add(gap);
    }

    synchronized void onFinding(final Finding finding)
    {
        if (finding.isLoss())
        {
            problems.add(finding.toString());
        }
    }

    synchronized void onUnknown(final Run run, final int partitionIndex)
    {
        if (unknown.add(run.startTimeMs() + " " + partitionIndex))
        {
            problems.add("partition index " + partitionIndex + " of the run of " + run.link() +
                " has no name in the index of runs: it is left out");
        }
    }

    void stop()
    {
        isStopped = true;
    }

    boolean isStopped()
    {
        return isStopped;
    }

    synchronized JournalRebuild.Result result()
    {
        return new JournalRebuild.Result(
            partitions.size(), frames.sum(), bytes.sum(),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs), List.copyOf(problems));
    }
}
