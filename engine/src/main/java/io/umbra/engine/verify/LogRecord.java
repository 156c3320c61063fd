package io.umbra.engine.verify;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One record of a batch, decoded.
 *
 * @param offset    of the record.
 * @param timestamp milliseconds since 1970.
 * @param key       null if there is none.
 * @param value     null if there is none.
 * @param headers   in their order.
 */
public record LogRecord(long offset, long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers)
{
    /**
     * A header of a record.
     *
     * @param key   name, not unique.
     * @param value null if there is none.
     */
    public record Header(String key, ByteBuffer value)
    {
    }

    /**
     * Makes the list immutable.
     */
    public LogRecord
    {
        headers = List.copyOf(headers);
    }

    /**
     * In what it is not the same as the source's record with this offset.
     *
     * @param source record of the source.
     * @return for people; null if nothing differs.
     */
    String differenceFrom(final LogRecord source)
    {
        final List<String> findings = new ArrayList<>();
        if (!Objects.equals(key, source.key))
        {
            findings.add("key");
        }
        if (!Objects.equals(value, source.value))
        {
            findings.add("value");
        }
        if (!headers.equals(source.headers))
        {
            findings.add("headers");
        }
        if (timestamp != source.timestamp)
        {
            findings.add("timestamp (" + timestamp + ", at the source " + source.timestamp + ')');
        }
        return findings.isEmpty() ? null : "of the record differs: " + String.join(", ", findings);
    }
}
