package io.umbra.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Cuts the end off a partition log on disk. What was once durable is set aside first, in
 * <code>damaged/&lt;topic&gt;-&lt;partition&gt;/&lt;offset&gt;-&lt;millis&gt;.log</code> of the journal directory. A
 * crash in between leaves a log that recovery cuts again: anchors go first, segments from the last to the first,
 * indexes before their log.
 */
final class LogCutter
{
    static final String DAMAGED_DIR = "damaged";

    private final PartitionLogContext ctx;

    LogCutter(final PartitionLogContext ctx)
    {
        this.ctx = ctx;
    }

    /**
     * Removes everything from a batch on.
     *
     * @param segments  all segments, ascending.
     * @param anchors   of the log; those above the offset go.
     * @param index     of the segment in which the batch begins; it stays, even if nothing is left in it.
     * @param position  at which the batch begins.
     * @param offset    next offset after the last batch that stays.
     * @param setAside  whether to keep the bytes elsewhere.
     * @return bytes removed from the log.
     */
    long cut(
        final List<LogSegment> segments,
        final DigestAnchors anchors,
        final int index,
        final int position,
        final long offset,
        final boolean setAside) throws IOException
    {
        final LogSegment last = segments.get(index);
        long removed = last.size() - position;
        final Path damaged = ctx.journalDir().resolve(DAMAGED_DIR).resolve(ctx.directory().getFileName());
        if (setAside)
        {
            Files.createDirectories(damaged);
            if (removed > 0)
            {
                copy(ctx.segmentFiles(), last, position, free(damaged, offset));
            }
        }

        anchors.removeAbove(offset);
        final DigestAnchors.Anchor there = anchors.at(offset);
        if (there != null)
        {
            anchors.all().put(offset, last.baseOffset() == offset ? there : there.asPoint());
        }
        anchors.write(ctx.segmentFiles(), ctx.directory(), true);

        for (int i = segments.size() - 1; i > index; i--)
        {
            final LogSegment segment = segments.get(i);
            removed += segment.size();
            if (setAside && segment.size() > 0)
            {
                Files.move(segment.logPath(), free(damaged, segment.baseOffset()), StandardCopyOption.ATOMIC_MOVE);
            }
            // Left open: it may be in the hands of a flusher.
            segment.deleteFiles();
        }
        if (setAside)
        {
            AtomicFile.forceDirectory(ctx.segmentFiles(), damaged);
        }
        final TreeSet<Long> snapshots = PartitionFiles.offsets(ctx.directory(), ProducerSnapshot.SUFFIX);
        for (final long snapshot : snapshots.tailSet(offset, false))
        {
            Files.deleteIfExists(ctx.directory().resolve(LogSegment.fileName(snapshot, ProducerSnapshot.SUFFIX)));
        }

        last.indexes().cut(position, offset);
        last.transactions().truncateTo(offset);
        last.truncateFile(position);
        final List<FileChannel> channels = new ArrayList<>();
        last.takeUnforced(channels);
        for (final FileChannel channel : channels)
        {
            ctx.segmentFiles().force(channel, false);
        }
        AtomicFile.forceDirectory(ctx.segmentFiles(), ctx.directory());
        return removed;
    }

    /** Copies the end of a segment's log into a new file, and makes that durable. */
    static void copy(final SegmentFiles files, final LogSegment segment, final int position, final Path target)
        throws IOException
    {
        try (FileChannel out = files.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))
        {
            SharedFile.copy(files, segment.open(), segment.logPath(), position, segment.size(), out);
        }
    }

    private Path free(final Path directory, final long offset)
    {
        long millis = ctx.clock().time();
        Path path = directory.resolve(offset + "-" + millis + LogSegment.LOG_SUFFIX);
        while (Files.exists(path))
        {
            millis++;
            path = directory.resolve(offset + "-" + millis + LogSegment.LOG_SUFFIX);
        }
        return path;
    }
}
