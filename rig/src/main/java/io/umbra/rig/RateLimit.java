package io.umbra.rig;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Lets bytes pass at a steady rate, over all threads that ask. */
final class RateLimit
{
    private static final long NANOS = 1_000_000_000L;
    private static final long MAX_BURST_NS = 100_000_000L;
    private final long bytesPerSecond;
    private final AtomicLong dueNs = new AtomicLong(System.nanoTime());

    /** A rate of 0 is no limit. */
    RateLimit(final long bytesPerSecond)
    {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Waits until these bytes may go. */
    void acquire(final int bytes)
    {
        if (0 == bytesPerSecond)
        {
            return;
        }
        final long costNs = bytes * NANOS / bytesPerSecond;
        final long nowNs = System.nanoTime();
        final long due = dueNs.updateAndGet((last) -> Math.max(last - nowNs, -MAX_BURST_NS) + nowNs + costNs);
        for (long waitNs = due - System.nanoTime(); waitNs > 0; waitNs = due - System.nanoTime())
        {
            LockSupport.parkNanos(waitNs);
            if (Thread.currentThread().isInterrupted())
            {
                return;
            }
        }
    }
}
