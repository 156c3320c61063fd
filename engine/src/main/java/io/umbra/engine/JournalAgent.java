package io.umbra.engine;

import io.aeron.driver.DutyCycleTracker;
import io.umbra.codecs.control.SourceCondition;
import io.umbra.codecs.ledger.EngineEventType;
import io.umbra.codecs.ledger.PartitionStateType;
import io.umbra.engine.status.JournalState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.journal.AppendResult;
import io.umbra.journal.BatchBytes;
import io.umbra.journal.InvalidBatchException;
import io.umbra.journal.ledger.Ledger;
import io.umbra.journal.ledger.LedgerAgreement;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.LedgerState;
import io.umbra.transport.FrameHandler;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.FrameSource;
import org.agrona.collections.ArrayListUtil;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.status.AtomicCounter;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The only writer of a shard's partition logs and of its ledger.
 * <p>
 * Takes frames from the shard's IPC stream in place, has the partition log validate and append them with one gather
 * write, enters each commit into the ledger, and publishes its counters once per duty cycle. A frame that does not
 * continue its partition's log, or that the log finds invalid, refuses the partition until the FetchAgent begins a
 * new assignment epoch at the journal's end; the other partitions go on. When the disk has no room it leaves the
 * frame in the stream, which stops the fetching by back pressure, and goes on when there is room again.
 */
final class JournalAgent implements Agent, FrameHandler, JournalFlush.FailureHandler
{
    private static final int POLL_LIMIT_BYTES = 4 * 1024 * 1024;
    private static final long DISK_RETRY_MS = 100;
    private static final long RETENTION_CHECK_MS = 100;

    private final Context ctx;
    private final JournalFlush flush;
    private final OpenLogs openLogs;
    private final SourceHistory history;
    private final BatchBytes bytes = new BatchBytes();
    private final AppendResult result = new AppendResult();
    private final List<JournalPartition> partitions = new ArrayList<>();
    private final List<JournalPartition> touched = new ArrayList<>();
    /** Logs to be closed; each says whether it is done. */
    private final List<BooleanSupplier> endings = new ArrayList<>();
    /** With log starts of the source that are not followed yet. */
    private final ArrayList<JournalPartition> holding = new ArrayList<>();
    private final ManyToOneConcurrentLinkedQueue<Runnable> commands = new ManyToOneConcurrentLinkedQueue<>();
    private long diskRetryAtMs;
    private long retentionCheckAtMs;
    private String diskTrouble;
    private boolean isWaitingForFiles;
    /** The log has taken the frame, the ledger has not yet. */
    private boolean isLedgerEntryDue;

    /**
     * What a JournalAgent needs.
     *
     * @param shard              index of the shard.
     * @param poller             of the shard's stream.
     * @param ledger             of the shard.
     * @param flushSettings      how commits become durable.
     * @param flusher            that waits for the device.
     * @param table              gets the counters.
     * @param space              says whether the disk has room.
     * @param openLogs           how many logs may have their files open at once.
     * @param history            deals with a source whose past has changed.
     * @param appendDelays       gets the age of what is journaled, where the source tells it.
     * @param counters           shown to the outside.
     * @param dutyCycle          times the duty cycles.
     * @param events             where news for the operator go.
     */
    record Context(
        int shard,
        FrameSource poller,
        Ledger ledger,
        JournalFlush.Settings flushSettings,
        Flusher flusher,
        PartitionTable table,
        SpaceGuard space,
        int openLogs,
        SourceHistory history,
        AppendDelays appendDelays,
        Counters counters,
        DutyCycleTracker dutyCycle,
        EventLog events)
    {
    }

    /**
     * Counters of one shard's journal.
     *
     * @param bytes       journaled.
     * @param records     journaled.
     * @param faulted     partitions that are refused or faulted now.
     * @param staleFrames that did not continue their log and were dropped.
     * @param diskWaits   times that the disk had no room.
     * @param fileWaits   times that no file could be closed to open another, because none was durable.
     * @param retired     partitions that are not shadowed any more.
     */
    record Counters(
        AtomicCounter bytes,
        AtomicCounter records,
        AtomicCounter faulted,
        AtomicCounter staleFrames,
        AtomicCounter diskWaits,
        AtomicCounter fileWaits,
        AtomicCounter retired)
    {
    }

