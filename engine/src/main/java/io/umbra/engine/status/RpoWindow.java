package io.umbra.engine.status;

/**
 * The time over which measurements are summed up. The order is that of the partition table.
 */
public enum RpoWindow
{
    /** The last 60 seconds, and up to 5 more. */
    LAST_MINUTE,
    /** The last 60 minutes, and up to one more. */
    LAST_HOUR,
    /** Since the engine's start. */
    SINCE_START
}
