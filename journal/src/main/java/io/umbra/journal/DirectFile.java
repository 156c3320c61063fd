package io.umbra.journal;

import com.sun.nio.file.ExtendedOpenOption;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes to the end of a segment's file past the page cache (O_DIRECT). A catch-up would otherwise fill the page cache
 * with bytes that nobody reads, and allocating its pages takes several times the processor time that the write does.
 *
 * <p>The device takes whole blocks, and a log ends anywhere. So a direct write begins with the block that the log ends
 * in, of which the bytes that are there are written again as they are, and ends with the last whole block; what is left
 * is less than a block and goes through the page cache, where the next write finds it. The kernel keeps the two views
 * of the file coherent: readers see every byte at every moment, and the file never is longer than the log.
 *
 * <p>Where the file system does not know O_DIRECT ({@code tmpfs} for one), {@link #write} says so and writes nothing.
 */
final class DirectFile
{
    private static final int MAX_BLOCK_SIZE = 64 * 1024;

    private final SegmentFiles files;
    private final Path path;
    private FileChannel channel;
    private int blockSize;
    private boolean unsupported;

    DirectFile(final SegmentFiles files, final Path path)
    {
        this.files = files;
        this.path = path;
    }

    /**
     * Writes as much as there are whole blocks for.
     *
     * @param cached   the same file, opened through the page cache.
     * @param bytes    to write.
     * @param position of the file's end, where they go.
     * @return bytes that need not be written any more; 0 if there is no direct way to this file.
     * @throws IOException if a write fails; a part may have been written.
     */
    int write(final FileChannel cached, final BatchBytes bytes, final int position) throws IOException
    {
        if (!open())
        {
            return 0;
        }
        final int start = position - position % blockSize;
        final int end = (int)((long)position + bytes.length() - ((long)position + bytes.length()) % blockSize);
        if (end <= position)
        {
            return 0;
        }
        final ByteBuffer staging = bytes.staging(blockSize);
        final int stagingLength = staging.capacity() - staging.capacity() % blockSize;
        int done = 0;
        for (int at = start; at < end;)
        {
            staging.clear().limit(Math.min(stagingLength, end - at));
            if (at < position)
            {
                readBack(cached, staging, at, position - at);
            }
            final int length = staging.remaining();
            bytes.copyTo(staging, done, length);
            done += length;
            staging.flip();
            at += staging.limit();
            writeFully(staging, at - staging.limit());
        }
        return done;
    }

    /** The bytes of the first block that are in the file already. */
    private void readBack(final FileChannel cached, final ByteBuffer staging, final int from, final int length)
        throws IOException
    {
        final int limit = staging.limit();
        staging.limit(length);
        while (staging.hasRemaining())
        {
            if (cached.read(staging, (long)from + staging.position()) < 0)
            {
                throw new IOException(path + " ends before position " + (from + length));
            }
        }
        staging.limit(limit);
    }

    private void writeFully(final ByteBuffer staging, final long position) throws IOException
    {
        long at = position;
        while (staging.hasRemaining())
        {
            final int written = channel.write(staging, at);
            if (written <= 0 || written % blockSize != 0 && staging.hasRemaining())
            {
                throw new IOException(path + ": wrote " + written + " bytes directly, and no more are taken");
            }
            at += written;
        }
    }

    private boolean open() throws IOException
    {
        if (unsupported)
        {
            return false;
        }
        // An interrupt closes a channel under its user.
        if (channel == null || !channel.isOpen())
        {
            try
            {
                channel = files.open(path, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
                blockSize = (int)Files.getFileStore(path).getBlockSize();
            }
            catch (final UnsupportedOperationException | IOException ex)
            {
                unsupported = true;
            }
            unsupported |= blockSize <= 0 || blockSize > MAX_BLOCK_SIZE;
        }
        return !unsupported;
    }

    void close() throws IOException
    {
        final FileChannel closing = channel;
        channel = null;
        if (closing != null)
        {
            closing.close();
        }
    }
}