    /**
     * Why the log of a partition is closed while the engine runs.
     *
     * @param partitionIndex that was opened.
     * @param state          for the ledger: not shadowed any more, or promoted.
     * @param reason         for the ledger.
     */
    record Ending(int partitionIndex, PartitionStateType state, String reason)
    {
    }

    JournalAgent(final Context ctx)
    {
        this.ctx = ctx;
        this.flush = new JournalFlush(ctx.flushSettings, ctx.flusher, ctx.table, this);
        this.openLogs = new OpenLogs(ctx.openLogs);
        this.history = ctx.history;
    }

    /**
     * Hand over an open partition log. Must come before its FetchAgent gets the assignment. From any thread.
     *
     * @param slot     of the partition.
     * @param previous what the ledgers say of it; null when they do not know it.
     */
    void open(final PartitionSlot slot, final LedgerState.End previous)
    {
        commands.offer(() -> onOpen(slot, previous));
    }

    /**
     * Close a partition's log for good, once its FetchAgent has forgotten it, and what it published has been taken out
     * of the stream. From any thread.
     *
     * @param ending   of the partition.
     * @param position of the stream that has to be reached.
     * @param onEnded  told when it is closed, on the agent's thread.
     */
    void end(final Ending ending, final long position, final Runnable onEnded)
    {
        commands.offer(() -> endings.add(() ->
        {
            final boolean isDue = ctx.poller.position() >= position;
            if (isDue)
            {
                onEnd(partitions.get(ending.partitionIndex), ending);
                onEnded.run();
            }
            return isDue;
        }));
    }

    @Override
    public void onStart()
    {
        ctx.ledger.engineEvent(EngineEventType.STARTED, SystemEpochNanoClock.INSTANCE.nanoTime());
    }

    @Override
    public int doWork()
    {
        final long beginNs = System.nanoTime();
        int workCount = drainCommands();
        workCount += poll();
        flush.beforePublish(touched);
        publish();
        workCount += flush.doWork(partitions);
        workCount += followLogStarts();
        if (!endings.isEmpty() && endings.removeIf(BooleanSupplier::getAsBoolean))
        {
            workCount++;
        }
        ctx.dutyCycle.reportMeasurement(System.nanoTime() - beginNs);
        return workCount;
    }

    /** Everything that is in the stream is still taken, then all is made durable. */
    @Override
    public void onClose()
    {
        drainCommands();
        while (null == diskTrouble && (poll() > 0 || isWaitingForFiles))
        {
            publish();
            if (isWaitingForFiles)
            {
                flush.doWork(partitions);
                Thread.onSpinWait();
            }
        }
        publish();
        for (final JournalPartition partition : partitions)
        {
            if (null != partition)
            {
                flush.close(partition);
            }
        }
        try
        {
            ctx.ledger.ensureRoom();
            ctx.ledger.engineEvent(EngineEventType.STOPPED, SystemEpochNanoClock.INSTANCE.nanoTime());
        }
        catch (final IOException ex)
        {
            ctx.events.onError(ex);
        }
        ctx.ledger.close();
    }

    @Override
    public String roleName()
    {
        return "umbra-journal-" + ctx.shard;
    }

    @Override
    public void onFrameBegin()
    {
        bytes.reset();
    }

    @Override
    public void onFramePayload(final ByteBuffer termBuffer, final int offset, final int length)
    {
        bytes.add(termBuffer, offset, length);
    }

    @Override
    public boolean onFrameEnd(final FrameHeader header)
    {
        final JournalPartition partition = partition(header.partitionIndex);
        final boolean hasWaited = isWaitingForFiles;
        isWaitingForFiles = false;
        if (!partition.accepts(header.assignmentEpoch))
        {
            // Refused for good while its entry was due: the next start reconciles log and ledger.
            isLedgerEntryDue = false;
            ctx.counters.staleFrames.incrementRelease();
            return true;
        }
        try
        {
            if (!isLedgerEntryDue)
            {
                if (!ctx.space.hasRoom(bytes.length()))
                {
                    return waitForDisk(partition, ctx.space.describe());
                }
                ctx.ledger.ensureRoom();
                if (header.fetchOffset != partition.log().endOffset())
                {
                    refuse(partition, "a frame fetched at offset " + header.fetchOffset +
                        " does not continue the log, which ends at " + partition.log().endOffset());
                    return true;
                }
                if (!openLogs.mayUse(partition))
                {
                    return waitForFiles(hasWaited);
                }
                if (!append(partition, header))
                {
                    return true;
                }
                isLedgerEntryDue = true;
            }
            enter(partition, header);
            isLedgerEntryDue = false;
            diskIsFine(partition);
            return true;
        }
        catch (final InvalidBatchException ex)
        {
            refuse(partition, ex.getMessage());
            return true;
        }
        catch (final IOException | LedgerException ex)
        {
            return waitForDisk(partition, String.valueOf(ex.getMessage()));
        }
    }

