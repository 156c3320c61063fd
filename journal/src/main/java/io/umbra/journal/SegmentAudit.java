package io.umbra.journal;

import io.umbra.journal.InvalidBatchException.Reason;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.IntConsumer;

/**
 * Reads the sealed segments of a partition's log again, whether they still hold what was journaled: the CRC-32C of
 * every batch, computed anew; the order of the offsets; and the rolling digest from anchor to anchor, which shows a
 * change in those fields of a header, too, that the batch's own CRC does not cover. From any process, and while the log
 * is written: sealed segments do not change, and one that is cut or deleted meanwhile is no finding. Nothing is
 * written. For one thread.
 */
public final class SegmentAudit
{
    private static final int MAX_FINDINGS = 10;

    private final Path directory;
    private final UUID topicId;
    private final DigestAnchors anchors = new DigestAnchors();
    private final List<Finding> findings = new ArrayList<>();
    private Segment segment;
    private long expectedOffset;
    private long digest;
    private long digestFrom;
    private boolean isDigestKnown;

    /**
     * A segment behind which another one begins.
     *
     * @param file           of its batches.
     * @param baseOffset     first offset that it may hold.
     * @param nextBaseOffset first offset that the next segment may hold.
     * @param sizeInBytes    of the file, 0 or more.
     */
    public record Segment(Path file, long baseOffset, long nextBaseOffset, long sizeInBytes)
    {
    }

    /**
     * Something that is not what was journaled.
     *
     * @param kind       of the finding.
     * @param offset     first offset concerned.
     * @param lastOffset last offset concerned.
     * @param position   in the file, in bytes.
     * @param text       one line for people.
     */
    public record Finding(Kind kind, long offset, long lastOffset, int position, String text)
    {
    }

    /** What a finding is. */
    public enum Kind
    {
        /** The bytes of a batch do not match the CRC-32C that it holds. */
        CORRUPT,
        /** The file cannot be read on from here, or holds bytes that are no batch. */
        UNREADABLE,
        /** Batches that are sound in themselves are not those that were journaled. */
        CHANGED
    }

    private SegmentAudit(final Path directory, final UUID topicId)
    {
        this.directory = directory;
        this.topicId = topicId;
    }

    /**
     * An audit of a partition's log.
     *
     * @param partitionDir directory of the partition.
     * @return the audit.
     * @throws NoSuchFileException if it is not that of a partition, or not any more.
     * @throws IOException         if it cannot be read.
     */
    public static SegmentAudit open(final Path partitionDir) throws IOException
    {
        final UUID topicId = PartitionFiles.readMetadata(partitionDir);
        if (topicId == null)
        {
            throw new NoSuchFileException(partitionDir.resolve(PartitionFiles.METADATA).toString());
        }
        return new SegmentAudit(partitionDir, topicId);
    }

    /** @return topic id. */
    public UUID topicId()
    {
        return topicId;
    }

    /**
     * The segments that are sealed at this moment.
     *
     * @return in the order of their offsets; all but the last one of the log.
     * @throws IOException if the directory cannot be read.
     */
    public List<Segment> sealed() throws IOException
    {
        final List<Segment> segments = new ArrayList<>();
        Long base = null;
        for (final Long next : PartitionFiles.offsets(directory, LogSegment.LOG_SUFFIX))
        {
            if (base != null)
            {
                addUnlessGone(segments, base, next);
            }
            base = next;
        }
        return segments;
    }

    private void addUnlessGone(final List<Segment> segments, final long base, final long next) throws IOException
    {
        final Path file = directory.resolve(LogSegment.fileName(base, LogSegment.LOG_SUFFIX));
        try
        {
            segments.add(new Segment(file, base, next, Files.size(file)));
        }
        catch (final NoSuchFileException ex)
        {
            // Retention may delete it at any time.
        }
    }

