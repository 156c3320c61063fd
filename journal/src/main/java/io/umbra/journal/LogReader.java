package io.umbra.journal;

import io.umbra.journal.InvalidBatchException.Reason;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Reads a partition's directory batch by batch, from any process and while it is being written too. It sees whole
 * batches only, follows rolls, and passes over segments that are deleted under it. CRCs are for the caller to check.
 * One thread.
 */
public final class LogReader implements AutoCloseable
{
    private static final int INITIAL_BUFFER = 64 * 1024;

    private final Path directory;
    private final UUID topicId;
    private final BatchHeader header = new BatchHeader();
    private final BatchView view = new BatchView();
    private final ByteBuffer headerBytes = ByteBuffer.allocate(BatchHeader.SIZE);
    private ByteBuffer buffer = ByteBuffer.allocate(INITIAL_BUFFER);
    private FileChannel channel;
    private Path file;
    private long segmentBase = -1;
    private long position;
    /** Batches that end below this are passed over. */
    private long wantedOffset;
    /** Next offset after the batch that was read last, -1 at a place that was sought. */
    private long nextOffset = -1;

    private LogReader(final Path directory, final UUID topicId)
    {
        this.directory = directory;
        this.topicId = topicId;
    }

    /**
     * Opens a reader at the start of the log.
     *
     * @param partitionDir directory of the partition.
     * @return the reader.
     * @throws NoSuchFileException if it is not that of a partition.
     * @throws IOException         if it cannot be read.
     */
    public static LogReader open(final Path partitionDir) throws IOException
    {
        final UUID topicId = PartitionFiles.readMetadata(partitionDir);
        if (topicId == null)
        {
            throw new NoSuchFileException(partitionDir.resolve(PartitionFiles.METADATA).toString());
        }
        return new LogReader(partitionDir, topicId);
    }

    /** @return topic id. */
    public UUID topicId()
    {
        return topicId;
    }

    /**
     * Base offset of the first segment. The log start offset, which may be higher, is in the journal's checkpoint.
     *
     * @return the offset, 0 if there is no segment.
     * @throws IOException if the directory cannot be read.
     */
    public long startOffset() throws IOException
    {
        final TreeSet<Long> bases = bases();
        return bases.isEmpty() ? 0 : bases.first();
    }

    /**
     * Next offset after the last whole batch at this moment, found from the last index entry on. Does not move the
     * reader.
     *
     * @return the offset; that of the last segment if the log is empty.
     * @throws IOException if the log cannot be read.
     */
    public long endOffset() throws IOException
    {
        final TreeSet<Long> bases = bases();
        Long base = bases.isEmpty() ? null : bases.last();
        long end = base == null ? 0 : base;
        while (base != null)
        {
            try (LogReader tail = new LogReader(directory, topicId))
            {
                tail.openSegment(base);
                tail.position = tail.indexedPosition(Long.MAX_VALUE);
                boolean any = false;
                while (tail.readHeader() && tail.position + tail.header.sizeInBytes() <= tail.channel.size())
                {
                    any = true;
                    end = tail.header.lastOffset() + 1;
                    tail.position += tail.header.sizeInBytes();
                }
                if (any)
                {
                    return end;
                }
            }
            catch (final NoSuchFileException ex)
            {
                // Deleted or replaced just now: look at those that are left.
                bases.remove(base);
            }
            base = bases.lower(base);
        }
        return end;
    }

    /**
     * Goes to the batch that holds an offset, or the first one after it.
     *
     * @param offset wanted.
     * @throws IOException if the log cannot be read.
     */
    public void seek(final long offset) throws IOException
    {
        closeSegment();
        wantedOffset = offset;
        nextOffset = -1;
        final TreeSet<Long> bases = bases();
        final Long floor = bases.floor(offset);
        if (floor != null && openIfThere(floor))
        {
            position = indexedPosition(offset);
        }
    }

    /**
     * The next whole batch.
     *
     * @return the batch, valid until the next call; null at the end, where more may come later.
     * @throws CorruptLogException if there are bytes that are no batch.
     * @throws IOException         if the log cannot be read.
     */
    public BatchView next() throws IOException
    {
        while (true)
        {
            if (channel == null && !openNextSegment())
            {
                return null;
            }
            final long end = channel.size();
            if (readHeader() && position + header.sizeInBytes() <= end)
            {
                final long at = position;
                final boolean skip = header.lastOffset() < wantedOffset;
                if (!skip && !readBatch())
                {
                    continue;
                }
                position = at + header.sizeInBytes();
                nextOffset = header.lastOffset() + 1;
                if (!skip)
                {
                    view.wrap(buffer, file, (int)at);
                    return view;
                }
            }
            else if (!leaveSegment(end))
            {
                return null;
            }
        }
    }

