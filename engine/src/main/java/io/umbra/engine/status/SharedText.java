package io.umbra.engine.status;

import org.agrona.concurrent.AtomicBuffer;

import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;

/**
 * A text in a buffer that one thread writes and others read, never torn: the sequence number in front is odd while the
 * text changes, so that a reader knows when to look again.
 */
final class SharedText
{
    private static final int LENGTH_OFFSET = 4;
    private static final int TEXT_OFFSET = 8;
    /** A writer that was killed half way leaves an odd number for ever. */
    private static final int MAX_ATTEMPTS = 10_000;

    private SharedText()
    {
    }

    /**
     * Writes a text; one thread only. What does not fit is cut off.
     *
     * @param buffer   of the table.
     * @param offset   of the text's block.
     * @param capacity of the block, its own header included.
     * @param text     or null for none.
     */
    static void write(final AtomicBuffer buffer, final int offset, final int capacity, final String text)
    {
        final byte[] bytes = null == text ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
        final int length = wholeCharacters(bytes, capacity - TEXT_OFFSET);
        final int sequence = buffer.getInt(offset);
        // A table is made anew for every engine, so that the number is even here.
        buffer.putIntRelease(offset, sequence + 1);
        VarHandle.fullFence();
        buffer.putInt(offset + LENGTH_OFFSET, length);
        buffer.putBytes(offset + TEXT_OFFSET, bytes, 0, length);
        buffer.putIntRelease(offset, sequence + 2);
    }

    /**
     * Reads a text, from any thread or process.
     *
     * @param buffer   of the table.
     * @param offset   of the text's block.
     * @param capacity of the block, its own header included.
     * @return the text as it was written, empty for none; empty too when its writer was killed in the middle of it.
     */
    static String read(final AtomicBuffer buffer, final int offset, final int capacity)
    {
        for (int i = 0; i < MAX_ATTEMPTS; i++)
        {
            final int sequence = buffer.getIntAcquire(offset);
            if (0 == (sequence & 1))
            {
                final int length = buffer.getInt(offset + LENGTH_OFFSET);
                if (length >= 0 && length <= capacity - TEXT_OFFSET)
                {
                    final byte[] bytes = new byte[length];
                    buffer.getBytes(offset + TEXT_OFFSET, bytes);
                    VarHandle.loadLoadFence();
                    if (sequence == buffer.getInt(offset))
                    {
                        return new String(bytes, StandardCharsets.UTF_8);
                    }
                }
            }
            Thread.yield();
        }

        return "";
    }

    private static int wholeCharacters(final byte[] bytes, final int limit)
    {
        if (bytes.length <= limit)
        {
            return bytes.length;
        }
        int length = limit;
        // Bytes that continue a character are 10xxxxxx.
        while (length > 0 && (bytes[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return length;
    }
}
