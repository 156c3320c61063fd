package io.umbra.engine.status;

import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * How far the reading again of sealed segments is: {@code <journal.dir>/status/scrub.json}, which the scrubber replaces
 * as it goes on, and which stays when the engine has ended, so that the next one goes on from there.
 */
public final class ScrubStatusFile
{
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String NAME = "scrub.json";

    private ScrubStatusFile()
    {
    }

    /**
     * Replaces the file in one step; for one thread.
     *
     * @param journalDir of the journal.
     * @param scrub      to be told of.
     * @throws IOException if that is not possible; the file stays as it was.
     */
    public static void write(final Path journalDir, final StatusReport.Scrub scrub) throws IOException
    {
        final Path file = file(journalDir);
        final Path next = file.resolveSibling(NAME + ".next");
        Files.write(next, MAPPER.writeValueAsBytes(scrub));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Reads the file.
     *
     * @param journalDir of the journal.
     * @return what it says; as if disabled when there is none.
     * @throws IOException if the file cannot be read, or is damaged.
     */
    public static StatusReport.Scrub read(final Path journalDir) throws IOException
    {
        try
        {
            return MAPPER.readValue(Files.readAllBytes(file(journalDir)), StatusReport.Scrub.class);
        }
        catch (final NoSuchFileException ex)
        {
            return StatusReport.Scrub.NEVER;
        }
    }

    private static Path file(final Path journalDir)
    {
        return PartitionTable.file(journalDir).resolveSibling(NAME);
    }
}
