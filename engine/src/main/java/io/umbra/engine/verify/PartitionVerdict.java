package io.umbra.engine.verify;

import java.util.List;

/**
 * What was found out about a partition.
 *
 * @param topic                name.
 * @param partition            number within the topic.
 * @param firstOffset          first offset compared, -1 when none was.
 * @param endOffset            offset behind the last one compared, -1 when none was.
 * @param batches              compared.
 * @param bytes                compared.
 * @param digest               rolling digest of the shadow's batches that were compared, beginning with the first of
 *                             them.
 * @param shadowLogStartOffset of the shadow, -1 when it has no log.
 * @param shadowEndOffset      of the shadow when it was opened, -1 when it has no log.
 * @param sourceLogStartOffset of the source, -1 when it has no such partition.
 * @param sourceHighWatermark  of the source, -1 when it has no such partition.
 * @param lag                  offsets by which the shadow is behind.
 * @param compaction           how it was compared, if the source compacts it.
 * @param notes                what should be known, but is no difference.
 * @param differences          found; the first ones only when there were many.
 * @param moreDifferences      found beyond those.
 * @param error                why the comparison did not come to its end, or null.
 */
public record PartitionVerdict(
    String topic,
    int partition,
    long firstOffset,
    long endOffset,
    long batches,
    long bytes,
    long digest,
    long shadowLogStartOffset,
    long shadowEndOffset,
    long sourceLogStartOffset,
    long sourceHighWatermark,
    long lag,
    Compaction compaction,
    List<String> notes,
    List<Difference> differences,
    long moreDifferences,
    String error)
{
    /**
     * Makes the lists immutable.
     */
    public PartitionVerdict
    {
        notes = List.copyOf(notes);
        differences = List.copyOf(differences);
    }

    /**
     * Whether what both hold is the same, as far as the question was asked.
     *
     * @return false if there is a difference, or if the comparison did not come to its end.
     */
    public boolean isIdentical()
    {
        return differences.isEmpty() && error == null;
    }

    /**
     * Whether the source's cleaner has changed since what the shadow holds, so that not all could be compared byte by
     * byte.
     *
     * @return false for a topic that is not known to be compacted.
     */
    public boolean isRewritten()
    {
        return CleanupPolicy.of(compaction.cleanupPolicy()).isCompacted() &&
            (compaction.hasRemoved() || compaction.identicalBatches() < batches);
    }

    String name()
    {
        return topic + '-' + partition;
    }
}
