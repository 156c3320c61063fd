package io.umbra.rig;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Compares two directories of one partition byte for byte: the whole batches of all segments, put end to end. Where the
 * segments begin and end need not be the same. At the source, bytes after the last whole batch are taken for
 * preallocated space; at the shadow they are a difference.
 */
final class LogCompare
{
    private static final int CHUNK_BYTES = 1 << 20;
    private final ByteBuffer sourceChunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    private final ByteBuffer shadowChunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    private final boolean allowsLaterStart;

    /** What was found: where in the shadow's bytes, at which offset, and what. */
    record Finding(long position, long offset, String text)
    {
    }

    LogCompare(final boolean allowsLaterStart)
    {
        this.allowsLaterStart = allowsLaterStart;
    }

    /** The first difference, if there is one. */
    Optional<Finding> compare(final Path sourceDir, final Path shadowDir) throws IOException
    {
        if (!Files.isDirectory(sourceDir))
        {
            return found(0, -1, "the source's directory " + sourceDir + " does not exist");
        }
        if (!Files.isDirectory(shadowDir))
        {
            return found(0, -1, "the shadow's directory " + shadowDir + " does not exist");
        }
        final LogScan source = LogScan.of(sourceDir);
        final LogScan shadow = LogScan.of(shadowDir);
        final Optional<Finding> torn = trailingBytes(shadow);
        return torn.isPresent() ? torn : compareScans(source, sourceDir, shadow, shadowDir);
    }

    private static Optional<Finding> trailingBytes(final LogScan shadow)
    {
        long position = 0;
        for (final LogScan.Segment segment : shadow.segments())
        {
            position += segment.validBytes();
            if (segment.fileBytes() > segment.validBytes())
            {
                return found(position, shadow.endOffset(), segment.file() + " has " +
                    (segment.fileBytes() - segment.validBytes()) + " bytes after position " + segment.validBytes() +
                    " that are no whole batch");
            }
        }
        return Optional.empty();
    }

    private Optional<Finding> compareScans(
        final LogScan source, final Path sourceDir, final LogScan shadow, final Path shadowDir) throws IOException
    {
        if (0 == source.validBytes() && 0 == shadow.validBytes())
        {
            return Optional.empty();
        }
        if (0 == shadow.validBytes())
        {
            return found(0, source.firstOffset(),
                "the shadow is empty, the source has " + source.validBytes() + " bytes");
        }
        if (0 == source.validBytes())
        {
            return found(0, shadow.firstOffset(),
                "the source is empty, the shadow has " + shadow.validBytes() + " bytes");
        }
        if (shadow.firstOffset() > source.firstOffset() && !allowsLaterStart)
        {
            return found(0, source.firstOffset(),
                "the shadow begins at " + shadow.firstOffset() + ", the source at " + source.firstOffset());
        }
        // The source may have dropped what the shadow still has: compare from where both have begun.
        final long start = Math.max(source.firstOffset(), shadow.firstOffset());
        final long sourcePosition = positionOf(sourceDir, start);
        final long shadowPosition = positionOf(shadowDir, start);
        if (sourcePosition < 0 || shadowPosition < 0)
        {
            return found(0, start,
                "no batch begins at " + start + " in the " + (sourcePosition < 0 ? "source" : "shadow"));
        }
        return compareBytes(new Side(source, sourcePosition), new Side(shadow, shadowPosition), shadowDir);
    }

    private record Side(LogScan scan, long position)
    {
    }

    private Optional<Finding> compareBytes(final Side source, final Side shadow, final Path shadowDir)
        throws IOException
    {
        try (LogBytes sourceBytes = new LogBytes(source.scan(), source.position());
            LogBytes shadowBytes = new LogBytes(shadow.scan(), shadow.position()))
        {
            long position = shadow.position();
            do
            {
                sourceBytes.read(sourceChunk);
                shadowBytes.read(shadowChunk);
                final int mismatch = sourceChunk.mismatch(shadowChunk);
                if (mismatch >= 0)
                {
                    final long at = position + mismatch;
                    return mismatch == shadowChunk.limit() || mismatch == sourceChunk.limit() ?
                        found(at, Math.min(source.scan().endOffset(), shadow.scan().endOffset()),
                            "the shadow ends at offset " + shadow.scan().endOffset() + ", the source at " +
                            source.scan().endOffset()) :
                        found(at, offsetAt(shadowDir, at), "first different byte");
                }
                position += sourceChunk.limit();
            }
            while (sourceChunk.limit() > 0);
            return Optional.empty();
        }
    }

    private static Optional<Finding> found(final long position, final long offset, final String text)
    {
        return Optional.of(new Finding(position, offset, text));
    }

    /** Position of the batch that begins at this offset, or -1. */
    private static long positionOf(final Path dir, final long offset) throws IOException
    {
        final long[] found = {-1};
        LogScan.of(dir, (position, base, last) -> found[0] = base == offset ? position : found[0]);
        return found[0];
    }

    /** Base offset of the batch that holds this position. */
    private static long offsetAt(final Path dir, final long wanted) throws IOException
    {
        final long[] found = {-1};
        LogScan.of(dir, (position, base, last) -> found[0] = position <= wanted ? base : found[0]);
        return found[0];
    }
}
