package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The sparse offset index and time index of a segment, with the entries that Kafka's own LogSegment writes.
 * <p>
 * Offset index, 8 bytes: last offset of a batch relative to the segment's base (int32), position of that batch (int32);
 * an entry for the first batch that begins when more than the interval has been appended since the batch of the last
 * one. Time index, 12 bytes: the largest timestamp so far (int64), relative last offset of the batch that has it
 * (int32); an entry beside each one of the offset index and when the segment ends, if the timestamp has grown.
 */
final class SegmentIndexes
{
    static final int OFFSET_ENTRY = 8;
    static final int TIME_ENTRY = 12;
    private static final long NO_TIMESTAMP = -1;

    private final long baseOffset;
    private final int intervalBytes;
    private final int maxIndexBytes;
    private final IndexFile offsets;
    private final IndexFile times;
    private long bytesSinceLastEntry;
    private long maxTimestamp = NO_TIMESTAMP;
    private long maxTimestampOffset;
    private long lastTimeEntry = NO_TIMESTAMP;

    SegmentIndexes(
        final long baseOffset,
        final int intervalBytes,
        final int maxIndexBytes,
        final IndexFile offsets,
        final IndexFile times)
    {
        this.baseOffset = baseOffset;
        this.intervalBytes = intervalBytes;
        this.maxIndexBytes = maxIndexBytes;
        this.offsets = offsets;
        this.times = times;
        this.maxTimestampOffset = baseOffset;
    }

    IndexFile offsets()
    {
        return offsets;
    }

    IndexFile times()
    {
        return times;
    }

    void create() throws IOException
    {
        offsets.create();
        times.create();
    }

    void onBatch(final BatchHeader header, final int position)
    {
        final long lastOffset = header.lastOffset();
        if (header.maxTimestamp > maxTimestamp)
        {
            maxTimestamp = header.maxTimestamp;
            maxTimestampOffset = lastOffset;
        }
        if (bytesSinceLastEntry > intervalBytes)
        {
            offsets.appendEntry().putInt((int)(lastOffset - baseOffset)).putInt(position);
            appendTime();
            bytesSinceLastEntry = 0;
        }
        bytesSinceLastEntry += header.sizeInBytes();
    }

    /** The entry that closes a segment's time index: from it a broker tells when the segment may be deleted. */
    void seal()
    {
        appendTime();
    }

    private void appendTime()
    {
        if (maxTimestamp > lastTimeEntry)
        {
            times.appendEntry().putLong(maxTimestamp).putInt((int)(maxTimestampOffset - baseOffset));
            lastTimeEntry = maxTimestamp;
        }
    }

    /** As in Kafka one entry of the time index is kept free for {@link #seal()}. */
    boolean isFull()
    {
        return offsets.entries() >= maxIndexBytes / OFFSET_ENTRY || times.entries() >= maxIndexBytes / TIME_ENTRY - 1;
    }

    /** Time index first: an offset entry on file implies that the timestamps up to it are. */
    void flush() throws IOException
    {
        times.flush();
        offsets.flush();
    }

    int pendingBytes()
    {
        return offsets.pendingBytes() + times.pendingBytes();
    }

    /**
     * Goes back to the state in which the indexes were when the batch at a position was about to be appended. From
     * there on the batches must be fed again.
     *
     * @param position 0, or that of an entry in the offset index: only there the largest timestamp so far is known.
     * @param offset   base offset of the batch at the position.
     */
    void rewind(final int position, final long offset) throws IOException
    {
        if (position == 0)
        {
            clear();
            return;
        }
        final ByteBuffer offsetEntries = offsets.readAll();
        int keep = 0;
        int lastPosition = 0;
        while (keep < offsets.entries() && offsetEntries.getInt(keep * OFFSET_ENTRY + 4) < position)
        {
            lastPosition = offsetEntries.getInt(keep * OFFSET_ENTRY + 4);
            keep++;
        }
        offsets.truncate(keep);
        bytesSinceLastEntry = position - lastPosition;

        final ByteBuffer timeEntries = times.readAll();
        int keepTimes = 0;
        maxTimestamp = NO_TIMESTAMP;
        maxTimestampOffset = baseOffset;
        while (keepTimes < times.entries() &&
            baseOffset + timeEntries.getInt(keepTimes * TIME_ENTRY + 8) < offset)
        {
            maxTimestamp = timeEntries.getLong(keepTimes * TIME_ENTRY);
            maxTimestampOffset = baseOffset + timeEntries.getInt(keepTimes * TIME_ENTRY + 8);
            keepTimes++;
        }
        times.truncate(keepTimes);
        lastTimeEntry = maxTimestamp;
    }

