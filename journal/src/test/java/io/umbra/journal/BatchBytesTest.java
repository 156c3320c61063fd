package io.umbra.journal;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.GatheringByteChannel;
import java.util.Random;
import java.util.zip.CRC32C;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class BatchBytesTest
{
    private static final int LENGTH = 40;

    private static byte[] content()
    {
        final byte[] content = new byte[LENGTH];
        new Random(7).nextBytes(content);
        return content;
    }

    /**
     * Each part in its own buffer, direct or heap, little endian or not, at an odd place, with position and limit
     * astray.
     */
    private static BatchBytes split(final byte[] content, final int... at)
    {
        final BatchBytes bytes = new BatchBytes();
        int from = 0;
        for (int i = 0; i <= at.length; i++)
        {
            final int to = i < at.length ? at[i] : content.length;
            final ByteBuffer source = i % 2 == 0 ? ByteBuffer.allocateDirect(100) : ByteBuffer.allocate(100);
            source.order(ByteOrder.LITTLE_ENDIAN).put(3 + i, content, from, to - from).position(1).limit(2);
            bytes.add(source, 3 + i, to - from);
            assertEquals(1, source.position());
            assertEquals(2, source.limit());
            from = to;
        }
        return bytes;
    }

    private static void assertReads(final byte[] content, final BatchBytes bytes) throws IOException
    {
        final ByteBuffer expected = ByteBuffer.wrap(content);
        assertEquals(content.length, bytes.length());
        for (int i = 0; i < content.length; i++)
        {
            final CRC32C crc = new CRC32C();
            crc.update(content, i, content.length - i);
            assertEquals((int)crc.getValue(), bytes.crc32c(i, content.length - i));
            assertEquals(content[i], bytes.getByte(i));
            if (i + 2 <= content.length)
            {
                assertEquals(expected.getShort(i), bytes.getShort(i));
            }
            if (i + 4 <= content.length)
            {
                assertEquals(expected.getInt(i), bytes.getInt(i));
            }
            if (i + 8 <= content.length)
            {
                assertEquals(expected.getLong(i), bytes.getLong(i));
            }
            final Sink sink = new Sink(3);
            assertEquals(content.length - i, bytes.writeTo(sink, i, content.length - i));
            assertArrayEquals(java.util.Arrays.copyOfRange(content, i, content.length), sink.bytes());
        }
    }

    @Test
    void readsAlikeHoweverItIsSplit() throws Exception
    {
        final byte[] content = content();
        assertReads(content, split(content));
        for (int a = 0; a <= LENGTH; a++)
        {
            assertReads(content, split(content, a));
            for (int b = a; b <= LENGTH; b += 3)
            {
                assertReads(content, split(content, a, b));
            }
        }
    }

    @Test
    void readsBytesThatAreOneSliceEach() throws Exception
    {
        final byte[] content = content();
        final int[] at = new int[LENGTH - 1];
        for (int i = 0; i < at.length; i++)
        {
            at[i] = i + 1;
        }
        assertReads(content, split(content, at));
    }

    @Test
    void slicesOfTheSameFewBuffersComeAgainAndAgain() throws Exception
    {
        final byte[] content = content();
        final ByteBuffer[] terms = new ByteBuffer[6];
        for (int i = 0; i < terms.length; i++)
        {
            terms[i] = ByteBuffer.allocateDirect(200);
            terms[i].put(i * 10, content);
        }
        final BatchBytes bytes = new BatchBytes();
        for (int round = 0; round < 50; round++)
        {
            final int term = round % terms.length;
            bytes.reset();
            bytes.add(terms[term], term * 10, 10);
            bytes.add(terms[term], term * 10 + 10, 20);
            bytes.add(terms[(term + 1) % 6], (term + 1) % 6 * 10 + 30, 10);
            assertReads(content, bytes);
        }
    }

    @Test
    void readsNothingBeyondItsEnd()
    {
        final byte[] content = content();
        final BatchBytes bytes = split(content, 10);
        assertThrows(IndexOutOfBoundsException.class, () -> bytes.getByte(LENGTH));
        assertThrows(IndexOutOfBoundsException.class, () -> bytes.getByte(-1));
        assertThrows(IndexOutOfBoundsException.class, () -> bytes.getLong(LENGTH - 7));
        assertThrows(IndexOutOfBoundsException.class, () -> bytes.crc32c(1, LENGTH));
        assertThrows(IndexOutOfBoundsException.class, () -> bytes.add(ByteBuffer.allocate(4), 2, 3));
        bytes.reset();
        assertEquals(0, bytes.length());
        assertThrows(IndexOutOfBoundsException.class, () -> bytes.getByte(0));
    }

    @Test
    void aChannelThatTakesNothingIsAnError()
    {
        assertThrows(IOException.class, () -> split(content(), 5).writeTo(new Sink(0), 0, LENGTH));
    }

    /** Takes a few bytes with each write. */
    private static final class Sink implements GatheringByteChannel
    {
        private final ByteBuffer taken = ByteBuffer.allocate(LENGTH);
        private final int most;

        private Sink(final int most)
        {
            this.most = most;
        }

        byte[] bytes()
        {
            return java.util.Arrays.copyOf(taken.array(), taken.position());
        }

        @Override
        public int write(final ByteBuffer source)
        {
            final int n = Math.min(most, source.remaining());
            for (int i = 0; i < n; i++)
            {
                taken.put(source.get());
            }
            return n;
        }

        @Override
        public long write(final ByteBuffer[] sources, final int offset, final int length)
        {
            int left = most;
            long n = 0;
            for (int i = offset; i < offset + length; i++)
            {
                while (left > 0 && sources[i].hasRemaining())
                {
                    taken.put(sources[i].get());
                    left--;
                    n++;
                }
            }
            return n;
        }

        @Override
        public long write(final ByteBuffer[] sources)
        {
            return write(sources, 0, sources.length);
        }

        @Override
        public boolean isOpen()
        {
            return true;
        }

        @Override
        public void close()
        {
            // Nothing to close.
        }
    }
}
