package io.umbra.jmh;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

import java.nio.ByteBuffer;
import java.util.Random;

/**
 * Record batches as a broker sends them, for benchmarks.
 */
final class SampleBatches
{
    private static final int BASE_OFFSET_POSITION = 0;

    private SampleBatches()
    {
    }

    /**
     * As many whole batches as fit.
     *
     * @param frameBytes    to fill at most.
     * @param batchRecords  records in each batch.
     * @param recordBytes   value size of each record.
     * @return direct memory from 0 to limit, offsets from 0 on.
     */
    static ByteBuffer frame(final int frameBytes, final int batchRecords, final int recordBytes)
    {
        final Random random = new Random(1);
        final SimpleRecord[] records = new SimpleRecord[batchRecords];
        for (int i = 0; i < batchRecords; i++)
        {
            final byte[] value = new byte[recordBytes];
            random.nextBytes(value);
            records[i] = new SimpleRecord(1_700_000_000_000L + i, null, value);
        }
        final ByteBuffer batch = MemoryRecords.withRecords(Compression.NONE, 0, records).buffer();
        final ByteBuffer frame = ByteBuffer.allocateDirect(Math.max(frameBytes, batch.remaining()));
        while (frame.remaining() >= batch.remaining())
        {
            frame.put(batch.duplicate());
        }
        frame.flip();
        rebase(frame, 0, batchRecords, batch.remaining());
        return frame;
    }

    /**
     * Give the batches of a frame their offsets; the CRC does not cover them.
     *
     * @param frame        of batches of one size.
     * @param baseOffset   of the first.
     * @param batchRecords records in each.
     * @param batchBytes   size of each.
     * @return offset behind the last.
     */
    static long rebase(final ByteBuffer frame, final long baseOffset, final int batchRecords, final int batchBytes)
    {
        long offset = baseOffset;
        for (int position = 0; position < frame.limit(); position += batchBytes)
        {
            frame.putLong(position + BASE_OFFSET_POSITION, offset);
            offset += batchRecords;
        }
        return offset;
    }

    static int batchBytes(final ByteBuffer frame)
    {
        return frame.getInt(8) + 12;
    }
}
