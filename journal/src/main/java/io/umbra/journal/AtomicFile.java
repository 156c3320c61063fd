package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Small files that are replaced as a whole: written beside, renamed into place, so that a reader sees the old or the
 * new.
 */
final class AtomicFile
{
    static final String TEMP_SUFFIX = ".tmp";

    private AtomicFile()
    {
    }

    /**
     * Replaces a file.
     *
     * @param force whether its bytes are forced before the rename and the directory after it; without, both survive the
     *              end of the process but not that of the machine.
     */
    static void write(final SegmentFiles files, final Path path, final ByteBuffer content, final boolean force)
        throws IOException
    {
        final Path temp = path.resolveSibling(path.getFileName() + TEMP_SUFFIX);
        try (FileChannel channel = files.open(
            temp, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE))
        {
            while (content.hasRemaining())
            {
                channel.write(content);
            }
            if (force)
            {
                files.force(channel, true);
            }
        }
        catch (final IOException ex)
        {
            try
            {
                Files.deleteIfExists(temp);
            }
            catch (final IOException suppressed)
            {
                ex.addSuppressed(suppressed);
            }
            throw ex;
        }
        Files.move(temp, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        if (force)
        {
            forceDirectory(files, path.toAbsolutePath().getParent());
        }
    }

    /** Makes creations, renames and deletions in a directory durable. */
    static void forceDirectory(final SegmentFiles files, final Path directory) throws IOException
    {
        try (FileChannel channel = files.open(directory, StandardOpenOption.READ))
        {
            files.force(channel, true);
        }
    }

    /** Makes a file's content durable; a file that is gone by now needs nothing. */
    static void forceFile(final SegmentFiles files, final Path path) throws IOException
    {
        try (FileChannel channel = files.open(path, StandardOpenOption.WRITE))
        {
            files.force(channel, false);
        }
        catch (final NoSuchFileException ex)
        {
            // Replaced or deleted since: nothing is left to force.
            return;
        }
    }
}