    /**
     * Drops the entries of batches from a position and offset on. What is known in memory is not adjusted: the segment
     * is to be scanned again.
     */
    void cut(final int position, final long offset) throws IOException
    {
        final ByteBuffer offsetEntries = offsets.readAll();
        int keep = 0;
        while (keep < offsets.entries() && offsetEntries.getInt(keep * OFFSET_ENTRY + 4) < position)
        {
            keep++;
        }
        offsets.truncate(keep);
        final ByteBuffer timeEntries = times.readAll();
        int keepTimes = 0;
        while (keepTimes < times.entries() && baseOffset + timeEntries.getInt(keepTimes * TIME_ENTRY + 8) < offset)
        {
            keepTimes++;
        }
        times.truncate(keepTimes);
    }

    /** Drops every entry, for a rebuild from the log. */
    void clear() throws IOException
    {
        create();
        bytesSinceLastEntry = 0;
        maxTimestamp = NO_TIMESTAMP;
        maxTimestampOffset = baseOffset;
        lastTimeEntry = NO_TIMESTAMP;
    }

    /**
     * Looks for what cannot be in the indexes of a segment of this size.
     *
     * @param everyEntry whether to look at all entries or at the last one only.
     * @return what is wrong, or null.
     */
    String fault(final int logSize, final boolean everyEntry) throws IOException
    {
        final int n = offsets.entries();
        if (n > 0)
        {
            final ByteBuffer all = offsets.readAll();
            int previousOffset = -1;
            int previousPosition = -1;
            for (int i = everyEntry ? 0 : n - 1; i < n; i++)
            {
                final int relative = all.getInt(i * OFFSET_ENTRY);
                final int position = all.getInt(i * OFFSET_ENTRY + 4);
                if (relative <= previousOffset || position <= previousPosition || relative < 0 || position >= logSize)
                {
                    return "offset index entry " + i + " (" + relative + ", " + position + ") is impossible after (" +
                        previousOffset + ", " + previousPosition + ") in " + logSize + " bytes of log";
                }
                previousOffset = relative;
                previousPosition = position;
            }
        }
        final int m = times.entries();
        if (m > 0)
        {
            final ByteBuffer all = times.readAll();
            long previousTimestamp = NO_TIMESTAMP;
            int previousOffset = -1;
            for (int i = everyEntry ? 0 : m - 1; i < m; i++)
            {
                final long timestamp = all.getLong(i * TIME_ENTRY);
                final int relative = all.getInt(i * TIME_ENTRY + 8);
                if (timestamp <= previousTimestamp || relative <= previousOffset)
                {
                    return "time index entry " + i + " (" + timestamp + ", " + relative + ") is impossible after (" +
                        previousTimestamp + ", " + previousOffset + ")";
                }
                previousTimestamp = timestamp;
                previousOffset = relative;
            }
        }
        return null;
    }

    /**
     * Position of the last entry whose batch ends at or below an offset, with that last offset; null if there is none.
     */
    Entry floorByOffset(final long offset) throws IOException
    {
        final ByteBuffer all = offsets.readAll();
        int i = offsets.entries() - 1;
        while (i >= 0 && baseOffset + all.getInt(i * OFFSET_ENTRY) > offset)
        {
            i--;
        }
        return entry(all, i);
    }

    /** The last entry at or below a position; null if there is none. */
    Entry floorByPosition(final int position) throws IOException
    {
        final ByteBuffer all = offsets.readAll();
        int i = offsets.entries() - 1;
        while (i >= 0 && all.getInt(i * OFFSET_ENTRY + 4) > position)
        {
            i--;
        }
        return entry(all, i);
    }

    private Entry entry(final ByteBuffer all, final int i)
    {
        return i < 0 ? null : new Entry(baseOffset + all.getInt(i * OFFSET_ENTRY), all.getInt(i * OFFSET_ENTRY + 4));
    }

    /** An entry of the offset index: last offset of a batch, and where the batch begins. */
    record Entry(long lastOffset, int position)
    {
    }
}
