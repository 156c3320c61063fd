package io.umbra.transport.recording;

import io.aeron.archive.codecs.CatalogHeaderDecoder;
import io.aeron.archive.codecs.RecordingDescriptorDecoder;
import io.aeron.archive.codecs.RecordingDescriptorEncoder;
import io.aeron.archive.codecs.RecordingDescriptorHeaderDecoder;
import io.aeron.archive.codecs.RecordingDescriptorHeaderEncoder;
import io.aeron.archive.codecs.RecordingState;
import org.agrona.BitUtil;
import org.agrona.SemanticVersion;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/**
 * The files of an Aeron Archive, without the archive's help: the catalog, and which segments there are.
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
        final List<Recording> recordings = new ArrayList<>();
        forEachDescriptor(readCatalog(dir), (offset, header, descriptor) ->
        {
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
        });
        return recordings;
    }

    /**
     * One recording, as {@link #recordings} has it.
     *
     * @param dir         of the archive.
     * @param recordingId of the recording.
     * @return the recording.
     * @throws RecordingException also if there is none of this id.
     * @throws IOException        if the catalog cannot be read.
     */
    public static Recording recording(final Path dir, final long recordingId) throws IOException
    {
        return recordings(dir).stream()
            .filter((recording) -> recording.id() == recordingId)
            .findFirst()
            .orElseThrow(() -> new RecordingException("the catalog in " + dir + " lacks recording " + recordingId));
    }

    /**
     * Say in the catalog where a recording ends, and that it ended now. Only while nobody records there.
     *
     * @param dir          of the archive.
     * @param recordingId  of the recording.
     * @param stopPosition behind its last frame.
     * @throws IOException if the catalog cannot be read or written.
     */
    static void stop(final Path dir, final long recordingId, final long stopPosition) throws IOException
    {
        final byte[] catalog = readCatalog(dir);
        try (FileChannel channel = FileChannel.open(dir.resolve(CATALOG), StandardOpenOption.WRITE))
        {
            forEachDescriptor(catalog, (offset, header, descriptor) ->
            {
                if (recordingId == descriptor.recordingId())
                {
                    final int bodyOffset = offset + RecordingDescriptorHeaderDecoder.BLOCK_LENGTH;
                    new RecordingDescriptorEncoder().wrap(new UnsafeBuffer(catalog), bodyOffset)
                        .stopPosition(stopPosition)
                        .stopTimestamp(System.currentTimeMillis());
                    final CRC32C crc = new CRC32C();
                    crc.update(catalog, bodyOffset, header.length());
                    new RecordingDescriptorHeaderEncoder().wrap(new UnsafeBuffer(catalog), offset)
                        .checksum((int)crc.getValue());
                    final ByteBuffer changed = ByteBuffer.wrap(
                        catalog, offset, RecordingDescriptorHeaderDecoder.BLOCK_LENGTH + header.length());
                    while (changed.hasRemaining())
                    {
                        channel.write(changed, changed.position());
                    }
                }
            });
            channel.force(false);
        }
    }

    private static byte[] readCatalog(final Path dir) throws IOException
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
        final CatalogHeaderDecoder header = header(new UnsafeBuffer(bytes));
        if (CATALOG_VERSION_MAJOR != SemanticVersion.major(header.version()) || header.alignment() <= 0)
        {
            throw new RecordingException(file + " is of version " + SemanticVersion.toString(header.version()) +
                ", this Umbra reads " + CATALOG_VERSION_MAJOR + ".x");
        }
        return bytes;
    }

    private static CatalogHeaderDecoder header(final UnsafeBuffer catalog)
    {
        return new CatalogHeaderDecoder().wrap(
            catalog, 0, CatalogHeaderDecoder.BLOCK_LENGTH, CatalogHeaderDecoder.SCHEMA_VERSION);
    }

    /** Gets the catalog's entries, one after the other. */
    private interface DescriptorHandler
    {
        void onDescriptor(int offset, RecordingDescriptorHeaderDecoder header, RecordingDescriptorDecoder descriptor)
            throws IOException;
    }

    private static void forEachDescriptor(final byte[] catalog, final DescriptorHandler handler) throws IOException
    {
        final UnsafeBuffer buffer = new UnsafeBuffer(catalog);
        final int alignment = header(buffer).alignment();
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
            handler.onDescriptor(offset, header, descriptor);
            offset += BitUtil.align(RecordingDescriptorHeaderDecoder.BLOCK_LENGTH + header.length(), alignment);
        }
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
