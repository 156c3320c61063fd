package io.umbra.engine.config;

/**
 * How the shadow's sealed segments are read again while the engine runs.
 *
 * @param isEnabled      whether they are.
 * @param isCompared     whether they are compared with the source's batches, too.
 * @param bytesPerSecond most bytes read in a second, from the disk and from the source each; 1 or more.
 * @param intervalMs     from the end of a pass to the beginning of the next, in milliseconds.
 */
public record ScrubSettings(boolean isEnabled, boolean isCompared, long bytesPerSecond, long intervalMs)
{
    private static final long MAX_INTERVAL_MS = 366 * ConfigForms.DAY_MS;

    static ScrubSettings of(final ConfigValues values)
    {
        return new ScrubSettings(
            values.bool(ConfigKey.SCRUB_ENABLED),
            values.bool(ConfigKey.SCRUB_SOURCE),
            values.size(ConfigKey.SCRUB_RATE_BYTES_PER_SECOND, 1024, Long.MAX_VALUE),
            values.millis(ConfigKey.SCRUB_INTERVAL_MS, 100, MAX_INTERVAL_MS));
    }
}
