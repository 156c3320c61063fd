package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A checkpoint file in Kafka's format: version "0", number of entries, then lines "topic partition value". Digests use
 * the same format with a third value, in hexadecimal.
 */
final class OffsetCheckpointFile
{
    private static final String VERSION = "0";

    private OffsetCheckpointFile()
    {
    }

    static void write(final Path path, final Map<PartitionKey, String> values) throws IOException
    {
        final StringBuilder text = new StringBuilder(VERSION).append('\n').append(values.size()).append('\n');
        values.forEach(
            (key, value) -> text.append(key.topic()).append(' ').append(key.partition()).append(' ')
                .append(value).append('\n'));
        AtomicFile.write(
            SegmentFiles.SYSTEM, path, ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)), true);
    }

    /**
     * Reads a file.
     *
     * @return the values; none if there is no file.
     * @throws IOException if it is malformed.
     */
    static Map<PartitionKey, String> read(final Path path) throws IOException
    {
        final Map<PartitionKey, String> values = new TreeMap<>();
        final List<String> lines;
        try
        {
            lines = Files.readAllLines(path, StandardCharsets.UTF_8);
        }
        catch (final NoSuchFileException ex)
        {
            return values;
        }
        try
        {
            if (lines.size() < 2 || !VERSION.equals(lines.get(0)) || Integer.parseInt(lines.get(1)) != lines.size() - 2)
            {
                throw new IOException(path + " is not version 0 with its number of entries");
            }
            for (final String line : lines.subList(2, lines.size()))
            {
                final String[] parts = line.split(" ", 3);
                values.put(new PartitionKey(parts[0], Integer.parseInt(parts[1])), parts[2]);
            }
        }
        catch (final NumberFormatException | IndexOutOfBoundsException ex)
        {
            throw new IOException(path + " is malformed: " + ex.getMessage(), ex);
        }
        return values;
    }
}
