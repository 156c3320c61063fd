package io.umbra.jmh.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Folders of a benchmark.
 */
final class Folders
{
    private Folders()
    {
    }

    /** Deletes a folder and all in it; one that is not there is fine. */
    static void delete(final Path folder) throws IOException
    {
        if (Files.exists(folder))
        {
            try (Stream<Path> files = Files.walk(folder))
            {
                for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
                {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** Bytes of a topic's segment files below a broker's log directory. */
    static long segmentBytes(final Path logDir, final String topic)
    {
        return segments(logDir, topic).stream().mapToLong((file) -> file.toFile().length()).sum();
    }

    /** A topic's segment files below a broker's log directory. */
    static List<Path> segments(final Path logDir, final String topic)
    {
        final List<Path> segments = new ArrayList<>();
        // Other topics' folders may be going meanwhile.
        try (DirectoryStream<Path> partitions = Files.newDirectoryStream(logDir, topic + "-*"))
        {
            for (final Path partition : partitions)
            {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(partition, "*.log"))
                {
                    files.forEach(segments::add);
                }
            }
            return segments;
        }
        catch (final DirectoryIteratorException | NoSuchFileException ex)
        {
            // A folder that is being renamed for deletion, or created.
            return List.of();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }
}
