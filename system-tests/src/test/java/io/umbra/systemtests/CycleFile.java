package io.umbra.systemtests;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A file of a Chronicle Queue, as far as it takes to leave a torn entry in it: excerpts of a 4-byte header (bit 31: not
 * complete, bit 30: meta data, the rest: length) and that many bytes, each at a multiple of 4.
 */
final class CycleFile
{
    private static final int NOT_COMPLETE = 0x8000_0000;
    private static final int LENGTH_MASK = 0x3FFF_FFFF;
    private static final int HEADER_BYTES = 4;
    private final Path file;

    private CycleFile(final Path file)
    {
        this.file = file;
    }

    /** The youngest file of a queue. */
    static CycleFile youngest(final Path queueDir) throws IOException
    {
        try (Stream<Path> files = Files.list(queueDir))
        {
            return new CycleFile(files
                .filter((file) -> file.toString().endsWith(".cq4"))
                .max(Comparator.comparing(Path::getFileName))
                .orElseThrow(() -> new IllegalStateException("no cycle file in " + queueDir)));
        }
    }

    /**
     * What a writer leaves behind that dies in the middle of an entry: a header that says so, and half of the bytes.
     */
    void appendTornEntry(final int length) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            final ByteBuffer torn = ByteBuffer.allocate(HEADER_BYTES + length / 2).order(ByteOrder.LITTLE_ENDIAN);
            torn.putInt(NOT_COMPLETE | length);
            while (torn.hasRemaining())
            {
                torn.put((byte) 0x5A);
            }
            channel.write(torn.flip(), end(channel));
        }
    }

    private static long end(final FileChannel channel) throws IOException
    {
        final ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long position = 0;
        int excerpts = 0;
        while (true)
        {
            header.clear();
            if (channel.read(header, position) < HEADER_BYTES || 0 == header.getInt(0))
            {
                break;
            }
            position += HEADER_BYTES + (header.getInt(0) & LENGTH_MASK);
            position = (position + HEADER_BYTES - 1) & -HEADER_BYTES;
            excerpts++;
        }
        if (excerpts < 2)
        {
            throw new IllegalStateException("not a cycle file with entries");
        }
        return position;
    }
}
