package io.umbra.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * One segment of a partition log: the <code>.log</code> file and its indexes. The log's size is that of the whole
 * batches in it; bytes beyond belong to a batch that is still coming in chunks, or to a write that failed.
 */
final class LogSegment
{
    static final String LOG_SUFFIX = ".log";
    static final String INDEX_SUFFIX = ".index";
    static final String TIME_INDEX_SUFFIX = ".timeindex";
    static final String TXN_INDEX_SUFFIX = ".txnindex";

    private final SegmentFiles files;
    private final Path directory;
    private final long baseOffset;
    private final SegmentIndexes indexes;
    private final TransactionIndex transactions;
    private final DirectFile direct;
    private final int directWriteBytes;
    private FileChannel channel;
    private int size;
    private boolean isShared;
    private boolean unforced;

    LogSegment(final PartitionLogContext ctx, final long baseOffset)
    {
        this.files = ctx.segmentFiles();
        this.directory = ctx.directory();
        this.baseOffset = baseOffset;
        this.indexes = new SegmentIndexes(
            baseOffset,
            ctx.indexIntervalBytes(),
            PartitionLogContext.MAX_INDEX_BYTES,
            new IndexFile(files, path(INDEX_SUFFIX), SegmentIndexes.OFFSET_ENTRY),
            new IndexFile(files, path(TIME_INDEX_SUFFIX), SegmentIndexes.TIME_ENTRY));
        this.transactions = new TransactionIndex(
            new IndexFile(files, path(TXN_INDEX_SUFFIX), TransactionIndex.ENTRY_SIZE));
        this.direct = new DirectFile(files, logPath());
        this.directWriteBytes = ctx.directWriteBytes();
    }

    static String fileName(final long offset, final String suffix)
    {
        final String digits = Long.toString(offset);
        return "0".repeat(20 - digits.length()) + digits + suffix;
    }

    Path path(final String suffix)
    {
        return directory.resolve(fileName(baseOffset, suffix));
    }

    Path logPath()
    {
        return path(LOG_SUFFIX);
    }

    long baseOffset()
    {
        return baseOffset;
    }

    int size()
    {
        return size;
    }

    /** Whether another directory had the log when it was loaded: then nothing may be appended to it. */
    boolean isShared()
    {
        return isShared;
    }

    SegmentIndexes indexes()
    {
        return indexes;
    }

    TransactionIndex transactions()
    {
        return transactions;
    }

    /** Creates the files empty. If that fails none is left. */
    void create() throws IOException
    {
        try
        {
            channel = files.open(
                logPath(),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
            indexes.create();
            Files.deleteIfExists(transactions.file().path());
            transactions.file().load();
            size = 0;
            unforced = true;
        }
        catch (final IOException ex)
        {
            try
            {
                delete();
            }
            catch (final IOException suppressed)
            {
                ex.addSuppressed(suppressed);
            }
            throw ex;
        }
    }

    /** Takes the files as they are. */
    void load() throws IOException
    {
        final long length = Files.size(logPath());
        if (length > Integer.MAX_VALUE)
        {
            throw new JournalException(logPath() + " has " + length + " bytes, more than a segment can");
        }
        size = (int)length;
        isShared = SharedFile.isShared(logPath());
        indexes.offsets().load();
        indexes.times().load();
        transactions.file().load();
    }

    FileChannel open() throws IOException
    {
        // An interrupt closes a channel under its user.
        if (channel == null || !channel.isOpen())
        {
            channel = files.open(logPath(), StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel.position(size);
        }
        return channel;
    }

    /** Whether offsets up to this one can be written relative to the base. */
    boolean holds(final long firstOffset, final long lastOffset)
    {
        return firstOffset >= baseOffset && lastOffset - baseOffset <= Integer.MAX_VALUE;
    }

    /** Whether a write of this length goes past the page cache. */
    boolean isDirect(final int length)
    {
        return length >= directWriteBytes && !direct.isUnsupported();
    }

    /** Writes bytes behind what is there, at a position of the file. */
    void write(final BatchBytes bytes, final int position) throws IOException
    {
        final FileChannel out = open();
        unforced = true;
        if (isDirect(bytes.length()) && direct.write(out, bytes, position))
        {
            return;
        }
        if (out.position() != position)
        {
            out.position(position);
        }
        bytes.writeTo(out, 0, bytes.length());
    }

    /** Makes a whole batch visible, the one that begins at the present size. */
    void commit(final BatchHeader header)
    {
        indexes.onBatch(header, size);
        size += header.sizeInBytes();
    }

    /**
     * Cuts the file, whole batches too if the length is below the size. Indexes are not touched. A file that another
     * directory has too is left to that, and a copy of what stays takes its place.
     */
    void truncateFile(final int length) throws IOException
    {
        if (SharedFile.replace(files, logPath(), length))
        {
            // Not closed: it may be in the hands of a flusher.
            channel = null;
            direct.close();
            isShared = false;
        }
        final FileChannel out = open();
        unforced = true;
        out.truncate(length);
        out.position(length);
        size = Math.min(size, length);
    }

    void flushIndexes() throws IOException
    {
        indexes.flush();
        transactions.file().flush();
    }

    int pendingIndexBytes()
    {
        return indexes.pendingBytes() + transactions.file().pendingBytes();
    }

    /** Adds the channels that have unforced writes to a list, log first, and counts them as taken. */
    void takeUnforced(final List<FileChannel> channels)
    {
        takeUnforcedLog(channels);
        addIfUnforced(indexes.offsets(), channels);
        addIfUnforced(indexes.times(), channels);
        addIfUnforced(transactions.file(), channels);
    }

    void takeUnforcedLog(final List<FileChannel> channels)
    {
        if (unforced && channel != null)
        {
            unforced = false;
            channels.add(channel);
        }
    }

    void markUnforced()
    {
        unforced = true;
        indexes.offsets().markUnforced();
        indexes.times().markUnforced();
        transactions.file().markUnforced();
    }

    private static void addIfUnforced(final IndexFile file, final List<FileChannel> channels)
    {
        final FileChannel taken = file.takeUnforced();
        if (taken != null)
        {
            channels.add(taken);
        }
    }

    void close() throws IOException
    {
        final FileChannel closing = channel;
        channel = null;
        try
        {
            direct.close();
            indexes.offsets().close();
            indexes.times().close();
            transactions.file().close();
        }
        finally
        {
            if (closing != null)
            {
                closing.close();
            }
        }
    }

    void closeQuietly()
    {
        try
        {
            close();
        }
        catch (final IOException ex)
        {
            // All that matters was forced before; closing has nothing to add.
            channel = null;
        }
    }

    void delete() throws IOException
    {
        close();
        deleteFiles();
    }

    /** Deletes the files, the log last: while it is there the indexes are not orphans. Open channels stay open. */
    void deleteFiles() throws IOException
    {
        Files.deleteIfExists(indexes.offsets().path());
        Files.deleteIfExists(indexes.times().path());
        Files.deleteIfExists(transactions.file().path());
        Files.deleteIfExists(logPath());
    }
}
