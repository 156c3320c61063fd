package io.umbra.engine.source;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A limit of bytes per second that several threads share. Bytes are taken after they have come, so that the balance may
 * be negative; whoever asks waits until it is positive again. A second's worth at most is saved up. Lock-free.
 */
public final class TokenBucket
{
    /** No limit. */
    public static final long UNLIMITED = Long.MAX_VALUE;

    private final AtomicLong balance = new AtomicLong();
    private final AtomicLong filledAtMs = new AtomicLong(System.currentTimeMillis());
    private volatile long bytesPerSecond;

    /**
     * A bucket that is empty at first.
     *
     * @param bytesPerSecond at least 1, or {@link #UNLIMITED}.
     */
    public TokenBucket(final long bytesPerSecond)
    {
        this.bytesPerSecond = bytesPerSecond;
    }

    /**
     * Change the limit. From any thread.
     *
     * @param bytesPerSecond at least 1, or {@link #UNLIMITED}.
     */
    public void rate(final long bytesPerSecond)
    {
        this.bytesPerSecond = bytesPerSecond;
    }

    /**
     * The limit.
     *
     * @return bytes per second, or {@link #UNLIMITED}.
     */
    public long rate()
    {
        return bytesPerSecond;
    }

    /**
     * Whether more may be asked for.
     *
     * @param nowMs current time, milliseconds since 1970.
     * @return true if the limit allows it.
     */
    public boolean isPositive(final long nowMs)
    {
        final long rate = bytesPerSecond;
        if (UNLIMITED == rate)
        {
            return true;
        }
        final long sinceMs = filledAtMs.get();
        final long added = rateFor(rate, nowMs - sinceMs);
        if (added > 0 && filledAtMs.compareAndSet(sinceMs, nowMs))
        {
            balance.accumulateAndGet(added, (before, more) -> Math.min(rate, before + more));
        }
        return balance.get() > 0;
    }

    /**
     * Bytes have come.
     *
     * @param bytes of them.
     */
    public void take(final long bytes)
    {
        if (UNLIMITED != bytesPerSecond)
        {
            balance.addAndGet(-bytes);
        }
    }

    /** With a clock that was set back nothing is added until it has caught up. */
    private static long rateFor(final long bytesPerSecond, final long elapsedMs)
    {
        // More than a second's worth is never kept.
        final long limitedMs = Math.min(elapsedMs, 1_000_000);
        return limitedMs <= 0 ? 0 : (long)(bytesPerSecond / 1000.0 * limitedMs);
    }
}
