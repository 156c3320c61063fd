package io.umbra.journal.ledger;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.NavigableMap;

/**
 * The files of a ledger to which nothing is written any more.
 */
final class EndedFiles
{
    private static final long PAGE_LENGTH = 4096;
    /** The header of the end mark and the text that Chronicle writes behind it. */
    private static final long END_MARK_LENGTH = 16;

    private final Path directory;

    EndedFiles(final Path directory)
    {
        this.directory = directory;
    }

    /**
     * Deletes the oldest files, as many as it takes.
     *
     * @param currentCycle of the file that is being written, which is left alone.
     * @param maxBytes     that the ended files may take.
     * @return whether any was deleted.
     */
    boolean trim(final long currentCycle, final long maxBytes)
    {
        boolean isTrimmed = false;
        try
        {
            final NavigableMap<Long, Path> files = CycleName.list(directory).headMap(currentCycle, false);
            long total = 0;
            for (final Path file : files.values())
            {
                total += Files.size(file);
            }
            while (total > maxBytes && !files.isEmpty())
            {
                final Path oldest = files.pollFirstEntry().getValue();
                total -= Files.size(oldest);
                Files.delete(oldest);
                isTrimmed = true;
            }
        }
        catch (final IOException ex)
        {
            // Nothing depends on it; it is tried again when the next file begins.
            return isTrimmed;
        }
        return isTrimmed;
    }

    /**
     * Gives back what was allocated beyond the end of a file. Readers that have it mapped look at nothing beyond the
     * end mark.
     *
     * @param file that has ended.
     * @throws IOException if that is not possible.
     */
    static void cutSpare(final Path file) throws IOException
    {
        final CycleFile.Scan scan = CycleFile.scanEnd(file);
        if (scan.isSealed())
        {
            final long end = scan.end() + END_MARK_LENGTH;
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
            {
                channel.truncate((end + PAGE_LENGTH - 1) / PAGE_LENGTH * PAGE_LENGTH);
            }
        }
    }

    /**
     * Makes files durable. Mostly they are already.
     *
     * @param fromCycle first of them.
     * @param toCycle   behind the last of them.
     * @throws IOException if a device says that it cannot.
     */
    void force(final long fromCycle, final long toCycle) throws IOException
    {
        if (fromCycle < toCycle)
        {
            for (final Path file : CycleName.list(directory).subMap(fromCycle, toCycle).values())
            {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
                {
                    channel.force(true);
                }
            }
        }
    }
}
