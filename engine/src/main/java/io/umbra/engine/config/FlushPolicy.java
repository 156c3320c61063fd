package io.umbra.engine.config;

/**
 * When journaled bytes are forced to the disk: {@code journal.flush}.
 *
 * @param mode       of flushing.
 * @param intervalMs milliseconds between flushes for {@link Mode#INTERVAL}, otherwise 0.
 */
public record FlushPolicy(Mode mode, long intervalMs)
{
    /**
     * Mode of flushing.
     */
    public enum Mode
    {
        /** Whenever the operating system does. */
        OS,
        /** At an interval, aside of the journaling. */
        INTERVAL,
        /** Before a commit counts as durable. */
        COMMIT
    }

    static final long MAX_INTERVAL_MS = 3_600_000;
    static final String ALLOWED = "os, interval:MILLIS with 1 to " + MAX_INTERVAL_MS + " milliseconds, or commit";
    private static final String INTERVAL_PREFIX = "interval:";

    static FlushPolicy parse(final String text)
    {
        if ("os".equals(text))
        {
            return new FlushPolicy(Mode.OS, 0);
        }
        if ("commit".equals(text))
        {
            return new FlushPolicy(Mode.COMMIT, 0);
        }
        if (!text.startsWith(INTERVAL_PREFIX))
        {
            throw new IllegalArgumentException(text);
        }
        final long intervalMs = Long.parseLong(text.substring(INTERVAL_PREFIX.length()).trim());
        if (intervalMs < 1 || intervalMs > MAX_INTERVAL_MS)
        {
            throw new IllegalArgumentException(text);
        }

        return new FlushPolicy(Mode.INTERVAL, intervalMs);
    }
}
