package io.umbra.journal.ledger;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Allocates disk space for the file being written ahead of Chronicle Queue, which writes through a mapping of a
 * sparse file: there a full disk is a SIGBUS, here it is an {@link IOException}. Zeros are written, since that
 * allocates on every file system; the region has not been touched by Chronicle yet, and zeros are what it expects
 * there.
 */
final class CycleRoom implements AutoCloseable
{
    private static final int ZEROS_LENGTH = 64 << 10;

    private final ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS_LENGTH);
    private RandomAccessFile file;
    private long allocated;

    /**
     * Creates a file full of zeros.
     *
     * @param path   of the file, which is replaced.
     * @param length to allocate.
     * @return the room in it.
     * @throws IOException if there is no space; nothing is left behind then.
     */
    static CycleRoom create(final Path path, final long length) throws IOException
    {
        Files.deleteIfExists(path);
        final CycleRoom room = new CycleRoom();
        try
        {
            room.open(path, 0);
            room.extendTo(length);
            return room;
        }
        catch (final IOException ex)
        {
            room.close();
            Files.deleteIfExists(path);
            throw ex;
        }
    }

    /**
     * Goes on with an existing file.
     *
     * @param path of the file.
     * @param end  of what is in use; everything after it is zeros, allocated or not.
     * @return the room in it: none yet.
     * @throws IOException if the file cannot be opened.
     */
    static CycleRoom resume(final Path path, final long end) throws IOException
    {
        final CycleRoom room = new CycleRoom();
        room.open(path, end);
        return room;
    }

    /**
     * End of what is allocated.
     *
     * @return position in the file.
     */
    long allocated()
    {
        return allocated;
    }

    /**
     * Allocates up to a position.
     *
     * @param end position in the file.
     * @throws IOException if there is no space. What could be allocated stays.
     */
    void extendTo(final long end) throws IOException
    {
        if (end <= allocated)
        {
            return;
        }
        // Kept at the lengths that Chronicle gives to its files.
        final long blocks = (end + ChronicleSettings.BLOCK_SIZE - 1) / ChronicleSettings.BLOCK_SIZE;
        final long length = blocks * ChronicleSettings.BLOCK_SIZE + ChronicleSettings.OVERLAP_SIZE;
        if (file.length() < length)
        {
            file.setLength(length);
        }
        final FileChannel channel = file.getChannel();
        while (allocated < end)
        {
            zeros.clear().limit((int) Math.min(ZEROS_LENGTH, end - allocated));
            allocated += channel.write(zeros, allocated);
        }
    }

    /**
     * Makes what was written durable, also what came through the mapping.
     *
     * @throws IOException if the device says so.
     */
    void force() throws IOException
    {
        file.getChannel().force(true);
    }

    @Override
    public void close() throws IOException
    {
        if (file != null)
        {
            file.close();
        }
    }

    private void open(final Path path, final long end) throws IOException
    {
        file = new RandomAccessFile(path.toFile(), "rw");
        allocated = end;
    }
}
