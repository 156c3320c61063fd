package io.umbra.journal.ledger;

import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Copies the whole entries of a damaged file into a new one, with Chronicle Queue in a directory of its own, so that
 * the new file's index is right too. Entries keep their indexes.
 */
final class LedgerSalvage
{
    private static final String DIRECTORY = "salvage";

    private LedgerSalvage()
    {
    }

    /**
     * Makes the new file.
     *
     * @param directory of the ledger.
     * @param file      that is damaged.
     * @param cycle     of the file.
     * @param scan      of the file.
     * @param isToSeal  whether the new file is to end with the end mark.
     * @return the new file, in a directory of its own below the ledger's.
     * @throws IOException if there is no room for it, or it cannot be written.
     */
    static Path copyEntries(
        final Path directory, final Path file, final long cycle, final CycleFile.Scan scan, final boolean isToSeal)
        throws IOException
    {
        final Path work = directory.resolve(DIRECTORY);
        Files.createDirectories(work);
        final Path salvaged = CycleName.file(work, cycle);
        LedgerTable.create(work);
        // The index may lie otherwise in the new file, but it does not need more room.
        final Path precreated = work.resolve(CycleName.of(cycle) + CycleName.PRECREATED_SUFFIX);
        CycleRoom.create(precreated, scan.end() + LedgerFiles.RESERVE).close();
        final RollClock clock = new RollClock(() -> 0, LedgerRoll.MINUTELY);
        clock.cycle(cycle);
        try (SingleChronicleQueue queue = ChronicleSettings.builder(work).timeProvider(clock).build();
            ExcerptAppender appender = queue.createAppender())
        {
            final ByteBuffer entry = ByteBuffer.allocateDirect(MetadataEntryEncoder.MAX_ENTRY_LENGTH);
            final Bytes<ByteBuffer> bytes = Bytes.wrapForRead(entry);
            CycleFile.scan(file, (buffer, offset, length) ->
            {
                entry.put(0, buffer, offset, length);
                bytes.readPositionRemaining(0, length);
                appender.writeBytes(bytes);
            });
            bytes.releaseLast();
        }
        if (isToSeal)
        {
            CycleFile.seal(salvaged, CycleFile.scan(salvaged).end());
        }
        return salvaged;
    }

    /**
     * Removes what a salvage left behind, whether it ended or not.
     *
     * @param directory of the ledger.
     * @throws IOException if that is not possible.
     */
    static void removeLeftovers(final Path directory) throws IOException
    {
        final Path work = directory.resolve(DIRECTORY);
        if (Files.isDirectory(work))
        {
            try (DirectoryStream<Path> paths = Files.newDirectoryStream(work))
            {
                for (final Path path : paths)
                {
                    Files.delete(path);
                }
            }
            Files.delete(work);
        }
    }
}
