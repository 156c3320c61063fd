package io.umbra.systemtests;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A segment file whose batches can be found, and damaged. */
final class SegmentFile
{
    private static final int LOG_OVERHEAD = 12;
    private static final int LAST_OFFSET_DELTA_OFFSET = 23;
    private final Path file;
    private final List<Batch> batches = new ArrayList<>();

    /** Where a batch is. */
    record Batch(int position, int length, long baseOffset, long lastOffset)
    {
        /** Somewhere in the middle of the records, past the header. */
        long middle()
        {
            return position + (61 + length) / 2;
        }
    }

    SegmentFile(final Path file) throws IOException
    {
        this.file = file;
        final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        int position = 0;
        while (position < bytes.limit())
        {
            final int length = bytes.getInt(position + Long.BYTES) + LOG_OVERHEAD;
            final long base = bytes.getLong(position);
            batches.add(new Batch(position, length, base, base + bytes.getInt(position + LAST_OFFSET_DELTA_OFFSET)));
            position += length;
        }
    }

    /** The segments of a partition, in the order of their offsets. */
    static List<Path> of(final Path partitionDir) throws IOException
    {
        try (Stream<Path> files = Files.list(partitionDir))
        {
            return files.filter((file) -> file.toString().endsWith(".log")).sorted().toList();
        }
    }

    static SegmentFile active(final Path partitionDir) throws IOException
    {
        final List<Path> files = of(partitionDir);
        return new SegmentFile(files.get(files.size() - 1));
    }

    Path file()
    {
        return file;
    }

    /** A file beside it with the same base offset. */
    Path sibling(final String suffix)
    {
        return file.resolveSibling(file.getFileName().toString().replace(".log", suffix));
    }

    List<Batch> batches()
    {
        return batches;
    }

    Batch last()
    {
        return batches.get(batches.size() - 1);
    }

    static void flipBit(final Path file, final long position) throws IOException
    {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw"))
        {
            bytes.seek(position);
            final int value = bytes.read();
            bytes.seek(position);
            bytes.write(value ^ 0x04);
        }
    }

    static void truncate(final Path file, final long length) throws IOException
    {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw"))
        {
            if (length >= bytes.length())
            {
                throw new IllegalArgumentException(file + " has only " + bytes.length() + " bytes");
            }
            bytes.setLength(length);
        }
    }
}
