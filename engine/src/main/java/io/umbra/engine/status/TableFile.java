package io.umbra.engine.status;

import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import static io.umbra.engine.status.PartitionTableLayout.CHUNK_LENGTH;
import static io.umbra.engine.status.PartitionTableLayout.HEADER_LENGTH;

/**
 * The mapped file behind a {@link PartitionTable}. It grows by chunks of rows, and every chunk is written with zeros
 * before it is mapped: a full disk is then an IOException here, and not a SIGBUS at the first touch of a page.
 */
final class TableFile implements AutoCloseable
{
    private static final UnsafeBuffer[] NO_CHUNKS = new UnsafeBuffer[0];

    private final FileChannel channel;
    private final FileChannel.MapMode mode;
    private final List<MappedByteBuffer> mappings = new ArrayList<>();
    private final UnsafeBuffer header;
    private volatile UnsafeBuffer[] chunks = NO_CHUNKS;

    private TableFile(final FileChannel channel, final FileChannel.MapMode mode) throws IOException
    {
        this.channel = channel;
        this.mode = mode;
        this.header = map(0, HEADER_LENGTH);
    }

    /**
     * A new file with an empty header and no rows, not yet under its name.
     */
    static TableFile create(final Path file) throws IOException
    {
        final Path directory = file.toAbsolutePath().getParent();
        Files.createDirectories(directory);
        final FileChannel channel = FileChannel.open(
            temporary(file),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
        try
        {
            writeZeros(channel, 0, HEADER_LENGTH);
            return new TableFile(channel, FileChannel.MapMode.READ_WRITE);
        }
        catch (final IOException | RuntimeException ex)
        {
            channel.close();
            throw ex;
        }
    }

    /**
     * Gives the new file its name. Who still reads the one before keeps it until it closes it.
     */
    static void publish(final Path file) throws IOException
    {
        Files.move(
            temporary(file), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static TableFile openReadOnly(final Path file) throws IOException
    {
        final FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try
        {
            if (channel.size() < HEADER_LENGTH)
            {
                throw new IOException(file + " is too short to be a partition table");
            }

            return new TableFile(channel, FileChannel.MapMode.READ_ONLY);
        }
        catch (final IOException | RuntimeException ex)
        {
            channel.close();
            throw ex;
        }
    }

    UnsafeBuffer header()
    {
        return header;
    }

    /** The chunk, mapped before; any thread. */
    UnsafeBuffer chunk(final int index)
    {
        return chunks[index];
    }

    int chunkCount()
    {
        return chunks.length;
    }

    boolean isReadOnly()
    {
        return FileChannel.MapMode.READ_ONLY == mode;
    }

    /** Adds a chunk of zeros, whole or not at all; one thread only. */
    void grow() throws IOException
    {
        final long position = HEADER_LENGTH + (long) chunks.length * CHUNK_LENGTH;
        try
        {
            writeZeros(channel, position, CHUNK_LENGTH);
        }
        catch (final IOException ex)
        {
            channel.truncate(position);
            throw ex;
        }
        mapNextChunk();
    }

    /** Maps what the writer has added; one thread only. */
    void mapNextChunk() throws IOException
    {
        final UnsafeBuffer[] current = chunks;
        final long position = HEADER_LENGTH + (long) current.length * CHUNK_LENGTH;
        if (position + CHUNK_LENGTH > channel.size())
        {
            throw new IOException("the partition table ends before " + (position + CHUNK_LENGTH));
        }
        final UnsafeBuffer[] next = Arrays.copyOf(current, current.length + 1);
        next[current.length] = map(position, CHUNK_LENGTH);
        chunks = next;
    }

    private UnsafeBuffer map(final long position, final int length) throws IOException
    {
        final MappedByteBuffer mapping = channel.map(mode, position, length);
        mappings.add(mapping);

        return new UnsafeBuffer(mapping, 0, length);
    }

    private static void writeZeros(final FileChannel channel, final long position, final int length)
        throws IOException
    {
        final ByteBuffer zeros = ByteBuffer.allocate(length);
        while (zeros.hasRemaining())
        {
            channel.write(zeros, position + zeros.position());
        }
    }

    private static Path temporary(final Path file)
    {
        return file.resolveSibling(file.getFileName() + ".tmp");
    }

    /**
     * Unmaps the file; no thread may use the table any more.
     */
    @Override
    public void close() throws IOException
    {
        chunks = NO_CHUNKS;
        header.wrap(0, 0);
        mappings.forEach(IoUtil::unmap);
        mappings.clear();
        channel.close();
    }
}
