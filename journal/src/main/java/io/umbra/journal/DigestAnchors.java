package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The rolling digest at points of a partition log, kept in the file <code>digest-anchors</code> of the partition: at
 * the base of every segment, and now and then within the active one. From them the digest can be computed after a crash
 * without reading the log from its first batch, which may be long deleted; and a header that changed on disk shows, in
 * those fields too that the batch's own CRC does not cover. They also tell which segments there must be, and what is in
 * their transaction indexes: a file of which neither absence nor content shows that something is missing.
 * <p>
 * Text: version "1", number of entries, lines "offset digest(hex) segment|behind-gap|point txnIndexCrc(hex)", and last
 * "crc " + CRC-32C (hex) of all before.
 */
final class DigestAnchors
{
    static final String FILE_NAME = "digest-anchors";

    private final TreeMap<Long, Anchor> anchors = new TreeMap<>();

    /**
     * What is known at an offset.
     *
     * @param digest      of the log.
     * @param segmentBase whether a segment begins here.
     * @param behindGap   whether that segment begins here because what is before it was passed over: while it is empty
     *                    the log ends here, not at its last batch.
     * @param txnIndexCrc CRC-32C of the transaction index, up to here, of the segment that ends here or goes on.
     */
    record Anchor(long digest, boolean segmentBase, boolean behindGap, int txnIndexCrc)
    {
        private static final String SEGMENT = "segment";
        private static final String BEHIND_GAP = "behind-gap";
        private static final String POINT = "point";

        Anchor atSegment(final boolean isBehindGap)
        {
            return new Anchor(digest, true, isBehindGap, txnIndexCrc);
        }

        private String kind()
        {
            return !segmentBase ? POINT : behindGap ? BEHIND_GAP : SEGMENT;
        }

        Anchor asPoint()
        {
            return new Anchor(digest, false, false, txnIndexCrc);
        }
    }

    NavigableMap<Long, Anchor> all()
    {
        return anchors;
    }

    void addSegment(final long offset, final long digest, final int txnIndexCrc)
    {
        anchors.put(offset, new Anchor(digest, true, false, txnIndexCrc));
    }

    /** Adds a point within a segment; of the earlier points only the newest stay. */
    void addPoint(final long offset, final long digest, final int txnIndexCrc)
    {
        if (!anchors.containsKey(offset))
        {
            anchors.put(offset, new Anchor(digest, false, false, txnIndexCrc));
            final List<Long> points = new ArrayList<>(anchors.keySet());
            points.removeIf((point) -> anchors.get(point).segmentBase());
            points.subList(0, Math.max(0, points.size() - LogState.SNAPSHOT_POINTS)).forEach(anchors::remove);
        }
    }

    void removePoints()
    {
        anchors.values().removeIf((anchor) -> !anchor.segmentBase());
    }

    Map.Entry<Long, Anchor> floor(final long offset)
    {
        return anchors.floorEntry(offset);
    }

    Anchor at(final long offset)
    {
        return anchors.get(offset);
    }

    boolean removeBelow(final long offset)
    {
        final NavigableMap<Long, Anchor> below = anchors.headMap(offset, false);
        final boolean changed = !below.isEmpty();
        below.clear();
        return changed;
    }

    boolean removeAbove(final long offset)
    {
        final NavigableMap<Long, Anchor> above = anchors.tailMap(offset, false);
        final boolean changed = !above.isEmpty();
        above.clear();
        return changed;
    }

    void write(final SegmentFiles files, final Path directory, final boolean force) throws IOException
    {
        final StringBuilder text = new StringBuilder("1\n").append(anchors.size()).append('\n');
        anchors.forEach(
            (offset, anchor) -> text.append(offset).append(' ').append(Long.toHexString(anchor.digest()))
                .append(' ').append(anchor.kind()).append(' ')
                .append(Integer.toHexString(anchor.txnIndexCrc())).append('\n'));
        final int crc = crc(text.toString());
        text.append("crc ").append(Integer.toHexString(crc)).append('\n');
        AtomicFile.write(
            files,
            directory.resolve(FILE_NAME),
            ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)),
            force);
    }

    /**
     * Reads the file.
     *
     * @return null, or what is wrong with it; then there are no anchors.
     */
    String load(final Path directory) throws IOException
    {
        anchors.clear();
        final String text;
        try
        {
            text = Files.readString(directory.resolve(FILE_NAME), StandardCharsets.ISO_8859_1);
        }
        catch (final NoSuchFileException ex)
        {
            return "missing";
        }
        final int crcAt = text.lastIndexOf("crc ");
        try
        {
            if (crcAt < 0 ||
                Integer.parseUnsignedInt(text.substring(crcAt + 4).trim(), 16) != crc(text.substring(0, crcAt)))
            {
                return "torn or corrupt";
            }
            final List<String> lines = text.substring(0, crcAt).lines().toList();
            if (!"1".equals(lines.get(0)))
            {
                return "unknown version " + lines.get(0);
            }
            for (final String line : lines.subList(2, lines.size()))
            {
                final String[] parts = line.split(" ");
                anchors.put(
                    Long.parseLong(parts[0]),
                    new Anchor(
                        Long.parseUnsignedLong(parts[1], 16),
                        !Anchor.POINT.equals(parts[2]),
                        Anchor.BEHIND_GAP.equals(parts[2]),
                        Integer.parseUnsignedInt(parts[3], 16)));
            }
            return null;
        }
        catch (final NumberFormatException | IndexOutOfBoundsException ex)
        {
            anchors.clear();
            return "malformed";
        }
    }

    private static int crc(final String text)
    {
        final CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return (int)crc.getValue();
    }
}
