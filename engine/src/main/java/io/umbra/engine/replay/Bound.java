package io.umbra.engine.replay;

import java.util.Locale;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * One end of what is to be shown: a time, or a position in the recordings.
 *
 * @param isTime whether it is a time.
 * @param value  nanoseconds since 1970, or bytes of the stream.
 */
public record Bound(boolean isTime, long value)
{
    /** Below everything. */
    public static final Bound NONE_BELOW = new Bound(false, 0);
    /** Above everything. */
    public static final Bound NONE_ABOVE = new Bound(false, Long.MAX_VALUE);
    /** What {@link #parse} takes, in words. */
    public static final String ALLOWED = "a time such as 2026-11-23T10:00:00Z, or a position in bytes";

    /**
     * Reads one.
     *
     * @param text of the option.
     * @return the bound.
     * @throws IllegalArgumentException if it is none.
     */
    public static Bound parse(final String text)
    {
        if (text.matches("\\d{1,18}"))
        {
            return new Bound(false, Long.parseLong(text));
        }
        return new Bound(true, nanos(text));
    }

    /**
     * A time as nanoseconds.
     *
     * @param text in ISO 8601.
     * @return nanoseconds since 1970.
     * @throws IllegalArgumentException if it is none.
     */
    public static long nanos(final String text)
    {
        try
        {
            return ChronoUnit.NANOS.between(Instant.EPOCH, Instant.parse(text.toUpperCase(Locale.ROOT)));
        }
        catch (final DateTimeException | ArithmeticException ex)
        {
            throw new IllegalArgumentException(text, ex);
        }
    }

    boolean isAtOrBelow(final Message message)
    {
        return value <= (isTime ? message.timeNs() : message.position());
    }

    boolean isAbove(final Message message)
    {
        return value > (isTime ? message.timeNs() : message.position());
    }
}
