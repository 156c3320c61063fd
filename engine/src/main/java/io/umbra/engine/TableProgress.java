package io.umbra.engine;

import io.umbra.engine.source.FetchProgress;
import io.umbra.engine.status.FetchState;
import io.umbra.engine.status.JournalState;
import io.umbra.engine.status.PartitionTable;

/**
 * The counters that flow back to a FetchAgent, and those that it writes: the partition table, and the refusals of the
 * JournalAgent.
 */
final class TableProgress implements FetchProgress
{
    private final PartitionTable table;
    private final PartitionSlots slots;

    TableProgress(final PartitionTable table, final PartitionSlots slots)
    {
        this.table = table;
        this.slots = slots;
    }

    @Override
    public boolean isRefused(final int partitionIndex, final int assignmentEpoch)
    {
        return slots.get(partitionIndex).refusedEpoch >= assignmentEpoch;
    }

    @Override
    public boolean isHalted(final int partitionIndex)
    {
        return PartitionSlot.REFUSED_FOR_GOOD == slots.get(partitionIndex).refusedEpoch;
    }

    @Override
    public boolean isFaulted(final int partitionIndex)
    {
        return JournalState.FAULTED == table.journalState(partitionIndex);
    }

    @Override
    public long journalLogStartOffset(final int partitionIndex)
    {
        return table.journalLogStartOffset(partitionIndex);
    }

    @Override
    public long journalEndOffset(final int partitionIndex)
    {
        return table.journalEndOffset(partitionIndex);
    }

    @Override
    public int journalLastEpoch(final int partitionIndex)
    {
        return table.journalLastEpoch(partitionIndex);
    }

    @Override
    public void onFetching(
        final int partitionIndex, final int leaderId, final int leaderEpoch, final int assignmentEpoch)
    {
        table.leader(partitionIndex, leaderId, leaderEpoch, assignmentEpoch);
        table.fetchState(partitionIndex, FetchState.ACTIVE, null);
    }

    @Override
    public void onFetched(
        final int partitionIndex,
        final long fetchPosition,
        final long highWatermark,
        final long logStartOffset,
        final long timeMs)
    {
        table.fetched(partitionIndex, fetchPosition, highWatermark, logStartOffset, timeMs);
    }

    @Override
    public void onSuspended(final int partitionIndex, final boolean isDeleted)
    {
        table.fetchState(partitionIndex, isDeleted ? FetchState.SOURCE_DELETED : FetchState.PAUSED, null);
    }

    @Override
    public void onError(final int partitionIndex, final boolean isFault, final String reason)
    {
        table.fetchState(partitionIndex, isFault ? FetchState.FAULTED : FetchState.RETRYING, reason);
    }
}
