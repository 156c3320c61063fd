package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Kafka's <code>.snapshot</code> file of the producer state, version 1: version int16, CRC-32C uint32 of all that
 * follows, number of entries int32, then entries of 46 bytes. The file name is the offset up to which the state is.
 */
final class ProducerSnapshot
{
    static final String SUFFIX = ".snapshot";
    private static final short VERSION = 1;
    private static final int CRC_AT = 2;
    private static final int ENTRIES_AT = 6;
    private static final int ENTRY_SIZE = 46;

    private ProducerSnapshot()
    {
    }

    static void write(final SegmentFiles files, final Path path, final ProducerState state) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocate(ENTRIES_AT + 4 + state.size() * ENTRY_SIZE);
        buffer.putShort(VERSION).putInt(0).putInt(state.size());
        for (final ProducerState.Entry entry : state.entries())
        {
            buffer.putLong(entry.producerId)
                .putShort(entry.epoch)
                .putInt(entry.lastSequence)
                .putLong(entry.lastOffset)
                .putInt(entry.offsetDelta)
                .putLong(entry.lastTimestamp)
                .putInt(entry.coordinatorEpoch)
                .putLong(entry.currentTxnFirstOffset);
        }
        buffer.flip();
        buffer.putInt(CRC_AT, crc(buffer));
        AtomicFile.write(files, path, buffer, false);
    }

    /**
     * Reads a snapshot.
     *
     * @return the state, or null if the file is torn or corrupt.
     */
    static ProducerState read(final Path path) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.wrap(Files.readAllBytes(path));
        if (buffer.limit() < ENTRIES_AT + 4 || buffer.getShort(0) != VERSION || buffer.getInt(CRC_AT) != crc(buffer))
        {
            return null;
        }
        final int count = buffer.getInt(ENTRIES_AT);
        if (count < 0 || buffer.limit() != ENTRIES_AT + 4L + (long)count * ENTRY_SIZE)
        {
            return null;
        }
        buffer.position(ENTRIES_AT + 4);
        final ProducerState state = new ProducerState();
        for (int i = 0; i < count; i++)
        {
            final ProducerState.Entry entry = new ProducerState.Entry(buffer.getLong());
            entry.epoch = buffer.getShort();
            entry.lastSequence = buffer.getInt();
            entry.lastOffset = buffer.getLong();
            entry.offsetDelta = buffer.getInt();
            entry.lastTimestamp = buffer.getLong();
            entry.coordinatorEpoch = buffer.getInt();
            entry.currentTxnFirstOffset = buffer.getLong();
            state.put(entry);
        }
        return state;
    }

    private static int crc(final ByteBuffer buffer)
    {
        final CRC32C crc = new CRC32C();
        crc.update(buffer.array(), ENTRIES_AT, buffer.limit() - ENTRIES_AT);
        return (int)crc.getValue();
    }
}
