package io.umbra.systemtests;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;

/**
 * Message sets as Kafka wrote them before record batches: message format 0 (up to 0.9), and 1 (0.10), which added
 * timestamps. Offset, size, CRC-32, magic, attributes, timestamp in format 1, key, value.
 */
final class OldMessages
{
    private static final byte GZIP = 1;
    private static final byte NO_COMPRESSION = 0;

    private OldMessages()
    {
    }

    /** Messages without keys, from offset 0 on. */
    static byte[] set(final int magic, final long timestamp, final List<String> values)
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int offset = 0; offset < values.size(); offset++)
        {
            out.writeBytes(message(
                offset, magic, NO_COMPRESSION, timestamp, values.get(offset).getBytes(StandardCharsets.UTF_8)));
        }
        return out.toByteArray();
    }

    /** The same messages in one that wraps them: it has the offset of the last, they count from 0 (KIP-31). */
    static byte[] compressedSet(final long timestamp, final List<String> values) throws IOException
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out))
        {
            gzip.write(set(1, timestamp, values));
        }
        return message(values.size() - 1L, 1, GZIP, timestamp, out.toByteArray());
    }

    private static byte[] message(
        final long offset, final int magic, final byte attributes, final long timestamp, final byte[] value)
    {
        final ByteBuffer body = ByteBuffer.allocate(64 + value.length).put((byte) magic).put(attributes);
        if (magic > 0)
        {
            body.putLong(timestamp);
        }
        body.putInt(-1).putInt(value.length).put(value).flip();
        final CRC32 crc = new CRC32();
        crc.update(body.duplicate());
        final int size = Integer.BYTES + body.limit();
        return ByteBuffer.allocate(Long.BYTES + Integer.BYTES + size)
            .putLong(offset)
            .putInt(size)
            .putInt((int) crc.getValue())
            .put(body)
            .array();
    }
}