    @Override
    public boolean onLogStartAdvanced(
        final int partitionIndex, final int assignmentEpoch, final long logStartOffset, final long timeNs)
    {
        final JournalPartition partition = partition(partitionIndex);
        if (!partition.accepts(assignmentEpoch))
        {
            return true;
        }
        try
        {
            final boolean wasHolding = !partition.heldLogStarts.isEmpty();
            if (history.onLogStart(partition, logStartOffset, timeNs))
            {
                touch(partition);
            }
            if (!wasHolding && !partition.heldLogStarts.isEmpty())
            {
                holding.add(partition);
            }
            return true;
        }
        catch (final IOException ex)
        {
            return waitForDisk(partition, String.valueOf(ex.getMessage()));
        }
    }

    @Override
    public boolean onSourceDiverged(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fetchOffset,
        final int leaderEpoch,
        final long endOffset,
        final long timeNs)
    {
        return rewrite(partitionIndex, assignmentEpoch, fetchOffset,
            (partition) -> history.onDiverged(partition, leaderEpoch, endOffset, timeNs));
    }

    @Override
    public boolean onOffsetsLost(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fromOffset,
        final long toOffset,
        final long timeNs)
    {
        return rewrite(partitionIndex, assignmentEpoch, fromOffset,
            (partition) ->
            {
                history.onLost(partition, toOffset, timeNs);
                return null;
            });
    }

    /** Changes a log otherwise than by appending. */
    private interface Rewrite
    {
        /**
         * Do it.
         *
         * @param partition of the log.
         * @return null if fetching may go on at the log's end; else why it may not.
         */
        String apply(JournalPartition partition) throws IOException;
    }

    /** Afterwards the assignment epoch is over: the FetchAgent begins a new one at the log's end. */
    private boolean rewrite(
        final int partitionIndex, final int assignmentEpoch, final long fetchOffset, final Rewrite rewrite)
    {
        final JournalPartition partition = partition(partitionIndex);
        if (!partition.accepts(assignmentEpoch))
        {
            return true;
        }
        try
        {
            ctx.ledger.ensureRoom();
            // What was not fetched at the end of the log says nothing of it.
            final String trouble = fetchOffset == partition.log().endOffset() ? rewrite.apply(partition) : null;
            diskIsFine(partition);
            if (null == trouble)
            {
                publish(partition, System.nanoTime(), System.currentTimeMillis());
                partition.refuse();
            }
            else
            {
                refuse(partition, trouble);
            }
            return true;
        }
        catch (final IOException | LedgerException ex)
        {
            if (partition.log().isUsable())
            {
                return waitForDisk(partition, String.valueOf(ex.getMessage()));
            }
            refuse(partition, "the log could not be cut: " + ex.getMessage() + ": restart the engine");
            partition.refuseForGood();
            openLogs.abandon(partition);
            return true;
        }
    }

    @Override
    public boolean onSourceConditionChanged(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fetchOffset,
        final long timeNs,
        final SourceCondition condition,
        final String text)
    {
        final JournalPartition partition = partition(partitionIndex);
        try
        {
            ctx.ledger.ensureRoom();
        }
        catch (final IOException ex)
        {
            return waitForDisk(partition, String.valueOf(ex.getMessage()));
        }
        if (SourceCondition.FAULTED == condition)
        {
            if (partition.accepts(assignmentEpoch))
            {
                fault(partition, text);
            }
        }
        else if (partition.begin(assignmentEpoch))
        {
            if (partition.isFaulted)
            {
                partition.isFaulted = false;
                ctx.counters.faulted.getAndAddRelease(-1);
                ctx.ledger.partitionState(
                    partitionIndex, partition.log().endOffset(), timeNs, PartitionStateType.ACTIVE, "");
                ctx.table.journalState(partitionIndex, JournalState.ACTIVE, null);
                ctx.events.info(partition.slot.name + ": fetched again from offset " + fetchOffset);
            }
        }
        return true;
    }

