package io.umbra.engine;

import io.umbra.journal.PartitionLog;
import io.umbra.journal.ledger.LedgerPartition;

/**
 * One partition as the engine's threads share it. Apart from its log, which belongs to the JournalAgent, it holds what
 * flows backwards: each field has one writer.
 */
final class PartitionSlot
{
    /** Refuses frames of all assignment epochs. */
    static final int REFUSED_FOR_GOOD = Integer.MAX_VALUE;

    final int index;
    final LedgerPartition name;
    final PartitionLog log;

    /** Last assignment epoch of which the journal refuses all further frames; written by the JournalAgent. */
    volatile int refusedEpoch = -1;

    /**
     * How far all that belongs to the log is durable; null while an empty log has not been told where to begin. Written
     * by the control thread until the partition begins, then by the JournalAgent.
     */
    volatile DurablePoint durablePoint;

    /** What the control thread wants of it, and knows; of no concern to others. */
    boolean isPaused;
    boolean isDeleted;
    boolean hasBegun;

    /** Its log is closed for good; written by the JournalAgent, or by the control thread while it has not begun. */
    volatile boolean isEnded;

    PartitionSlot(final int index, final LedgerPartition name, final PartitionLog log)
    {
        this.index = index;
        this.name = name;
        this.log = log;
    }

    void noteDurablePoint()
    {
        durablePoint = new DurablePoint(
            log.logStartOffset(), log.recoveryPoint(), log.recoveryDigest(), log.highestProducerId());
    }

    /**
     * What a checkpoint says of a partition; belongs together, hence one object.
     *
     * @param logStartOffset first offset.
     * @param offset         below which everything is on the disk: recovery begins here.
     * @param digest         rolling digest of the log up to there.
     * @param producerId     highest one that the log has seen, -1 if none.
     */
    record DurablePoint(long logStartOffset, long offset, long digest, long producerId)
    {
    }
}
