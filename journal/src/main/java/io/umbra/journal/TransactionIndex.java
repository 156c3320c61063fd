package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A segment's <code>.txnindex</code>: one entry of 34 bytes for every transaction that an ABORT marker in this segment
 * ended (version int16, producer id, first offset, last offset = that of the marker, last stable offset after it; int64
 * each). As in Kafka the file exists only once there is an entry.
 */
final class TransactionIndex
{
    static final int ENTRY_SIZE = 34;
    private static final short VERSION = 0;
    private static final int LAST_OFFSET_AT = 18;

    private final IndexFile file;

    TransactionIndex(final IndexFile file)
    {
        this.file = file;
    }

    IndexFile file()
    {
        return file;
    }

    void append(final long producerId, final long firstOffset, final long lastOffset, final long lastStableOffset)
    {
        file.appendEntry()
            .putShort(VERSION)
            .putLong(producerId)
            .putLong(firstOffset)
            .putLong(lastOffset)
            .putLong(lastStableOffset);
    }

    /** CRC-32C of the entries of transactions that ended below an offset. */
    int crc(final long below) throws IOException
    {
        final ByteBuffer all = file.readAll();
        int length = 0;
        while (length < all.limit() && all.getLong(length + LAST_OFFSET_AT) < below)
        {
            length += ENTRY_SIZE;
        }
        final CRC32C crc = new CRC32C();
        crc.update(all.array(), 0, length);
        return (int)crc.getValue();
    }

    /** Drops the entries of transactions that ended at or above an offset. */
    void truncateTo(final long offset) throws IOException
    {
        final ByteBuffer all = file.readAll();
        int keep = 0;
        while (keep < file.entries() && all.getLong(keep * ENTRY_SIZE + LAST_OFFSET_AT) < offset)
        {
            keep++;
        }
        file.truncate(keep);
    }

    /** Whether the entries are in order and within the segment. */
    boolean isPossible(final long segmentBaseOffset) throws IOException
    {
        final ByteBuffer all = file.readAll();
        long previous = segmentBaseOffset - 1;
        for (int i = 0; i < file.entries(); i++)
        {
            final int at = i * ENTRY_SIZE;
            final long lastOffset = all.getLong(at + LAST_OFFSET_AT);
            if (all.getShort(at) != VERSION || lastOffset <= previous || all.getLong(at + 10) > lastOffset)
            {
                return false;
            }
            previous = lastOffset;
        }
        return true;
    }
}
