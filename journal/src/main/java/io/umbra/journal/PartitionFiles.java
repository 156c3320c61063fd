package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.TreeSet;
import java.util.UUID;

/** Names in a partition's directory, and the file <code>partition.metadata</code> (KIP-516). */
final class PartitionFiles
{
    static final String METADATA = "partition.metadata";
    private static final String TOPIC_ID_KEY = "topic_id: ";

    private PartitionFiles()
    {
    }

    /** Offsets of the files with a suffix: base offsets of segments or offsets of snapshots. */
    static TreeSet<Long> offsets(final Path directory, final String suffix) throws IOException
    {
        final TreeSet<Long> offsets = new TreeSet<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory))
        {
            for (final Path path : paths)
            {
                final long offset = offset(path.getFileName().toString(), suffix);
                if (offset >= 0)
                {
                    offsets.add(offset);
                }
            }
        }
        catch (final NoSuchFileException | NotDirectoryException ex)
        {
            return offsets;
        }
        return offsets;
    }

    /** The offset in a file name of 20 digits and a suffix, or -1 if it is none. */
    static long offset(final String name, final String suffix)
    {
        if (name.length() != 20 + suffix.length() || !name.endsWith(suffix))
        {
            return -1;
        }
        long offset = 0;
        for (int i = 0; i < 20; i++)
        {
            final char c = name.charAt(i);
            if (c < '0' || c > '9' || offset > (Long.MAX_VALUE - 9) / 10)
            {
                return -1;
            }
            offset = offset * 10 + (c - '0');
        }
        return offset;
    }

    static void writeMetadata(final SegmentFiles files, final Path directory, final UUID topicId) throws IOException
    {
        // As Kafka writes it: no line end after the id.
        final String text = "version: 0\n" + TOPIC_ID_KEY + encode(topicId);
        AtomicFile.write(
            files, directory.resolve(METADATA), ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), true);
    }

    /**
     * Reads the topic id.
     *
     * @return null if there is no such file.
     * @throws JournalException if it is malformed.
     */
    static UUID readMetadata(final Path directory) throws IOException
    {
        final Path path = directory.resolve(METADATA);
        try
        {
            for (final String line : Files.readAllLines(path, StandardCharsets.UTF_8))
            {
                if (line.startsWith(TOPIC_ID_KEY))
                {
                    return decode(line.substring(TOPIC_ID_KEY.length()).trim());
                }
            }
        }
        catch (final NoSuchFileException ex)
        {
            return null;
        }
        catch (final IllegalArgumentException ex)
        {
            throw new JournalException(path + " is malformed: " + ex.getMessage(), ex);
        }
        throw new JournalException(path + " has no topic id");
    }

    /** The text form of Kafka's Uuid: base64url without padding. */
    static String encode(final UUID id)
    {
        final ByteBuffer bytes = ByteBuffer.allocate(16);
        bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    }

    static UUID decode(final String text)
    {
        final byte[] bytes = Base64.getUrlDecoder().decode(text);
        if (bytes.length != 16)
        {
            throw new IllegalArgumentException("topic id '" + text + "' has " + bytes.length + " bytes, not 16");
        }
        final ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }
}
