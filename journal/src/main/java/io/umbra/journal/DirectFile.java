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
 * <p>The device takes whole blocks, and a log ends anywhere. So a write has up to three parts: what is missing to the
 * end of the block that the log ends in, and what is left behind the last whole block, go through the page cache; the
 * whole blocks between go past it. The two ways never meet in a block: if they did, the kernel would have to bring the
 * page to the device and wait for it before each direct write. The kernel keeps the two views of the file coherent:
 * readers see every byte at every moment, and the file never is longer than the log.
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
     * Writes all bytes, if there is a whole block among them.
     *
     * @param cached   the same file, opened through the page cache; its position does not matter and does not change.
     * @param bytes    to write.
     * @param position of the file's end, where they go.
     * @return whether they are written; else there is no direct way to this file, or they are too many at once.
     * @throws IOException if a write fails; a part may have been written.
     */
    boolean write(final FileChannel cached, final BatchBytes bytes, final int position) throws IOException
    {
        if (!open())
        {
            return false;
        }
        final int lead = position % BLOCK_SIZE;
        final int end = lead + bytes.length();
        final int firstWhole = lead == 0 ? 0 : BLOCK_SIZE;
        final int endWhole = end / BLOCK_SIZE * BLOCK_SIZE;
        final ByteBuffer staging = endWhole <= firstWhole ? null : bytes.staged(lead, BLOCK_SIZE);
        if (staging == null)
        {
            return false;
        }
        final long base = (long)position - lead;
        write(cached, staging.limit(firstWhole).position(lead), base);
        write(channel, staging.limit(endWhole).position(firstWhole), base);
        write(cached, staging.limit(end).position(endWhole), base);
        return true;
    }

    /** What remains in the buffer goes where the buffer's position is in the file, counted from a base. */
    private void write(final FileChannel out, final ByteBuffer buffer, final long base) throws IOException
    {
        while (buffer.hasRemaining())
        {
            final int written = out.write(buffer, base + buffer.position());
            if (written <= 0 || out == channel && written % BLOCK_SIZE != 0)
            {
                throw new IOException(path + ": wrote " + written + " bytes, and no more are taken");
            }
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
