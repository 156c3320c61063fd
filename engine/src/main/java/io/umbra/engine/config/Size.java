package io.umbra.engine.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numbers of bytes as people write them.
 */
public final class Size
{
    private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*(KiB|MiB|GiB|TiB)?");

    private Size()
    {
    }

    /**
     * Bytes of a text.
     *
     * @param text digits, and perhaps KiB, MiB, GiB or TiB.
     * @return the bytes.
     * @throws IllegalArgumentException if it is none, or too large.
     */
    public static long parse(final String text)
    {
        final Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches())
        {
            throw new IllegalArgumentException(text);
        }
        final long amount = Long.parseLong(matcher.group(1));
        final int shift = null == matcher.group(2) ? 0 : 10 * (1 + "KMGT".indexOf(matcher.group(2).charAt(0)));
        if (amount > Long.MAX_VALUE >> shift)
        {
            throw new IllegalArgumentException(text);
        }

        return amount << shift;
    }
}
