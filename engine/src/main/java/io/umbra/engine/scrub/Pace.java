package io.umbra.engine.scrub;

import io.umbra.engine.source.TokenBucket;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Makes a thread wait after it has read, so that it reads no more than so many bytes in a second. For one thread.
 */
final class Pace
{
    private static final long LOOK_AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final TokenBucket bucket;
    private final BooleanSupplier isStopped;

    /**
     * A pace.
     *
     * @param bytesPerSecond at least 1.
     * @param isStopped      whether there is no use in waiting any longer.
     */
    Pace(final long bytesPerSecond, final BooleanSupplier isStopped)
    {
        bucket = new TokenBucket(bytesPerSecond);
        this.isStopped = isStopped;
    }

    /**
     * Bytes were read; returns when more may be.
     *
     * @param bytes of them.
     * @throws CancellationException if it was stopped.
     */
    void take(final long bytes)
    {
        bucket.take(bytes);
        while (!bucket.isPositive(System.currentTimeMillis()))
        {
            checkStopped();
            LockSupport.parkNanos(LOOK_AGAIN_NS);
        }
        checkStopped();
    }

    private void checkStopped()
    {
        if (isStopped.getAsBoolean())
        {
            throw new CancellationException("stopped");
        }
    }
}
