package io.umbra.transport.recording;

import io.aeron.archive.codecs.CatalogHeaderDecoder;
import io.aeron.archive.codecs.RecordingDescriptorDecoder;
import io.aeron.archive.codecs.RecordingDescriptorHeaderDecoder;
import io.aeron.archive.codecs.RecordingState;
import org.agrona.BitUtil;
import org.agrona.SemanticVersion;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The files of an Aeron Archive, read without a word to the archive: the catalog, and which segments there are.
 */
public final class ArchiveDirectory
{
    static final String CATALOG = "archive.catalog";
    static final String SEGMENT_SUFFIX = ".rec";
    private static final int CATALOG_VERSION_MAJOR = 3;

    private ArchiveDirectory()
    {
    }

    /**
     * Whether there is an archive.
     *
     * @param dir of the archive.
     * @return true if it has a catalog.
     */
    public static boolean exists(final Path dir)
    {
        return Files.isRegularFile(dir.resolve(CATALOG));
    }

    /**
     * All recordings that were not deleted.
     *
     * @param dir of the archive.
     * @return by id.
     * @throws RecordingException if there is no archive, or it was written by a version that is not understood.
     * @throws IOException        if the catalog cannot be read.
     */
    public static List<Recording> recordings(final Path dir) throws IOException
    {
        final Path file = dir.resolve(CATALOG);
        final byte[] bytes;
        try
        {
            bytes = Files.readAllBytes(file);
        }
        catch (final NoSuchFileException ex)
        {
            throw new RecordingException("there is no archive in " + dir + ": " + CATALOG + " is missing");
        }
        if (bytes.length < CatalogHeaderDecoder.BLOCK_LENGTH)
        {
            throw new RecordingException(file + " is damaged: it has " + bytes.length + " bytes");
        }
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        final CatalogHeaderDecoder header = new CatalogHeaderDecoder().wrap(
            buffer, 0, CatalogHeaderDecoder.BLOCK_LENGTH, CatalogHeaderDecoder.SCHEMA_VERSION);
        if (CATALOG_VERSION_MAJOR != SemanticVersion.major(header.version()) || header.alignment() <= 0)
        {
            throw new RecordingException(file + " is of version " + SemanticVersion.toString(header.version()) +
                ", this Umbra reads " + CATALOG_VERSION_MAJOR + ".x");
        }
        return recordings(buffer, header.alignment());
    }

    private static List<Recording> recordings(final UnsafeBuffer buffer, final int alignment)
    {
        final List<Recording> recordings = new ArrayList<>();
        final RecordingDescriptorHeaderDecoder header = new RecordingDescriptorHeaderDecoder();
        final RecordingDescriptorDecoder descriptor = new RecordingDescriptorDecoder();
        int offset = CatalogHeaderDecoder.BLOCK_LENGTH;
        while (offset + RecordingDescriptorHeaderDecoder.BLOCK_LENGTH + RecordingDescriptorDecoder.BLOCK_LENGTH <=
            buffer.capacity())
        {
            header.wrap(buffer, offset, RecordingDescriptorHeaderDecoder.BLOCK_LENGTH,
                RecordingDescriptorHeaderDecoder.SCHEMA_VERSION);
            if (header.length() <= 0)
            {
                break;
            }
            descriptor.wrap(buffer, offset + RecordingDescriptorHeaderDecoder.BLOCK_LENGTH,
                RecordingDescriptorDecoder.BLOCK_LENGTH, RecordingDescriptorDecoder.SCHEMA_VERSION);
            if (RecordingState.VALID == header.state())
            {
                recordings.add(new Recording(
                    descriptor.recordingId(),
                    descriptor.streamId(),
                    descriptor.startPosition(),
                    descriptor.stopPosition(),
                    descriptor.startTimestamp(),
                    descriptor.stopTimestamp(),
                    descriptor.initialTermId(),
                    descriptor.segmentFileLength(),
                    descriptor.termBufferLength(),
                    descriptor.mtuLength()));
            }
            offset += BitUtil.align(RecordingDescriptorHeaderDecoder.BLOCK_LENGTH + header.length(), alignment);
        }
        return recordings;
    }

    /**
     * The files of a recording that are there.
     *
     * @param dir         of the archive.
     * @param recordingId of the recording.
     * @return the position at which each begins.
     * @throws IOException if the directory cannot be read.
     */
    public static NavigableSet<Long> segments(final Path dir, final long recordingId) throws IOException
    {
        final NavigableSet<Long> bases = new TreeSet<>();
        final String prefix = recordingId + "-";
        final Predicate<String> isSegment = (name) -> name.startsWith(prefix) && name.endsWith(SEGMENT_SUFFIX);
        try (DirectoryStream<Path> files =
            Files.newDirectoryStream(dir, (path) -> isSegment.test(path.getFileName().toString())))
        {
            for (final Path path : files)
            {
                final String name = path.getFileName().toString();
                final String position = name.substring(prefix.length(), name.length() - SEGMENT_SUFFIX.length());
                if (position.matches("\\d{1,19}"))
                {
                    bases.add(Long.parseLong(position));
                }
            }
        }
        return bases;
    }

    /**
     * The file of a recording that begins at a position.
     *
     * @param dir         of the archive.
     * @param recordingId of the recording.
     * @param base        at which it begins.
     * @return its path; it need not exist.
     */
    public static Path segment(final Path dir, final long recordingId, final long base)
    {
        return dir.resolve(recordingId + "-" + base + SEGMENT_SUFFIX);
    }
}
