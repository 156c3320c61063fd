package io.umbra.engine.source;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages record batches, with a sense of where it hurts: the fields of their headers. */
final class Mutations
{
    private static final int MOST_AT_ONCE = 4;
    private static final int KINDS = 10;
    private static final int HEADER_LENGTH = 61;
    /** Base offset, length, leader epoch, magic, CRC, attributes, last offset delta, count. */
    private static final int[] FIELDS = {0, 4, 8, 12, 16, 17, 21, 23, 57};
    private static final int[] INTERESTING = {
        0, 1, -1, 2, 12, 47, 48, 49, 50, 60, 61, 62, 127, 128, 255, 1 << 16, 1 << 20, 1 << 30,
        Integer.MAX_VALUE, Integer.MAX_VALUE - 11, Integer.MAX_VALUE - 12, Integer.MAX_VALUE - 13, Integer.MIN_VALUE};

    static int interesting(final Random random)
    {
        return random.nextInt(3) == 0 ? random.nextInt() : INTERESTING[random.nextInt(INTERESTING.length)];
    }

    /** One of the corpus, somehow changed; some are left as they are. */
    byte[] mutate(final Random random, final List<byte[]> corpus)
    {
        byte[] bytes = corpus.get(random.nextInt(corpus.size())).clone();
        for (int i = random.nextInt(MOST_AT_ONCE); i > 0 && bytes.length > 0; i--)
        {
            bytes = mutate(random, bytes, corpus);
        }
        return bytes;
    }

    private byte[] mutate(final Random random, final byte[] bytes, final List<byte[]> corpus)
    {
        final int at = random.nextInt(bytes.length);
        switch (random.nextInt(KINDS))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.nextInt(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.nextInt();
                return bytes;
            case 2:
            case 3:
            case 4:
                return field(random, bytes);
            case 5:
                return Arrays.copyOf(bytes, at);
            case 6:
                return joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(
                    bytes, at + random.nextInt(bytes.length - at), bytes.length));
            case 7:
                return joined(bytes, corpus.get(random.nextInt(corpus.size())));
            case 8:
                final byte[] noise = new byte[random.nextInt(80)];
                random.nextBytes(noise);
                return joined(joined(Arrays.copyOf(bytes, at), noise), Arrays.copyOfRange(bytes, at, bytes.length));
            default:
                return joined(Arrays.copyOfRange(bytes, at, bytes.length), Arrays.copyOf(bytes, at));
        }
    }

    /** Of any of the batches, as far as they can be told apart. */
    private static byte[] field(final Random random, final byte[] bytes)
    {
        final ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int batch = 0;
        while (random.nextBoolean() && batch + HEADER_LENGTH < bytes.length)
        {
            final long next = batch + 12L + buffer.getInt(batch + 8);
            if (next <= batch || next > bytes.length)
            {
                break;
            }
            batch = (int)next;
        }
        final int position = batch + FIELDS[random.nextInt(FIELDS.length)];
        final int value = interesting(random);
        if (position + Integer.BYTES <= bytes.length)
        {
            buffer.putInt(position, random.nextInt(4) == 0 ? buffer.getInt(position) + random.nextInt(5) - 2 : value);
        }
        return bytes;
    }

    private static byte[] joined(final byte[] first, final byte[] second)
    {
        final byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
