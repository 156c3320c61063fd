package io.umbra.engine.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as operators write them: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 12h}, {@code 7d}, or as ISO 8601
 * has them, {@code PT36H}.
 */
public final class Durations
{
    private static final Pattern SHORT_FORM = Pattern.compile("(\\d{1,18})(ms|s|m|h|d)");

    private Durations()
    {
    }

    /**
     * A duration from text.
     *
     * @param text to be read.
     * @return milliseconds.
     * @throws IllegalArgumentException if it is none.
     */
    public static long parseMs(final String text)
    {
        try
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
        catch (final DateTimeException | ArithmeticException ex)
        {
            throw new IllegalArgumentException(text, ex);
        }
    }
}
