package io.umbra.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Files that two directories have: a journal and a broker's log directory that was exported from it with hard links.
 * Whoever wants to write into one of them makes it a file of its own first, so that the other is left as it is.
 */
final class SharedFile
{
    private static final String LINKS = "unix:nlink";
    private static final String DEVICE = "unix:dev";

    private SharedFile()
    {
    }

    /** Whether a file is there and has another name too. */
    static boolean isShared(final Path path) throws IOException
    {
        if (!hasAttributes(path))
        {
            return false;
        }
        try
        {
            return (Integer)Files.getAttribute(path, LINKS) > 1;
        }
        catch (final NoSuchFileException ex)
        {
            return false;
        }
    }

    /** Whether hard links between two directories are thinkable. */
    static boolean isSameDevice(final Path a, final Path b) throws IOException
    {
        return !hasAttributes(a) || Files.getAttribute(a, DEVICE).equals(Files.getAttribute(b, DEVICE));
    }

    private static boolean hasAttributes(final Path path)
    {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    /** If a file is shared, a copy of its first bytes takes its place here. Channels stay with the file as it was. */
    static boolean replace(final SegmentFiles files, final Path path, final long length) throws IOException
    {
        if (!isShared(path))
        {
            return false;
        }
        final Path copy = path.resolveSibling(path.getFileName() + AtomicFile.TEMP_SUFFIX);
        Files.deleteIfExists(copy);
        copy(files, path, length, copy);
        Files.move(copy, path, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    /** Copies the first bytes of a file into a new one, and makes that durable. */
    static void copy(final SegmentFiles files, final Path source, final long length, final Path target)
        throws IOException
    {
        try (FileChannel in = files.open(source, StandardOpenOption.READ);
            FileChannel out = files.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))
        {
            copy(files, in, source, 0, length, out);
        }
    }

    /** Copies a part of a file, and makes it durable. */
    static void copy(
        final SegmentFiles files,
        final FileChannel in,
        final Path source,
        final long from,
        final long to,
        final FileChannel out)
        throws IOException
    {
        long at = from;
        while (at < to)
        {
            final long n = in.transferTo(at, to - at, out);
            if (n <= 0)
            {
                throw new IOException(source + " ends at " + at + " of " + to + " bytes");
            }
            at += n;
        }
        files.force(out, true);
    }
}
