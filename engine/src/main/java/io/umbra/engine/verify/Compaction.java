package io.umbra.engine.verify;

/**
 * How a partition was compared that the source compacts: what the cleaner has not touched byte by byte, what it has
 * rewritten record by record, and what it has removed not at all.
 *
 * @param cleanupPolicy      of the topic; null when it is not known, or nobody asked.
 * @param identicalBatches   batches that are the same, byte for byte.
 * @param records            of the source that were compared one by one, in batches that are not.
 * @param removedBatches     that only the shadow has.
 * @param removedRecords     that only the shadow has, in these batches and in others.
 * @param firstRemovedOffset first offset of those, -1 when there is none.
 * @param lastRemovedOffset  last offset of those, -1 when there is none.
 */
public record Compaction(
    String cleanupPolicy,
    long identicalBatches,
    long records,
    long removedBatches,
    long removedRecords,
    long firstRemovedOffset,
    long lastRemovedOffset)
{
    /**
     * Whether there is something that only the shadow has.
     *
     * @return true if so.
     */
    public boolean hasRemoved()
    {
        return firstRemovedOffset >= 0;
    }
}
