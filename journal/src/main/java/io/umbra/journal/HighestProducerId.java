package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The highest producer id that a journal has seen, in the file <code>highest-producer-id</code> at its root: version
 * "0", then the id, a line each. Producer snapshots do not tell, since producers are forgotten in them after a day.
 */
final class HighestProducerId
{
    static final String FILE_NAME = "highest-producer-id";
    private static final String VERSION = "0";

    private HighestProducerId()
    {
    }

    static boolean exists(final Path journalDir)
    {
        return Files.exists(journalDir.resolve(FILE_NAME));
    }

    static void write(final Path journalDir, final long producerId) throws IOException
    {
        final String text = VERSION + "\n" + producerId + "\n";
        AtomicFile.write(
            SegmentFiles.SYSTEM,
            journalDir.resolve(FILE_NAME),
            ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)),
            true);
    }

    /** What is in the file; without one, the highest id in the snapshots of all logs that are there. */
    static long read(final Path journalDir) throws IOException
    {
        final Path path = journalDir.resolve(FILE_NAME);
        try
        {
            final List<String> lines = Files.readAllLines(path, StandardCharsets.ISO_8859_1);
            if (lines.size() != 2 || !VERSION.equals(lines.get(0)))
            {
                throw new IOException(path + " is not version 0 with one number");
            }
            return Long.parseLong(lines.get(1));
        }
        catch (final NoSuchFileException ex)
        {
            return inSnapshots(journalDir);
        }
        catch (final NumberFormatException ex)
        {
            throw new IOException(path + " is malformed: " + ex.getMessage(), ex);
        }
    }

    static long inSnapshots(final Path journalDir) throws IOException
    {
        long highest = BatchHeader.NO_PRODUCER_ID;
        for (final PartitionKey key : JournalDirectory.partitions(journalDir))
        {
            final Path directory = journalDir.resolve(key.toString());
            for (final long offset : PartitionFiles.offsets(directory, ProducerSnapshot.SUFFIX))
            {
                highest = Math.max(highest, highestIn(
                    directory.resolve(LogSegment.fileName(offset, ProducerSnapshot.SUFFIX))));
            }
        }
        return highest;
    }

    private static long highestIn(final Path snapshot) throws IOException
    {
        try
        {
            final ProducerState state = ProducerSnapshot.read(snapshot);
            return state == null ? BatchHeader.NO_PRODUCER_ID : state.highestProducerId();
        }
        catch (final NoSuchFileException ex)
        {
            // Dropped meanwhile: a newer one has what counts.
            return BatchHeader.NO_PRODUCER_ID;
        }
    }
}