    /** At the end of what is whole in this segment: on to the next one if there is one. */
    private boolean leaveSegment(final long end) throws IOException
    {
        if (bases().higher(segmentBase) == null)
        {
            return false;
        }
        // The next segment begins when this one has its last byte; more may have come since its size was taken.
        if (channel.size() == end)
        {
            if (position < end)
            {
                throw new CorruptLogException(
                    file, position, Math.max(nextOffset, segmentBase), (end - position) + " bytes of a torn batch");
            }
            final long left = segmentBase;
            closeSegment();
            segmentBase = left;
        }
        return true;
    }

    private boolean openNextSegment() throws IOException
    {
        final TreeSet<Long> bases = bases();
        Long base = bases.higher(segmentBase);
        while (base != null && !openIfThere(base))
        {
            base = bases.higher(base);
        }
        return base != null;
    }

    private boolean openIfThere(final long base) throws IOException
    {
        try
        {
            openSegment(base);
            return true;
        }
        catch (final NoSuchFileException ex)
        {
            return false;
        }
    }

    private void openSegment(final long base) throws IOException
    {
        file = directory.resolve(LogSegment.fileName(base, LogSegment.LOG_SUFFIX));
        channel = FileChannel.open(file, StandardOpenOption.READ);
        segmentBase = base;
        position = 0;
    }

    private void closeSegment() throws IOException
    {
        segmentBase = -1;
        final FileChannel closing = channel;
        channel = null;
        if (closing != null)
        {
            closing.close();
        }
    }

    /**
     * Position of the last index entry whose batch ends at or below an offset; believed only if the batch says so too.
     */
    private long indexedPosition(final long offset) throws IOException
    {
        final Path index = directory.resolve(LogSegment.fileName(segmentBase, LogSegment.INDEX_SUFFIX));
        try (FileChannel entries = FileChannel.open(index, StandardOpenOption.READ))
        {
            final ByteBuffer entry = ByteBuffer.allocate(SegmentIndexes.OFFSET_ENTRY);
            long low = 0;
            long high = entries.size() / SegmentIndexes.OFFSET_ENTRY - 1;
            long found = 0;
            long foundOffset = -1;
            while (low <= high)
            {
                final long middle = (low + high) >>> 1;
                entry.clear();
                if (entries.read(entry, middle * SegmentIndexes.OFFSET_ENTRY) < SegmentIndexes.OFFSET_ENTRY)
                {
                    high = middle - 1;
                    continue;
                }
                if (segmentBase + entry.getInt(0) <= offset)
                {
                    found = entry.getInt(4);
                    foundOffset = segmentBase + entry.getInt(0);
                    low = middle + 1;
                }
                else
                {
                    high = middle - 1;
                }
            }
            return foundOffset >= 0 && pointsAt(found, foundOffset) ? found : 0;
        }
        catch (final NoSuchFileException ex)
        {
            return 0;
        }
    }

    private boolean pointsAt(final long at, final long lastOffset) throws IOException
    {
        headerBytes.clear();
        if (at < 0 || !readFully(headerBytes, at))
        {
            return false;
        }
        header.read(headerBytes, 0);
        return header.structuralFault() == null && header.lastOffset() == lastOffset;
    }

    /** False if there is no whole header. */
    private boolean readHeader() throws IOException
    {
        headerBytes.clear();
        if (!readFully(headerBytes, position))
        {
            return false;
        }
        header.read(headerBytes, 0);
        final Reason fault = header.structuralFault();
        if (fault != null)
        {
            throw new CorruptLogException(
                file, position, Math.max(nextOffset, segmentBase), header.describe(fault));
        }
        return true;
    }

    /** Reads the batch whole. False if it changed meanwhile: a write was taken back and another came in its place. */
    private boolean readBatch() throws IOException
    {
        final int size = header.sizeInBytes();
        if (buffer.capacity() < size)
        {
            buffer = ByteBuffer.allocate(Math.max(size, (int)Math.min(Integer.MAX_VALUE - 8, 2L * buffer.capacity())));
        }
        buffer.clear().limit(size);
        if (!readFully(buffer, position))
        {
            return false;
        }
        buffer.clear();
        for (int i = 0; i < BatchHeader.SIZE; i++)
        {
            if (buffer.get(i) != headerBytes.get(i))
            {
                return false;
            }
        }
        return true;
    }

    private boolean readFully(final ByteBuffer into, final long from) throws IOException
    {
        long at = from;
        while (into.hasRemaining())
        {
            final int n = channel.read(into, at);
            if (n < 0)
            {
                return false;
            }
            at += n;
        }
        return true;
    }

    private TreeSet<Long> bases() throws IOException
    {
        return PartitionFiles.offsets(directory, LogSegment.LOG_SUFFIX);
    }

    @Override
    public void close() throws IOException
    {
        closeSegment();
    }
}
