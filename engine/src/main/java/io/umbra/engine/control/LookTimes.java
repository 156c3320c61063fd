package io.umbra.engine.control;

import io.umbra.engine.source.BackOff;

/**
 * When to look at the source's metadata: at an interval, sooner when somebody asks for it, and ever more seldom while
 * it is asked for all the time, or nobody answers. For the control thread, unless said otherwise.
 */
final class LookTimes
{
    private static final long REQUESTED_FIRST_MS = 100;
    /** All of the metadata of many partitions is much. */
    private static final long REQUESTED_MAX_MS = 1_000;

    private final long intervalMs;
    private final BackOff requested = new BackOff(REQUESTED_FIRST_MS, REQUESTED_MAX_MS);
    private final BackOff unavailable = new BackOff();
    private volatile boolean isRequested;
    private long nextMs;
    private long nextRequestedMs;

    /**
     * The first look is due.
     *
     * @param intervalMs between two that nobody has asked for, milliseconds.
     */
    LookTimes(final long intervalMs)
    {
        this.intervalMs = intervalMs;
    }

    /** Look soon. From any thread. */
    void request()
    {
        isRequested = true;
    }

    boolean isDue(final long nowMs)
    {
        return nowMs >= (isRequested ? Math.min(nextMs, nextRequestedMs) : nextMs);
    }

    /** What is asked for from here on takes another look. */
    void begin(final long nowMs)
    {
        if (!isRequested)
        {
            requested.succeeded();
        }
        isRequested = false;
        nextRequestedMs = nowMs + requested.failed();
    }

    void answered(final long nowMs)
    {
        unavailable.succeeded();
        nextMs = nowMs + intervalMs;
    }

    void unanswered(final long nowMs)
    {
        nextMs = nowMs + unavailable.failed();
        nextRequestedMs = nextMs;
    }
}
