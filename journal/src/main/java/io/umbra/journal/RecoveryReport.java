package io.umbra.journal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What opening a partition log found and did. No finding: the log was as it had been left. */
public final class RecoveryReport
{
    /** What was found. */
    public enum Kind
    {
        /** The log ends within a batch: a write that a crash cut short. Cut off. */
        TORN_BATCH,
        /** A batch is not what was written: CRC, magic, lengths, order of offsets or epochs. Cut off from there. */
        CORRUPT_BATCH,
        /**
         * Headers that no CRC covers changed: the rolling digest differs from a known one. Cut back to a verified
         * point.
         */
        DIGEST_MISMATCH,
        /** Bytes that were once durable are gone: the log ends below the recovery point. */
        SHORT_LOG,
        /** A segment file is gone or empty. What lies above was set aside. */
        MISSING_SEGMENT,
        /** No index file. Rebuilt. */
        MISSING_INDEX,
        /** The index ends within an entry. Rebuilt. */
        TORN_INDEX,
        /** The index has entries that cannot be. Rebuilt. */
        CORRUPT_INDEX,
        /** An index without its segment. Removed. */
        ORPHAN_INDEX,
        /** No leader epoch file. Rebuilt. */
        MISSING_EPOCHS,
        /** The leader epoch file is malformed or contradicts the log. Rebuilt. */
        CORRUPT_EPOCHS,
        /** A producer snapshot is torn, corrupt or above the log's end. Removed, state rebuilt from the log. */
        CORRUPT_SNAPSHOT,
        /** The digest anchors are missing or malformed. Rebuilt as far as the log allows. */
        MISSING_DIGESTS,
        /** A temporary file that a crash left. Removed. */
        LEFTOVER_FILE
    }

    /**
     * One finding.
     *
     * @param kind     what was found.
     * @param file     in which.
     * @param offset   first offset concerned, -1 if there is none.
     * @param position in the file, -1 if there is none.
     * @param bytes    of log cut off, 0 if none were.
     * @param text     in words, with what was done.
     */
    public record Finding(Kind kind, Path file, long offset, long position, long bytes, String text)
    {
        @Override
        public String toString()
        {
            return kind + " " + file + (offset >= 0 ? " offset " + offset : "") +
                (position >= 0 ? " position " + position : "") + (bytes > 0 ? " bytes " + bytes : "") + ": " + text;
        }
    }

    private final List<Finding> findings = new ArrayList<>();
    private long cutBytes;
    private long batchesChecked;

    RecoveryReport()
    {
    }

    /** @return what was found, in the order in which it was. */
    public List<Finding> findings()
    {
        return List.copyOf(findings);
    }

    /**
     * Whether something of a kind was found.
     *
     * @param kind to look for.
     * @return true if it was.
     */
    public boolean has(final Kind kind)
    {
        return findings.stream().anyMatch((finding) -> finding.kind() == kind);
    }

    /** @return true if there was nothing to report. */
    public boolean isClean()
    {
        return findings.isEmpty();
    }

    /** @return bytes of log that were cut off. */
    public long cutBytes()
    {
        return cutBytes;
    }

    /** @return batches whose CRC was computed. */
    public long batchesChecked()
    {
        return batchesChecked;
    }

    void add(
        final Kind kind, final Path file, final long offset, final long position, final long bytes, final String text)
    {
        final Finding finding = new Finding(kind, file, offset, position, bytes, text);
        // Recovery starts over after a cut and then sees some things again.
        if (findings.stream().noneMatch((f) -> f.kind() == kind && f.file().equals(file) && f.position() == position))
        {
            findings.add(finding);
            cutBytes += bytes;
        }
    }

    void batchChecked()
    {
        batchesChecked++;
    }

    @Override
    public String toString()
    {
        return findings.isEmpty() ? "clean" : findings.toString();
    }
}