    @Override
    public void onNotPrepared(final JournalPartition partition, final IOException failure)
    {
        waitForDisk(partition, String.valueOf(failure.getMessage()));
    }

    @Override
    public void onNotDurable(final JournalPartition partition, final IOException failure)
    {
        if (!partition.isUndurable)
        {
            refuse(partition, "cannot be made durable: " + failure.getMessage() +
                ": see to the disk and restart the engine, which then checks what is there");
            partition.refuseForGood();
            openLogs.abandon(partition);
        }
    }

    private int drainCommands()
    {
        int count = 0;
        Runnable command;
        while (null != (command = commands.poll()))
        {
            command.run();
            count++;
        }
        return count;
    }

    /**
     * The partition of a message. Its log was handed over before the message was published, though perhaps not before
     * this duty cycle looked for commands.
     */
    private JournalPartition partition(final int index)
    {
        if (index >= partitions.size() || null == partitions.get(index))
        {
            drainCommands();
        }
        return partitions.get(index);
    }

    private int poll()
    {
        if (null != diskTrouble && System.currentTimeMillis() < diskRetryAtMs)
        {
            return 0;
        }
        return ctx.poller.poll(this, POLL_LIMIT_BYTES);
    }

    private int followLogStarts()
    {
        final long nowMs = System.currentTimeMillis();
        if (nowMs < retentionCheckAtMs)
        {
            return 0;
        }
        retentionCheckAtMs = nowMs + RETENTION_CHECK_MS;
        int count = 0;
        for (int i = holding.size() - 1; i >= 0; i--)
        {
            final JournalPartition partition = holding.get(i);
            if (!partition.isUndurable && release(partition, nowMs))
            {
                count++;
            }
            if (partition.isUndurable || partition.heldLogStarts.isEmpty())
            {
                ArrayListUtil.fastUnorderedRemove(holding, i);
            }
        }
        return count;
    }

    private boolean release(final JournalPartition partition, final long nowMs)
    {
        try
        {
            if (history.releaseLogStart(partition, nowMs))
            {
                touch(partition);
                return true;
            }
        }
        catch (final IOException ex)
        {
            waitForDisk(partition, String.valueOf(ex.getMessage()));
        }
        return false;
    }

    private void onEnd(final JournalPartition partition, final Ending ending)
    {
        if (partition.slot.isEnded)
        {
            return;
        }
        partition.slot.isEnded = true;
        flush.close(partition);
        openLogs.abandon(partition);
        partition.refuseForGood();
        if (PartitionStateType.RETIRED == ending.state)
        {
            partition.slot.durablePoint = null;
        }
        ctx.ledger.partitionState(
            partition.slot.index, partition.log().endOffset(), SystemEpochNanoClock.INSTANCE.nanoTime(),
            ending.state, ending.reason);
        ctx.ledger.partitionClosed(partition.slot.index);
        if (partition.isFaulted)
        {
            partition.isFaulted = false;
            ctx.counters.faulted.getAndAddRelease(-1);
        }
        if (PartitionStateType.RETIRED == ending.state)
        {
            ctx.counters.retired.incrementRelease();
        }
    }

    /** As {@link #open}, on the agent's own thread: it is open at once. */
    void onOpen(final PartitionSlot slot, final LedgerState.End previous)
    {
        while (partitions.size() <= slot.index)
        {
            partitions.add(null);
        }
        partitions.set(slot.index, new JournalPartition(slot));
        final LedgerAgreement agreement = ctx.ledger.openPartition(
            slot.index, slot.name, slot.log.logStartOffset(), slot.log.endOffset(), slot.log.digest(), previous,
            SystemEpochNanoClock.INSTANCE.nanoTime());
        if (LedgerAgreement.LOG_SHORTER == agreement)
        {
            ctx.events.warn(slot.name + ": the log ends at offset " + slot.log.endOffset() + ", the ledger had " +
                previous.endOffset() + ": the tail was lost and is fetched again");
        }
        else if (LedgerAgreement.DIGEST_DIFFERS == agreement)
        {
            ctx.events.warn(slot.name + ": log and ledger have different digests at offset " + slot.log.endOffset() +
                ": run umbra verify");
        }
        ctx.table.journalPositions(
            slot.index, slot.log.logStartOffset(), slot.log.endOffset(), slot.log.durableOffset(),
            slot.log.lastEpoch(), slot.log.lastStableOffset());
        ctx.table.journalState(slot.index, JournalState.ACTIVE, null);
    }

