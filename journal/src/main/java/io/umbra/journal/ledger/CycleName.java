package io.umbra.journal.ledger;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Names of a ledger's files. A cycle is a minute since 1970, a file is called after it, {@code 20261123-1000.cq4}, in
 * UTC.
 */
final class CycleName
{
    /** Length of a cycle. */
    static final long CYCLE_MS = 60_000L;

    /** Ends the name of a ledger's file. */
    static final String SUFFIX = ".cq4";

    /** Ends the name of a file that will become one. */
    static final String PRECREATED_SUFFIX = ".precreated";

    private static final DateTimeFormatter FORMAT =
        DateTimeFormatter.ofPattern(ChronicleSettings.ROLL_CYCLE.format()).withZone(ZoneOffset.UTC);

    private CycleName()
    {
    }

    static String of(final long cycle)
    {
        return FORMAT.format(Instant.ofEpochMilli(cycle * CYCLE_MS));
    }

    static Path file(final Path directory, final long cycle)
    {
        return directory.resolve(of(cycle) + SUFFIX);
    }

    /**
     * The cycle of a file.
     *
     * @param file with the suffix {@link #SUFFIX}.
     * @return its cycle, or -1 when the name is not one of ours.
     */
    static long parse(final Path file)
    {
        final String name = file.getFileName().toString();
        try
        {
            final String time = name.substring(0, name.length() - SUFFIX.length());
            return Instant.from(FORMAT.parse(time)).toEpochMilli() / CYCLE_MS;
        }
        catch (final DateTimeParseException ex)
        {
            return -1;
        }
    }

    /**
     * The files of a ledger in the order of their cycles. Others are left out.
     *
     * @param directory of the ledger.
     * @return path by cycle.
     * @throws IOException if the directory cannot be read.
     */
    static NavigableMap<Long, Path> list(final Path directory) throws IOException
    {
        final NavigableMap<Long, Path> files = new TreeMap<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory, "*" + SUFFIX))
        {
            for (final Path path : paths)
            {
                final long cycle = parse(path);
                if (cycle >= 0)
                {
                    files.put(cycle, path);
                }
            }
        }
        return files;
    }
}
