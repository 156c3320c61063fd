package io.umbra.engine.promotion;

import io.umbra.journal.LogExport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The directory of a node that is being made. While it is, a file in it says so; {@code server.properties}, without
 * which no broker starts, comes last of all.
 */
final class TargetDirectory
{
    private static final Logger LOGGER = LoggerFactory.getLogger(TargetDirectory.class);
    private static final String UNFINISHED = "promotion-unfinished";

    private final NodeTarget node;
    private final Path dir;
    private FileChannel unfinished;

    TargetDirectory(final NodeTarget node)
    {
        this.node = node;
        this.dir = node.dir();
    }

    /** The node that it is for. */
    NodeTarget node()
    {
        return node;
    }

    /** Whether a promotion into a directory was interrupted for good: it has not finished, and no process is at it. */
    static boolean isLeftUnfinished(final Path dir) throws IOException
    {
        final Path file = dir.resolve(UNFINISHED);
        if (!Files.exists(file))
        {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            return null != channel.tryLock();
        }
        catch (final OverlappingFileLockException ex)
        {
            // By this very process.
            return false;
        }
    }

    /**
     * Checks that it can be made, and leaves everything as it is.
     *
     * @param journalDir from which files come.
     * @param transfer   how they come.
     * @throws PromotionRefusedException if it cannot.
     */
    void check(final Path journalDir, final LogExport.Transfer transfer)
    {
        if (Files.exists(dir.resolve(UNFINISHED)))
        {
            throw refused("an earlier promotion into it did not finish, or is under way; allowed is another " +
                "directory, and this one may be deleted when that has succeeded");
        }
        if (Files.exists(dir) && !isEmptyDirectory())
        {
            throw refused("allowed is a directory that is empty or does not exist yet");
        }
        final Path parent = existingAncestor();
        if (dir.startsWith(journalDir))
        {
            throw refused("allowed is a directory outside of journal.dir=" + journalDir);
        }
        if (!Files.isWritable(parent))
        {
            throw refused(parent + " cannot be written");
        }
        if (LogExport.Transfer.COPY != transfer)
        {
            checkLink(journalDir.resolve("umbra.properties"), parent, transfer);
        }
    }

    private boolean isEmptyDirectory()
    {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(dir))
        {
            return !files.iterator().hasNext();
        }
        catch (final IOException ex)
        {
            throw refused("it cannot be read: " + ex, ex);
        }
    }

    private Path existingAncestor()
    {
        Path ancestor = dir;
        while (!Files.exists(ancestor))
        {
            ancestor = ancestor.getParent();
        }

        return ancestor;
    }

    /** File systems cannot be told apart by their names; a link tells. */
    private void checkLink(final Path file, final Path parent, final LogExport.Transfer transfer)
    {
        final Path link = parent.resolve(".umbra-" + UUID.randomUUID());
        try
        {
            Files.createLink(link, file);
            Files.delete(link);
        }
        catch (final AccessDeniedException ex)
        {
            throw refused(parent + " cannot be written", ex);
        }
        catch (final IOException | UnsupportedOperationException ex)
        {
            throw refused("files of journal.dir=" + file.getParent() + " cannot be linked there, as --" +
                transfer.name().toLowerCase(Locale.ROOT) +
                " does: it is another file system; allowed is a directory on the same one, or --copy", ex);
        }
    }

    /** Begins to make it; others can tell that it is being made, and by a process that is alive. */
    void begin(final String clusterId) throws IOException
    {
        Files.createDirectories(dir);
        try
        {
            unfinished = FileChannel.open(
                dir.resolve(UNFINISHED), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        }
        catch (final FileAlreadyExistsException ex)
        {
            throw refused("another promotion into it is under way", ex);
        }
        unfinished.lock();
        unfinished.write(StandardCharsets.UTF_8.encode("cluster " + clusterId + ", begun " + Instant.now() + "\n"));
        unfinished.force(true);
        force(dir);
    }

    /** Writes a file as a whole, durably. */
    void write(final String name, final String text) throws IOException
    {
        final Path file = dir.resolve(name);
        final Path temporary = dir.resolve(name + ".tmp");
        Files.writeString(temporary, text, StandardCharsets.UTF_8);
        force(temporary);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        force(dir);
    }

    /** All is in it. */
    void finished() throws IOException
    {
        Files.delete(dir.resolve(UNFINISHED));
        force(dir);
        unfinished.close();
    }

    /** It has failed: what was made goes; files of the journal have their other name there. */
    void discard()
    {
        if (null == unfinished)
        {
            return;
        }
        try (Stream<Path> files = Files.walk(dir))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                if (!file.equals(dir))
                {
                    Files.delete(file);
                }
            }
            unfinished.close();
        }
        catch (final IOException ex)
        {
            LOGGER.error("{} is not whole, and cannot be deleted", dir, ex);
        }
    }

    static void force(final Path path) throws IOException
    {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ))
        {
            channel.force(true);
        }
    }

    private PromotionRefusedException refused(final String why)
    {
        return refused(why, null);
    }

    private PromotionRefusedException refused(final String why, final Exception cause)
    {
        return new PromotionRefusedException("option '--target' has value '" + dir + "': " + why, cause);
    }
}
