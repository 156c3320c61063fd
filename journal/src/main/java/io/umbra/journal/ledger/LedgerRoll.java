package io.umbra.journal.ledger;

import java.util.concurrent.TimeUnit;

/**
 * How often a ledger begins a new file.
 */
public enum LedgerRoll
{
    /** Every minute: for tests. */
    MINUTELY(TimeUnit.MINUTES.toMillis(1)),
    /** Every hour. */
    HOURLY(TimeUnit.HOURS.toMillis(1)),
    /** Every day, at midnight UTC. */
    DAILY(TimeUnit.DAYS.toMillis(1));

    private final long periodMs;

    LedgerRoll(final long periodMs)
    {
        this.periodMs = periodMs;
    }

    long periodMs()
    {
        return periodMs;
    }
}
