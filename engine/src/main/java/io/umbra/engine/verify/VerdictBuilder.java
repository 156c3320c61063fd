package io.umbra.engine.verify;

import io.umbra.engine.verify.Difference.Kind;
import io.umbra.journal.BatchView;
import io.umbra.journal.RollingDigest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects what is found out about one partition. Keeps the first differences only, and counts the others.
 */
final class VerdictBuilder
{
    private static final int MAX_DIFFERENCES = 10;

    private final String topic;
    private final int partition;
    private final List<String> notes = new ArrayList<>();
    private final List<Difference> differences = new ArrayList<>();
    private long moreDifferences;
    private long firstOffset = -1;
    private long endOffset = -1;
    private long batches;
    private long bytes;
    private long digest = RollingDigest.SEED;
    private long shadowStart = -1;
    private long shadowEnd = -1;
    private long sourceStart = -1;
    private long sourceEnd = -1;
    private CleanupPolicy policy = CleanupPolicy.unknown(null);
    private long identicalBatches;
    private long records;
    private long removedBatches;
    private long removedRecords;
    private long firstRemoved = -1;
    private long lastRemoved = -1;
    private String error;

    VerdictBuilder(final String topic, final int partition)
    {
        this.topic = topic;
        this.partition = partition;
    }

    void shadow(final long logStartOffset, final long end)
    {
        shadowStart = logStartOffset;
        shadowEnd = end;
    }

    void source(final long logStartOffset, final long highWatermark)
    {
        sourceStart = logStartOffset;
        sourceEnd = highWatermark;
    }

    void note(final String text)
    {
        notes.add(text);
    }

    void error(final String text)
    {
        error = text;
    }

    /** What the source does with old records: decides how to compare. */
    void policy(final CleanupPolicy cleanupPolicy)
    {
        policy = cleanupPolicy;
        if (policy.problem() != null)
        {
            note("cleanup.policy is not known (" + policy.problem() +
                "): compared as if the source never compacted the topic");
        }
    }

    /** A batch that both have; also where it differs. */
    void compared(final BatchView batch, final boolean isIdentical)
    {
        identicalBatches += isIdentical ? 1 : 0;
        if (firstOffset < 0)
        {
            firstOffset = batch.baseOffset();
        }
        endOffset = batch.lastOffset() + 1;
        batches++;
        bytes += batch.sizeInBytes();
        digest = RollingDigest.update(
            digest, batch.baseOffset(), batch.leaderEpoch(), batch.sizeInBytes(), batch.crc());
    }

    /** A record of the source, in a batch that is not identical. */
    void comparedRecord()
    {
        records++;
    }

    /** A record that only the shadow has, in a batch that both have. */
    void removed(final long offset)
    {
        removedRecords++;
        removedRange(offset, offset);
    }

    /** A batch that only the shadow has. */
    void removed(final BatchView batch)
    {
        removedBatches++;
        removedRecords += batch.count();
        removedRange(batch.baseOffset(), batch.lastOffset());
    }

    private void removedRange(final long first, final long last)
    {
        firstRemoved = firstRemoved < 0 ? first : firstRemoved;
        lastRemoved = last;
    }

    /**
     * Offset behind the last one compared.
     */
    long endOffset()
    {
        return endOffset;
    }

    void differ(final Kind kind, final BatchView batch, final String text)
    {
        differ(kind, batch.baseOffset(), batch.lastOffset(), text, batch.file(), batch.filePosition());
    }

    void differ(final Kind kind, final long offset, final long lastOffset, final String text)
    {
        differ(kind, offset, lastOffset, text, null, -1);
    }

    void differ(
        final Kind kind,
        final long offset,
        final long lastOffset,
        final String text,
        final Path file,
        final long position)
    {
        if (differences.size() == MAX_DIFFERENCES)
        {
            moreDifferences++;
            return;
        }
        differences.add(new Difference(
            kind, topic, partition, offset, lastOffset, text, file == null ? null : file.toString(), position));
    }

    private Compaction compaction()
    {
        return new Compaction(policy.value(), identicalBatches, records, removedBatches, removedRecords, firstRemoved,
            lastRemoved);
    }

    PartitionVerdict build()
    {
        if (firstRemoved >= 0)
        {
            note("cleanup.policy=" + policy.value() + ": " + removedRecords + " records and " + removedBatches +
                " whole batches in offsets " + firstRemoved + " to " + lastRemoved + " are in the shadow only and " +
                "could not be compared: taken for removed by compaction since, whose extent the source does not tell");
        }
        // Without a log the shadow lacks all that the source has; behind its own start it lacks nothing.
        final long lag = sourceEnd < 0 ? 0 : sourceEnd - Math.max(shadowEnd, sourceStart);
        return new PartitionVerdict(
            topic, partition, firstOffset, endOffset, batches, bytes, digest, shadowStart, shadowEnd, sourceStart,
            sourceEnd, Math.max(0, lag), compaction(), notes, differences, moreDifferences, error);
    }
}
