package io.umbra.journal;

import com.sun.nio.file.ExtendedOpenOption;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

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
    /** A multiple of every block size that file systems and devices have in practice. */
    static final int BLOCK_SIZE = 4096;

    private static final Map<Path, Boolean> IS_BLOCK_SIZE_RIGHT = new ConcurrentHashMap<>();

    private final SegmentFiles files;
    private final Path path;
    private FileChannel channel;
    private boolean unsupported;

    DirectFile(final SegmentFiles files, final Path path)
    {
        this.files = files;
        this.path = path;
    }

    /** Whether it is known that there is no direct way to this file. */
    boolean isUnsupported()
    {
        return unsupported;
    }

    /**
     * Writes as much as there are whole blocks for.
     *
     * @param cached   the same file, opened through the page cache.
     * @param bytes    to write.
     * @param position of the file's end, where they go.
     * @return bytes that need not be written any more; 0 if there is no direct way to this file, or if they are too
     *         many at once.
     * @throws IOException if a write fails; a part may have been written.
     */
    int write(final FileChannel cached, final BatchBytes bytes, final int position) throws IOException
    {
        if (!open())
        {
            return 0;
        }
        final int lead = position % BLOCK_SIZE;
        final int length = (int)(((long)lead + bytes.length()) / BLOCK_SIZE * BLOCK_SIZE);
        final ByteBuffer staging = length <= lead ? null : bytes.staged(lead, BLOCK_SIZE);
        if (staging == null)
        {
            return 0;
        }
        readBack(cached, staging, position - lead, lead);
        writeFully(staging.clear().limit(length), position - lead);
        return length - lead;
    }

    /** The bytes of the first block that are in the file already. */
    private void readBack(final FileChannel cached, final ByteBuffer staging, final int from, final int length)
        throws IOException
    {
        staging.limit(length);
        while (staging.hasRemaining())
        {
            if (cached.read(staging, (long)from + staging.position()) < 0)
            {
                throw new IOException(path + " ends before position " + (from + length));
            }
        }
    }

    private void writeFully(final ByteBuffer staging, final long position) throws IOException
    {
        long at = position;
        while (staging.hasRemaining())
        {
            final int written = channel.write(staging, at);
            if (written <= 0 || written % BLOCK_SIZE != 0 && staging.hasRemaining())
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
                unsupported = !isBlockSizeRight(path.getParent().getParent());
            }
            catch (final UnsupportedOperationException | IOException ex)
            {
                unsupported = true;
            }
        }
        return !unsupported;
    }

    /** Asked once for a journal: the answer takes the system a look at all its mounts. */
    private static boolean isBlockSizeRight(final Path journalDir) throws IOException
    {
        final Boolean known = IS_BLOCK_SIZE_RIGHT.get(journalDir);
        if (known != null)
        {
            return known;
        }
        final boolean isRight = BLOCK_SIZE % Files.getFileStore(journalDir).getBlockSize() == 0;
        IS_BLOCK_SIZE_RIGHT.put(journalDir, isRight);
        return isRight;
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