    private boolean append(final JournalPartition partition, final FrameHeader header)
        throws InvalidBatchException, IOException
    {
        if (0 == header.batchLength)
        {
            partition.log().append(bytes, result);
            return true;
        }
        return partition.log().appendChunk(bytes, header.chunkOffset, header.batchLength, result);
    }

    private void enter(final JournalPartition partition, final FrameHeader header)
    {
        final long commitTimeNs = SystemEpochNanoClock.INSTANCE.nanoTime();
        ctx.ledger.commit(
            header.partitionIndex, header.assignmentEpoch, result.lastEpoch(), header.leaderId, result.baseOffset(),
            result.lastOffset(), result.segmentBaseOffset(), result.filePosition(), result.length(), result.records(),
            result.digest(), header.sourceHighWatermark, header.fetchTimeNs, commitTimeNs);
        partition.added(result);
        touch(partition);
    }

    private void touch(final JournalPartition partition)
    {
        if (!partition.isTouched)
        {
            partition.isTouched = true;
            touched.add(partition);
        }
    }

    private void publish()
    {
        if (touched.isEmpty())
        {
            return;
        }
        final long nanoTime = System.nanoTime();
        final long timeMs = System.currentTimeMillis();
        for (int i = 0; i < touched.size(); i++)
        {
            publish(touched.get(i), nanoTime, timeMs);
        }
        touched.clear();
    }

    private void publish(final JournalPartition partition, final long nanoTime, final long timeMs)
    {
        ctx.counters.bytes.getAndAddRelease(partition.addedBytes);
        ctx.counters.records.getAndAddRelease(partition.addedRecords);
        ctx.appendDelays.journaled(partition.oldestAppendTimeMs, timeMs);
        partition.publish(ctx.table, flush.isDurableWhenWritten(), nanoTime, timeMs);
    }

    /** From here on all frames of this assignment epoch are dropped; the FetchAgent begins a new one. */
    private void refuse(final JournalPartition partition, final String reason)
    {
        try
        {
            partition.log().abandonChunks();
        }
        catch (final IOException ex)
        {
            ctx.events.onError(ex);
        }
        fault(partition, reason);
        ctx.table.journalState(partition.slot.index, JournalState.FAULTED, reason);
        ctx.events.warn(partition.slot.name + ": refused at offset " + partition.log().endOffset() + ": " + reason);
        // The FetchAgent reads the end of the journal when it sees the refusal: the end must be there first. Others are
        // published when their turn comes, with journal.flush=commit after they are durable.
        publish(partition, System.nanoTime(), System.currentTimeMillis());
        partition.refuse();
    }

    private void fault(final JournalPartition partition, final String reason)
    {
        if (!partition.isFaulted)
        {
            partition.isFaulted = true;
            ctx.counters.faulted.getAndAddRelease(1);
        }
        ctx.ledger.partitionState(
            partition.slot.index, partition.log().endOffset(), SystemEpochNanoClock.INSTANCE.nanoTime(),
            PartitionStateType.FAULTED, reason);
    }

    /** The frame stays where it is until a flush has come back. */
    private boolean waitForFiles(final boolean hasWaited)
    {
        isWaitingForFiles = true;
        if (!hasWaited)
        {
            ctx.counters.fileWaits.incrementRelease();
        }
        flush.hurry();
        return false;
    }

    private boolean waitForDisk(final JournalPartition partition, final String trouble)
    {
        if (null == diskTrouble)
        {
            ctx.counters.diskWaits.incrementRelease();
            ctx.events.warn(partition.slot.name + ": waiting for the disk: " + trouble);
        }
        if (!partition.isWaiting)
        {
            partition.isWaiting = true;
            ctx.table.journalState(partition.slot.index, JournalState.WAITING_FOR_SPACE, trouble);
        }
        diskTrouble = trouble;
        diskRetryAtMs = System.currentTimeMillis() + DISK_RETRY_MS;
        return false;
    }

    private void diskIsFine(final JournalPartition partition)
    {
        if (null != diskTrouble)
        {
            diskTrouble = null;
            ctx.events.info(partition.slot.name + ": the disk takes writes again");
        }
        if (partition.isWaiting)
        {
            partition.isWaiting = false;
            ctx.table.journalState(partition.slot.index, JournalState.ACTIVE, null);
        }
    }
}
