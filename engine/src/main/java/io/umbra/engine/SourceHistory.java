package io.umbra.engine;

import io.umbra.engine.config.OnDivergence;
import io.umbra.engine.config.Retention;
import io.umbra.journal.Incident;
import io.umbra.journal.Incidents;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.ledger.Ledger;
import org.agrona.concurrent.status.AtomicCounter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What becomes of a log when the source says that its past is not what it was: another history, offsets that are gone,
 * a log start that has moved. For the JournalAgent's thread; the ledger must have room.
 * <p>
 * Each of these is written down as an incident first, so that no failure in between hides it; and each can be handed in
 * again when it failed.
 */
final class SourceHistory
{
    private final Context ctx;

    /**
     * What it works with.
     *
     * @param ledger     of the shard.
     * @param policy     that the operator chose.
     * @param incidents  of the journal.
     * @param checkpoint writes down how far the logs are durable, at once.
     * @param counters   shown to the outside.
     * @param events     where news for the operator go.
     */
    record Context(
        Ledger ledger,
        Policy policy,
        Incidents incidents,
        Runnable checkpoint,
        Counters counters,
        EventLog events)
    {
    }

    /**
     * What the operator wants.
     *
     * @param onDivergence {@code on.divergence}.
     * @param retention    {@code retention}.
     */
    record Policy(OnDivergence onDivergence, Retention retention)
    {
    }

    /**
     * Counters of one shard.
     *
     * @param divergences logs that were cut, or stopped, because the source has another history.
     * @param gaps        times that the source had dropped what the shadow did not have yet.
     */
    record Counters(AtomicCounter divergences, AtomicCounter gaps)
    {
    }

    SourceHistory(final Context ctx)
    {
        this.ctx = ctx;
    }

    /**
     * The source's history is another one (KIP-101, KIP-595): keep the losing suffix aside, and cut the log to where
     * both agree. It may take rounds, as with Kafka's own followers.
     *
     * @param partition   of the log.
     * @param leaderEpoch largest of the source at or below the log's last one; -1 if it has none.
     * @param endOffset   of that epoch at the source.
     * @param timeNs      wall clock, nanoseconds since 1970.
     * @return null if fetching may go on at the log's end; else why it may not.
     * @throws IOException if the disk does not allow it.
     */
    String onDiverged(
        final JournalPartition partition, final int leaderEpoch, final long endOffset, final long timeNs)
        throws IOException
    {
        final PartitionLog log = partition.log();
        final long end = log.endOffset();
        final long ownEnd = log.endOffsetForEpoch(leaderEpoch);
        // Without such an epoch nothing in the log is of the source's history.
        final long agreed = Math.min(endOffset, ownEnd < 0 ? log.logStartOffset() : ownEnd);
        final String reason = "the source's history has diverged: its leader epoch " + leaderEpoch +
            " ends at offset " + endOffset + ", the shadow has epoch " + log.lastEpoch() + " up to " + end;
        if (agreed >= end || endOffset < 0 || leaderEpoch > log.lastEpoch())
        {
            return reason + ": that makes no sense, nothing is cut";
        }
        add(partition, Incident.Kind.DIVERGENCE, agreed, end, timeNs, reason);
        ctx.counters.divergences.incrementRelease();
        if (OnDivergence.HALT == ctx.policy.onDivergence)
        {
            partition.halt();
            return reason + "; stopped, as on.divergence=halt says";
        }
        final Path kept = log.branchAt(agreed, reason);
        if (log.isEmpty() && log.endOffset() != agreed)
        {
            log.startAt(agreed);
        }
        log.closeFiles();
        partition.slot.noteDurablePoint();
        // Those on disk speak of the log as it was.
        ctx.checkpoint.run();
        final String cut = reason + "; cut to " + log.endOffset() +
            (null == kept ? "" : ", what the source lost is kept in " + kept);
        ctx.ledger.truncated(partition.slot.index, end, log.endOffset(), log.digest(), timeNs, cut);
        ctx.events.warn(partition.slot.name + ": " + cut);
        return null;
    }

    /**
     * The source does not have the next offsets (any more): pass over them, and say so.
     *
     * @param partition of the log.
     * @param toOffset  first offset that the source has.
     * @param timeNs    wall clock, nanoseconds since 1970.
     * @throws IOException if the disk does not allow it.
     */
    void onLost(final JournalPartition partition, final long toOffset, final long timeNs) throws IOException
    {
        final PartitionLog log = partition.log();
        final long end = log.endOffset();
        if (toOffset <= end)
        {
            return;
        }
        final String reason = "the source has no offsets " + end + " to " + (toOffset - 1) +
            " (any more): they are missing in the shadow";
        add(partition, Incident.Kind.GAP, end, toOffset, timeNs, reason);
        log.skipTo(toOffset);
        ctx.ledger.gap(partition.slot.index, end, toOffset, timeNs, reason);
        ctx.counters.gaps.incrementRelease();
        ctx.events.warn(partition.slot.name + ": " + reason);
    }

    /**
     * The source's log start has moved.
     *
     * @param partition      of the log.
     * @param logStartOffset first offset that the source still has.
     * @param timeNs         wall clock, nanoseconds since 1970.
     * @return whether the log's own start has moved with it.
     * @throws IOException if the disk does not allow it.
     */
    boolean onLogStart(final JournalPartition partition, final long logStartOffset, final long timeNs)
        throws IOException
    {
        final long offset = Math.min(logStartOffset, partition.log().endOffset());
        if (offset <= partition.log().logStartOffset())
        {
            return false;
        }
        if (ctx.policy.retention.isMirror())
        {
            advance(partition, offset, timeNs);
            return true;
        }
        partition.heldLogStarts.add(offset, TimeUnit.NANOSECONDS.toMillis(timeNs), ctx.policy.retention.keepMs());
        return false;
    }

    /**
     * With {@code retention=keep:}: drop what the source dropped that long ago.
     *
     * @param partition of the log.
     * @param nowMs     wall clock, milliseconds since 1970.
     * @return whether the log's start has moved.
     * @throws IOException if the disk does not allow it.
     */
    boolean releaseLogStart(final JournalPartition partition, final long nowMs) throws IOException
    {
        final long offset = partition.heldLogStarts.due(nowMs);
        if (offset <= partition.log().logStartOffset())
        {
            return false;
        }
        advance(partition, Math.min(offset, partition.log().endOffset()), TimeUnit.MILLISECONDS.toNanos(nowMs));
        return true;
    }

    private void advance(final JournalPartition partition, final long offset, final long timeNs) throws IOException
    {
        ctx.ledger.ensureRoom();
        partition.log().advanceLogStart(offset);
        ctx.ledger.logStart(partition.slot.index, offset, timeNs);
    }

    private void add(
        final JournalPartition partition,
        final Incident.Kind kind,
        final long fromOffset,
        final long toOffset,
        final long timeNs,
        final String text) throws IOException
    {
        ctx.incidents.add(new Incident(
            kind, partition.slot.name.topic(), partition.slot.name.topicId(), partition.slot.name.partition(),
            fromOffset, toOffset, TimeUnit.NANOSECONDS.toMillis(timeNs), text));
    }
}
