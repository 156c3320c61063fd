package io.umbra.engine.config;

/**
 * What happens to records that the source has dropped: {@code retention}.
 *
 * @param keepMs how much longer they stay in the shadow, in milliseconds; 0 when the shadow follows at once.
 */
public record Retention(long keepMs)
{
    /** The shadow follows the source's log start at once. */
    public static final Retention MIRROR = new Retention(0);

    static final String ALLOWED = "mirror or keep:DURATION such as keep:12h, keep:7d or keep:PT36H";
    private static final String KEEP_PREFIX = "keep:";

    /**
     * Whether the shadow follows at once.
     *
     * @return true for {@code mirror}.
     */
    public boolean isMirror()
    {
        return 0 == keepMs;
    }

    static Retention parse(final String text)
    {
        if ("mirror".equals(text))
        {
            return MIRROR;
        }
        if (!text.startsWith(KEEP_PREFIX))
        {
            throw new IllegalArgumentException(text);
        }
        final long keepMs = Durations.parseMs(text.substring(KEEP_PREFIX.length()).trim());
        if (keepMs < 1)
        {
            throw new IllegalArgumentException(text);
        }

        return new Retention(keepMs);
    }
}
