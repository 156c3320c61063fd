package io.umbra.engine.status;

import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * How the flight recorder is: {@code <journal.dir>/status/recorder.json}, replaced whenever that changes, and there
 * still when the engine has ended.
 */
public final class RecorderStatusFile
{
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String NAME = "recorder.json";

    private RecorderStatusFile()
    {
    }

    /**
     * Replaces the file in one step; for one thread at a time.
     *
     * @param journalDir of the journal.
     * @param recorder   to be told of.
     * @throws IOException if that is not possible; the file stays as it was.
     */
    public static void write(final Path journalDir, final StatusReport.Recorder recorder) throws IOException
    {
        final Path file = file(journalDir);
        final Path next = file.resolveSibling(NAME + ".next");
        Files.write(next, MAPPER.writeValueAsBytes(recorder));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Reads the file.
     *
     * @param journalDir of the journal.
     * @return how the recorder is; off when no engine has run.
     * @throws IOException if the file cannot be read, or is damaged.
     */
    static StatusReport.Recorder read(final Path journalDir) throws IOException
    {
        try
        {
            return MAPPER.readValue(Files.readAllBytes(file(journalDir)), StatusReport.Recorder.class);
        }
        catch (final NoSuchFileException ex)
        {
            return StatusReport.Recorder.OFF;
        }
    }

    private static Path file(final Path journalDir)
    {
        return PartitionTable.file(journalDir).resolveSibling(NAME);
    }
}
