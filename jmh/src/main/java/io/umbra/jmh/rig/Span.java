package io.umbra.jmh.rig;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures a copy by watching it from outside. The clock starts when a part has been copied, so that neither a
 * JVM's start nor most of its compilers' work is in it, and stops with the last record.
 */
final class Span
{
    /** The part that does not count, unless something else is said. */
    static final int WARM_UP_PERCENT = 50;
    private static final int PERCENT = 100;
    private static final long STALL_TIMEOUT_S = 120;

    /** How far a copy is. */
    @FunctionalInterface
    interface Progress
    {
        /** Records copied so far. */
        long records() throws IOException;
    }

    private final long totalRecords;
    private final long totalBytes;
    private final long warmUpRecords;
    private final long pollNs;

    /**
     * A span over a copy.
     *
     * @param totalRecords  that it has when it is complete.
     * @param totalBytes    of the record batches that hold them.
     * @param warmUpPercent of the records, before the clock starts.
     * @param pollMs        how often to look, milliseconds.
     */
    Span(final long totalRecords, final long totalBytes, final int warmUpPercent, final long pollMs)
    {
        warmUpRecords = totalRecords * warmUpPercent / PERCENT;
        this.totalRecords = totalRecords;
        this.totalBytes = totalBytes;
        pollNs = TimeUnit.MILLISECONDS.toNanos(pollMs);
    }

    /**
     * Waits until the copy of a child process is complete.
     *
     * @param child    that copies.
     * @param progress of it.
     * @return what it took.
     * @throws IOException if the process fails.
     */
    Measurement measure(final Child child, final Progress progress) throws IOException
    {
        return measure("the copy", child.pid(), () ->
        {
            final long records = progress.records();
            if (records < totalRecords)
            {
                child.checkAlive();
            }
            return records;
        });
    }

    /**
     * Waits until the copy is complete.
     *
     * @param what     it is, for the error.
     * @param pid      of the process that copies.
     * @param progress of it.
     * @return what it took.
     * @throws IOException if the process is gone, or does not come to an end.
     */
    Measurement measure(final String what, final long pid, final Progress progress) throws IOException
    {
        final long warm = await(what, warmUpRecords, progress);
        final long startNs = System.nanoTime();
        final double cpuStart = Proc.cpuSeconds(pid);
        final long end = await(what, totalRecords, progress);
        final double seconds = (System.nanoTime() - startNs) / 1e9;
        final double cpuSeconds = Proc.cpuSeconds(pid) - cpuStart;
        final long records = end - warm;
        return new Measurement(
            seconds, Math.round((double)totalBytes * records / totalRecords), records, cpuSeconds,
            Proc.peakRssMib(pid));
    }

    private long await(final String what, final long goal, final Progress progress) throws IOException
    {
        long changedNs = System.nanoTime();
        long last = 0;
        long records;
        while ((records = progress.records()) < goal)
        {
            if (records != last)
            {
                last = records;
                changedNs = System.nanoTime();
            }
            else if (System.nanoTime() - changedNs > TimeUnit.SECONDS.toNanos(STALL_TIMEOUT_S))
            {
                throw new IOException(what + " stands still at " + records + " of " + totalRecords + " records");
            }
            LockSupport.parkNanos(pollNs);
        }
        return records;
    }
}