    /**
     * Reads a sealed segment. When something is found, it is read once more, since the log may have been cut meanwhile.
     *
     * @param sealed   to check.
     * @param progress is told the bytes that were read, batch by batch; may wait, so that no more are read than should
     *                 be. What it throws ends the check.
     * @return what was found, at most 10 in one segment; nothing if it is not there any more.
     * @throws IOException if the file cannot be opened.
     */
    public List<Finding> check(final Segment sealed, final IntConsumer progress) throws IOException
    {
        try
        {
            scan(sealed, progress);
            if (findings.isEmpty() || !sealed().contains(sealed))
            {
                return List.of();
            }
            final List<Finding> first = List.copyOf(findings);
            scan(sealed, progress);
            return sealed().contains(sealed) ? first.stream().filter(findings::contains).toList() : List.of();
        }
        catch (final NoSuchFileException ex)
        {
            return List.of();
        }
    }

    private void scan(final Segment sealed, final IntConsumer progress) throws IOException
    {
        segment = sealed;
        findings.clear();
        anchors.load(directory);
        final DigestAnchors.Anchor anchor = anchors.at(sealed.baseOffset());
        isDigestKnown = anchor != null;
        digest = isDigestKnown ? anchor.digest() : RollingDigest.SEED;
        digestFrom = sealed.baseOffset();
        expectedOffset = sealed.baseOffset();
        final SegmentScanner scanner = SegmentScanner.forThisThread();
        try (FileChannel channel = FileChannel.open(sealed.file(), StandardOpenOption.READ))
        {
            final long size = channel.size();
            scanner.wrap(channel, size, 0);
            while (findings.size() < MAX_FINDINGS && readBatch(scanner, channel, size))
            {
                progress.accept(scanner.header().sizeInBytes());
            }
        }
        if (findings.isEmpty())
        {
            compareDigest(sealed.nextBaseOffset(), (int)sealed.sizeInBytes());
        }
    }

    /** False at the end, and where it cannot go on. */
    private boolean readBatch(final SegmentScanner scanner, final FileChannel channel, final long size)
        throws IOException
    {
        try
        {
            if (scanner.advance(true))
            {
                return isInPlace(scanner.header(), (int)scanner.position());
            }
        }
        catch (final ClosedByInterruptException ex)
        {
            throw ex;
        }
        catch (final IOException ex)
        {
            unreadable((int)scanner.position(), "cannot be read: " + ex.getMessage());
            return false;
        }
        if (scanner.fault() == Reason.CRC)
        {
            final BatchHeader header = scanner.header();
            final long last = Math.min(Math.max(header.lastOffset(), expectedOffset), segment.nextBaseOffset() - 1);
            findings.add(
                new Finding(Kind.CORRUPT, expectedOffset, last, (int)scanner.position(), scanner.text()));
            expectedOffset = last + 1;
            scanner.wrap(channel, size, scanner.position() + header.sizeInBytes());
            return true;
        }
        if (scanner.fault() != null)
        {
            unreadable((int)scanner.position(), scanner.text());
        }
        return false;
    }

    private boolean isInPlace(final BatchHeader header, final int position)
    {
        if (header.baseOffset < expectedOffset || header.lastOffset() >= segment.nextBaseOffset())
        {
            findings.add(new Finding(
                Kind.CHANGED, expectedOffset, segment.nextBaseOffset() - 1, position, "a batch of offsets " +
                header.baseOffset + " to " + header.lastOffset() + " where offsets " + expectedOffset + " to " +
                (segment.nextBaseOffset() - 1) + " are expected"));
            return false;
        }
        // A base offset that has changed may still be in order: the digest knows.
        compareDigest(expectedOffset, position);
        digest = RollingDigest.update(digest, header);
        expectedOffset = header.lastOffset() + 1;
        return true;
    }

    /** Where there is an anchor, the digest is known from outside of the log. */
    private void compareDigest(final long offset, final int position)
    {
        final DigestAnchors.Anchor anchor = anchors.at(offset);
        if (!findings.isEmpty() || anchor == null || offset <= digestFrom)
        {
            return;
        }
        if (isDigestKnown && anchor.digest() != digest)
        {
            findings.add(new Finding(Kind.CHANGED, digestFrom, offset - 1, position, String.format(
                "rolling digest of the batch headers up to here is %016x, it was %016x when they were journaled",
                digest, anchor.digest())));
        }
        isDigestKnown = true;
        digest = anchor.digest();
        digestFrom = offset;
    }

    private void unreadable(final int position, final String text)
    {
        findings.add(new Finding(
            Kind.UNREADABLE, expectedOffset, Math.max(expectedOffset, segment.nextBaseOffset() - 1), position, text));
    }
}
