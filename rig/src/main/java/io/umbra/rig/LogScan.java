package io.umbra.rig;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Walks over the batch headers of a partition directory (record batches of magic 2) and tells how much of each
 * segment file is whole batches. It knows nothing of indexes, checksums or recovery: it is the yardstick, and shares
 * no code with what is measured.
 *
 * @param segments    files in the order of their base offsets.
 * @param firstOffset base offset of the first batch; -1 without a batch.
 * @param endOffset   one above the last offset of the last batch; -1 without a batch.
 */
record LogScan(List<Segment> segments, long firstOffset, long endOffset)
{
    private static final int HEADER_BYTES = 61;
    private static final int LENGTH_OFFSET = 8;
    private static final int MAGIC_OFFSET = 16;
    private static final int LAST_OFFSET_DELTA_OFFSET = 23;
    private static final int LOG_OVERHEAD = 12;
    private static final int WINDOW_BYTES = 64 * 1024;

    /**
     * One segment file.
     *
     * @param file       the {@code .log} file.
     * @param validBytes length of the whole batches from its start.
     * @param fileBytes  length of the file; more than validBytes when it is preallocated, or torn.
     */
    record Segment(Path file, long validBytes, long fileBytes)
    {
    }

    /** Called for every batch in turn. */
    interface BatchVisitor
    {
        /**
         * @param position of the batch within the concatenation of the segments' whole batches.
         * @param base     base offset.
         * @param last     last offset.
         */
        void onBatch(long position, long base, long last);
    }

    /** Scans the {@code .log} files of a directory. */
    static LogScan of(final Path partitionDir) throws IOException
    {
        return of(partitionDir, (position, base, last) ->
        {
        });
    }

    static LogScan of(final Path partitionDir, final BatchVisitor visitor) throws IOException
    {
        final List<Segment> segments = new ArrayList<>();
        final Walk walk = new Walk(visitor);
        for (final Path file : files(partitionDir))
        {
            segments.add(walk.over(file));
        }
        return new LogScan(segments, walk.firstOffset, walk.endOffset);
    }

    /** Whole batches of all segments, in bytes. */
    long validBytes()
    {
        return segments.stream().mapToLong(Segment::validBytes).sum();
    }

    private static List<Path> files(final Path partitionDir) throws IOException
    {
        try (Stream<Path> files = Files.list(partitionDir))
        {
            // Names are zero-padded, so that their order is that of the offsets.
            return files.filter((file) -> file.getFileName().toString().endsWith(".log")).sorted().toList();
        }
    }

    /** The state of a scan over several files. */
    private static final class Walk
    {
        private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES);
        private final BatchVisitor visitor;
        private long total;
        private long firstOffset = -1;
        private long endOffset = -1;

        Walk(final BatchVisitor visitor)
        {
            this.visitor = visitor;
        }

        Segment over(final Path file) throws IOException
        {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ))
            {
                final long fileBytes = channel.size();
                long position = 0;
                long windowStart = 0;
                window.clear().limit(0);
                while (position + HEADER_BYTES <= fileBytes)
                {
                    if (position - windowStart + HEADER_BYTES > window.limit())
                    {
                        windowStart = position;
                        fill(channel, position);
                    }
                    final int length = lengthOfBatch((int) (position - windowStart), fileBytes - position);
                    if (0 == length)
                    {
                        break;
                    }
                    position += length;
                    total += length;
                }
                return new Segment(file, position, fileBytes);
            }
        }

        private void fill(final FileChannel channel, final long position) throws IOException
        {
            window.clear();
            while (window.hasRemaining())
            {
                if (channel.read(window, position + window.position()) < 0)
                {
                    break;
                }
            }
            window.flip();
        }

        /** Length of the batch whose header is at this index of the window, or 0 when there is no whole batch. */
        private int lengthOfBatch(final int index, final long bytesLeft)
        {
            if (index + HEADER_BYTES > window.limit())
            {
                return 0;
            }
            final long base = window.getLong(index);
            final int length = window.getInt(index + LENGTH_OFFSET);
            final int magic = window.get(index + MAGIC_OFFSET);
            final int delta = window.getInt(index + LAST_OFFSET_DELTA_OFFSET);
            if (2 != magic || length < HEADER_BYTES - LOG_OVERHEAD || length > bytesLeft - LOG_OVERHEAD ||
                base < Math.max(0, endOffset) || delta < 0)
            {
                return 0;
            }
            visitor.onBatch(total, base, base + delta);
            firstOffset = firstOffset < 0 ? base : firstOffset;
            endOffset = base + delta + 1;
            return length + LOG_OVERHEAD;
        }
    }
}
