package io.umbra.engine.config;

/**
 * How often a ledger begins a new file: {@code ledger.roll}.
 */
public enum LedgerRoll
{
    /** Every minute. */
    MINUTELY,
    /** Every hour. */
    HOURLY,
    /** Every day. */
    DAILY
}
