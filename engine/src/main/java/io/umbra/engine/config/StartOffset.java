package io.umbra.engine.config;

import java.time.DateTimeException;
import java.time.Instant;

/**
 * Where the first copy of a partition begins: {@code start.offset}.
 *
 * @param kind        of start.
 * @param timestampMs milliseconds since 1970 for {@link Kind#TIMESTAMP}, otherwise 0.
 */
public record StartOffset(Kind kind, long timestampMs)
{
    /**
     * Kind of start.
     */
    public enum Kind
    {
        /** At the source's log start. */
        EARLIEST,
        /** At the source's high watermark at the time of the first fetch. */
        LATEST,
        /** At the first record that is as new as a time. */
        TIMESTAMP
    }

    static final String ALLOWED = "earliest, latest or timestamp:INSTANT such as timestamp:2026-11-23T10:00:00Z";
    private static final String TIMESTAMP_PREFIX = "timestamp:";

    static StartOffset parse(final String text)
    {
        switch (text)
        {
            case "earliest":
                return new StartOffset(Kind.EARLIEST, 0);

            case "latest":
                return new StartOffset(Kind.LATEST, 0);

            default:
                break;
        }
        if (!text.startsWith(TIMESTAMP_PREFIX))
        {
            throw new IllegalArgumentException(text);
        }
        try
        {
            final long timestampMs = Instant.parse(text.substring(TIMESTAMP_PREFIX.length()).trim()).toEpochMilli();
            if (timestampMs < 0)
            {
                throw new IllegalArgumentException(text);
            }

            return new StartOffset(Kind.TIMESTAMP, timestampMs);
        }
        catch (final DateTimeException | ArithmeticException ex)
        {
            throw new IllegalArgumentException(text, ex);
        }
    }
}
