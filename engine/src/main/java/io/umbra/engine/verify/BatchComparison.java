package io.umbra.engine.verify;

import io.umbra.journal.BatchView;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares two batches with the same base offset.
 */
final class BatchComparison
{
    private static final int HEADER_LENGTH = 61;

    private final boolean isDeep;
    private final List<String> findings = new ArrayList<>();
    private boolean isCorrupt;

    /**
     * Compares in one way.
     *
     * @param isDeep whether to compare every byte, rather than those of the header.
     */
    BatchComparison(final boolean isDeep)
    {
        this.isDeep = isDeep;
    }

    /**
     * Compares.
     *
     * @param shadow batch of the shadow.
     * @param source at the batch of the source.
     * @return whether they are the same and the shadow's is sound.
     */
    boolean isSame(final BatchView shadow, final SourceCursor source)
    {
        findings.clear();
        differ("last offset", shadow.lastOffset(), source.lastOffset());
        differ("size", shadow.sizeInBytes(), source.sizeInBytes());
        differ("leader epoch", shadow.leaderEpoch(), source.leaderEpoch());
        if (shadow.crc() != source.crc())
        {
            findings.add("stored CRC-32C is " + hex(shadow.crc()) + ", at the source " + hex(source.crc()));
        }
        final int computed = shadow.computeCrc();
        isCorrupt = computed != shadow.crc();
        if (isCorrupt)
        {
            findings.add("stored CRC-32C is " + hex(shadow.crc()) + ", that of its bytes " + hex(computed));
        }
        compareBytes(shadow.buffer(), source.bytes());
        return findings.isEmpty();
    }

    /**
     * Whether the shadow's batch of the last comparison is not sound in itself.
     */
    boolean isCorrupt()
    {
        return isCorrupt;
    }

    /**
     * What the last comparison found.
     */
    String text()
    {
        return String.join("; ", findings);
    }

    private void compareBytes(final ByteBuffer shadow, final ByteBuffer source)
    {
        if (!isDeep)
        {
            shadow.limit(HEADER_LENGTH);
            source.limit(HEADER_LENGTH);
        }
        final int mismatch = shadow.mismatch(source);
        // What the header's fields say already need not be said again, but nothing else may be passed over.
        if (mismatch >= 0 && (isDeep || findings.isEmpty()))
        {
            findings.add(mismatch < Math.min(shadow.limit(), source.limit()) ?
                "byte " + mismatch + " of the batch is " + hex(shadow.get(mismatch)) + ", at the source " +
                    hex(source.get(mismatch)) :
                "one is the beginning of the other");
        }
    }

    private void differ(final String what, final long shadow, final long source)
    {
        if (shadow != source)
        {
            findings.add(what + " is " + shadow + ", at the source " + source);
        }
    }

    private static String hex(final int value)
    {
        return String.format("%08x", value);
    }

    private static String hex(final byte value)
    {
        return String.format("%02x", value);
    }
}
