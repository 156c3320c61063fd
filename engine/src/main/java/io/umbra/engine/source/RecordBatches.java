package io.umbra.engine.source;

import java.nio.ByteBuffer;

/**
 * Reads the headers of record batches (magic 2) as they lie in a fetch response, and nothing else of them. What the
 * journal validates is not validated here: this only finds where batches begin and end. Big endian, absolute positions.
 */
final class RecordBatches
{
    /** Base offset and length come before the bytes that the length counts. */
    static final int LOG_OVERHEAD = 12;
    /** Bytes of a batch without any record. */
    static final int HEADER_LENGTH = 61;
    private static final int LENGTH_OFFSET = 8;
    private static final int LEADER_EPOCH_OFFSET = 12;
    private static final int MAGIC_OFFSET = 16;
    private static final int LAST_OFFSET_DELTA_OFFSET = 23;
    private static final byte MAGIC = 2;

    private RecordBatches()
    {
    }

    /**
     * Size of the batch at a position.
     *
     * @param records  of one partition.
     * @param position of the batch.
     * @param limit    end of the records.
     * @return whole size in bytes; 0 if the batch is cut off by the end of the response (which is legal); -1 if what
     * lies there can be no batch of magic 2.
     */
    static int sizeInBytes(final ByteBuffer records, final int position, final int limit)
    {
        if (limit - position < LOG_OVERHEAD)
        {
            return 0;
        }
        final int length = records.getInt(position + LENGTH_OFFSET);
        if (length < HEADER_LENGTH - LOG_OVERHEAD || length > Integer.MAX_VALUE - LOG_OVERHEAD)
        {
            return -1;
        }
        if (limit - position >= MAGIC_OFFSET + 1 && MAGIC != records.get(position + MAGIC_OFFSET))
        {
            return -1;
        }
        final int size = length + LOG_OVERHEAD;
        return size > limit - position ? 0 : size;
    }

    /**
     * Size that the batch at a position says it has, whether or not all of it is there.
     *
     * @param records  of one partition.
     * @param position of the batch.
     * @return size in bytes.
     */
    static long claimedSize(final ByteBuffer records, final int position)
    {
        return (long)records.getInt(position + LENGTH_OFFSET) + LOG_OVERHEAD;
    }

    static long baseOffset(final ByteBuffer records, final int position)
    {
        return records.getLong(position);
    }

    static long lastOffset(final ByteBuffer records, final int position)
    {
        return records.getLong(position) + records.getInt(position + LAST_OFFSET_DELTA_OFFSET);
    }

    static int leaderEpoch(final ByteBuffer records, final int position)
    {
        return records.getInt(position + LEADER_EPOCH_OFFSET);
    }

    /** Whether the offsets of a run of batches are near enough to each other for one segment's index (32 bits). */
    static boolean fitIntoOneSegment(final ByteBuffer records, final int firstBatch, final int lastBatch)
    {
        return lastOffset(records, lastBatch) - baseOffset(records, firstBatch) <= Integer.MAX_VALUE;
    }

    /**
     * What is wrong at a position where {@link #sizeInBytes} found no batch.
     *
     * @param records  of one partition.
     * @param position of the bytes.
     * @param limit    end of the records.
     * @return one line.
     */
    static String describe(final ByteBuffer records, final int position, final int limit)
    {
        final int length = records.getInt(position + LENGTH_OFFSET);
        final int magic = limit - position > MAGIC_OFFSET ? records.get(position + MAGIC_OFFSET) : MAGIC;
        if (magic == 0 || magic == 1)
        {
            return "message format " + magic + " at offset " + records.getLong(position) +
                ": only format 2 (Kafka 0.11 and later) can be shadowed; " +
                "a new link with a start.offset past it is the way round";
        }
        return "no record batch at offset " + records.getLong(position) + ": length " + length + ", magic " + magic;
    }
}
