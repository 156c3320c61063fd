package io.umbra.journal.ledger;

import java.util.Map;

/**
 * What the ledgers of a journal say about its partitions.
 *
 * @param ends  the latest word on each partition.
 * @param files number of ledger files that had to be read for it.
 */
public record LedgerState(Map<LedgerPartition, End> ends, int files)
{
    /**
     * Makes the map immutable.
     */
    public LedgerState
    {
        ends = Map.copyOf(ends);
    }

    /**
     * The latest word on a partition.
     *
     * @param partition in question.
     * @return its end, or null when the ledgers do not know it.
     */
    public End end(final LedgerPartition partition)
    {
        return ends.get(partition);
    }

    /**
     * Where a partition's log ends, as its ledger has it.
     *
     * @param endOffset next offset to be journaled.
     * @param digest    rolling digest of the log up to endOffset.
     * @param timeNs    of the entry that says so, nanoseconds since 1970.
     * @param shard     whose ledger says so.
     */
    public record End(long endOffset, long digest, long timeNs, int shard)
    {
    }
}
