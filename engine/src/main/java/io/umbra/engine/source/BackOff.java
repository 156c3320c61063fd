package io.umbra.engine.source;

import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before trying again: twice as long after each failure, up to a limit, and of that between a half and
 * all by chance, so that a thousand that failed together do not come back together. For one thread.
 */
public final class BackOff
{
    private static final int MAX_DOUBLINGS = 10;
    private static final long USUAL_FIRST_MS = 100;
    private static final long USUAL_MAX_MS = 5_000;

    private final long firstMs;
    private final long maxMs;
    private int failures;

    /** Nothing has failed yet; a tenth of a second at first, five at most. */
    public BackOff()
    {
        this(USUAL_FIRST_MS, USUAL_MAX_MS);
    }

    /**
     * Nothing has failed yet.
     *
     * @param firstMs longest wait after the first failure, milliseconds.
     * @param maxMs   longest wait at all, milliseconds.
     */
    public BackOff(final long firstMs, final long maxMs)
    {
        this.firstMs = firstMs;
        this.maxMs = maxMs;
    }

    /**
     * It has failed.
     *
     * @return how long to wait, milliseconds.
     */
    public long failed()
    {
        return failed(0);
    }

    /**
     * It has failed, and there is no hurry.
     *
     * @param atLeastMs to be taken for the longest wait if that is shorter, milliseconds.
     * @return how long to wait, milliseconds.
     */
    public long failed(final long atLeastMs)
    {
        final long longestMs = Math.max(atLeastMs, Math.min(maxMs, firstMs << Math.min(failures++, MAX_DOUBLINGS)));
        return longestMs / 2 + ThreadLocalRandom.current().nextLong(longestMs / 2 + 1);
    }

    /** It has not failed. */
    public void succeeded()
    {
        failures = 0;
    }

    /**
     * How often in a row it has failed.
     *
     * @return 0 or more.
     */
    public int failures()
    {
        return failures;
    }
}
