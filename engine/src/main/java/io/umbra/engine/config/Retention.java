package io.umbra.engine.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
    private static final Pattern SHORT_FORM = Pattern.compile("(\\d+)(ms|s|m|h|d)");

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
        try
        {
            final long keepMs = durationMs(text.substring(KEEP_PREFIX.length()).trim());
            if (keepMs < 1)
            {
                throw new IllegalArgumentException(text);
            }

            return new Retention(keepMs);
        }
        catch (final DateTimeException | ArithmeticException ex)
        {
            throw new IllegalArgumentException(text, ex);
        }
    }

    private static long durationMs(final String text)
    {
        final Matcher matcher = SHORT_FORM.matcher(text);
        if (!matcher.matches())
        {
            return Duration.parse(text).toMillis();
        }
        final long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2))
        {
            case "ms" -> amount;
            case "s" -> Math.multiplyExact(amount, 1_000L);
            case "m" -> Math.multiplyExact(amount, 60_000L);
            case "h" -> Math.multiplyExact(amount, 3_600_000L);
            default -> Math.multiplyExact(amount, 86_400_000L);
        };
    }
}
