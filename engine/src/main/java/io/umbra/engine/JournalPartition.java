package io.umbra.engine;

import io.umbra.engine.status.PartitionTable;
import io.umbra.journal.AppendResult;
import io.umbra.journal.PartitionLog;

/**
 * A partition as its JournalAgent sees it. For that agent's thread.
 */
final class JournalPartition
{
    final PartitionSlot slot;
    /** Appended since the counters were last published. */
    long addedBytes;
    long addedRecords;
    /** When the source took the oldest of those whose batches say so, milliseconds since 1970; -1 for none. */
    long oldestAppendTimeMs = -1;
    boolean isTouched;
    /** When its indexes were last flushed with its log. */
    long wholeFlushNs = System.nanoTime() - JournalFlush.WHOLE_FLUSH_INTERVAL_NS;
    boolean isFaulted;
    boolean isWaiting;
    /** The device has failed to confirm a write: nothing more is accepted until a restart has checked the log. */
    boolean isUndurable;
    /** Log starts of the source that are not followed yet. */
    final HeldLogStarts heldLogStarts = new HeldLogStarts();
    private int assignmentEpoch;

    JournalPartition(final PartitionSlot slot)
    {
        this.slot = slot;
    }

    PartitionLog log()
    {
        return slot.log;
    }

    /**
     * An append is in the log and in the ledger.
     *
     * @param result of the append.
     */
    void added(final AppendResult result)
    {
        addedBytes += result.length();
        addedRecords += result.records();
        final long appendTimeMs = result.oldestAppendTime();
        if (appendTimeMs >= 0 && (oldestAppendTimeMs < 0 || appendTimeMs < oldestAppendTimeMs))
        {
            oldestAppendTimeMs = appendTimeMs;
        }
    }

    /**
     * Whether a message counts.
     *
     * @param epoch assignment epoch of the message.
     * @return false for leftovers of an earlier epoch, and for what comes after a refusal in the same one.
     */
    boolean accepts(final int epoch)
    {
        return epoch == assignmentEpoch && slot.refusedEpoch < epoch;
    }

    /**
     * An assignment epoch begins, or goes on after a fault of the source.
     *
     * @param epoch that begins.
     * @return false if it is over already.
     */
    boolean begin(final int epoch)
    {
        if (epoch < assignmentEpoch || slot.refusedEpoch >= epoch)
        {
            return false;
        }
        assignmentEpoch = epoch;
        return true;
    }

    /** Refuses whatever comes, in this assignment epoch and in all later ones. */
    void refuseForGood()
    {
        isUndurable = true;
        slot.refusedEpoch = PartitionSlot.REFUSED_FOR_GOOD;
    }

    /** Takes nothing more until the engine is started again; what it has goes on to become durable. */
    void halt()
    {
        slot.refusedEpoch = PartitionSlot.REFUSED_FOR_GOOD;
    }

    void refuse()
    {
        slot.refusedEpoch = Math.max(slot.refusedEpoch, assignmentEpoch);
    }

    void publish(
        final PartitionTable table, final boolean isDurableWhenWritten, final long nanoTime, final long timeMs)
    {
        final long durableOffset = isDurableWhenWritten ? log().endOffset() : log().durableOffset();
        if (addedBytes > 0)
        {
            table.journalCommitted(
                slot.index, log().endOffset(), log().lastEpoch(), addedBytes, addedRecords, nanoTime, timeMs);
        }
        // The log start too, which moves by itself as well.
        table.journalPositions(
            slot.index, log().logStartOffset(), log().endOffset(), durableOffset, log().lastEpoch(),
            log().lastStableOffset());
        addedBytes = 0;
        addedRecords = 0;
        oldestAppendTimeMs = -1;
        isTouched = false;
    }
}
