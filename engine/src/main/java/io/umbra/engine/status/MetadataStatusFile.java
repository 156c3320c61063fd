package io.umbra.engine.status;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * How the tasks are that read the source's metadata: {@code <journal.dir>/status/metadata.json}, which the metadata
 * thread replaces whenever a task has looked, and which stays when the engine has ended.
 */
public final class MetadataStatusFile
{
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final TypeReference<List<StatusReport.Metadata>> ROWS = new TypeReference<>()
    {
    };
    private static final String NAME = "metadata.json";

    private MetadataStatusFile()
    {
    }

    /**
     * Replaces the file in one step; for one thread.
     *
     * @param journalDir of the journal.
     * @param tasks      to be told of.
     * @throws IOException if that is not possible; the file stays as it was.
     */
    public static void write(final Path journalDir, final List<StatusReport.Metadata> tasks) throws IOException
    {
        final Path file = file(journalDir);
        final Path next = file.resolveSibling(NAME + ".next");
        Files.write(next, MAPPER.writerFor(ROWS).writeValueAsBytes(tasks));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Reads the file.
     *
     * @param journalDir of the journal.
     * @return a row for each task; none when no engine has run.
     * @throws IOException if the file cannot be read, or is damaged.
     */
    static List<StatusReport.Metadata> read(final Path journalDir) throws IOException
    {
        try
        {
            return MAPPER.readValue(Files.readAllBytes(file(journalDir)), ROWS);
        }
        catch (final NoSuchFileException ex)
        {
            return List.of();
        }
    }

    private static Path file(final Path journalDir)
    {
        return PartitionTable.file(journalDir).resolveSibling(NAME);
    }
}
