package io.umbra.journal;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The control batches with which a transaction coordinator aborts transactions (KIP-98), one of 78 bytes for each: a
 * batch of format v2 with one record, key = version int16 0, type int16 0, value = version int16 0, coordinator epoch
 * int32.
 */
final class AbortMarkers
{
    private static final int RECORD_SIZE = 17;
    private static final int SIZE = BatchHeader.SIZE + RECORD_SIZE;
    private static final short TRANSACTIONAL_AND_CONTROL = 0x30;
    /** Variable-length integers are in zigzag form. */
    private static final int ZIGZAG = 2;
    private static final int KEY_SIZE = 4;
    private static final int VALUE_SIZE = 6;

    private AbortMarkers()
    {
    }

    /**
     * Encodes markers at offsets that follow each other.
     *
     * @param transactions to abort, of each the producer's last known state.
     * @param firstOffset  of the first marker.
     * @param leaderEpoch  of all of them.
     * @param timestamp    of all of them, ms since 1970.
     * @return the batches.
     */
    static BatchBytes encode(
        final List<ProducerState.Entry> transactions,
        final long firstOffset,
        final int leaderEpoch,
        final long timestamp)
    {
        final ByteBuffer buffer = ByteBuffer.allocate(transactions.size() * SIZE);
        final CRC32C crc = new CRC32C();
        long offset = firstOffset;
        for (final ProducerState.Entry entry : transactions)
        {
            final int at = buffer.position();
            buffer.putLong(offset++)
                .putInt(SIZE - BatchHeader.LOG_OVERHEAD)
                .putInt(leaderEpoch)
                .put(BatchHeader.MAGIC)
                .putInt(0)
                .putShort(TRANSACTIONAL_AND_CONTROL)
                .putInt(0)
                .putLong(timestamp)
                .putLong(timestamp)
                .putLong(entry.producerId)
                .putShort(entry.epoch)
                .putInt(BatchHeader.NO_SEQUENCE)
                .putInt(1);
            putRecord(buffer, Math.max(0, entry.coordinatorEpoch));
            crc.reset();
            crc.update(buffer.array(), at + BatchHeader.CRC_START, SIZE - BatchHeader.CRC_START);
            buffer.putInt(at + BatchHeader.CRC_START - Integer.BYTES, (int)crc.getValue());
        }
        final BatchBytes bytes = new BatchBytes();
        bytes.add(buffer, 0, buffer.position());
        return bytes;
    }

    private static void putRecord(final ByteBuffer buffer, final int coordinatorEpoch)
    {
        buffer.put((byte)((RECORD_SIZE - 1) * ZIGZAG))
            .put((byte)0)
            .put((byte)0)
            .put((byte)0)
            .put((byte)(KEY_SIZE * ZIGZAG))
            .putShort((short)0)
            .putShort((short)0)
            .put((byte)(VALUE_SIZE * ZIGZAG))
            .putShort((short)0)
            .putInt(coordinatorEpoch)
            .put((byte)0);
    }
}
