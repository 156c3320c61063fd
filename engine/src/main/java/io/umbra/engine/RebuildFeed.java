package io.umbra.engine;

import io.umbra.codecs.control.SourceCondition;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.ledger.Ledger;
import io.umbra.transport.FrameHandler;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.FrameSource;
import io.umbra.transport.recording.Finding;
import io.umbra.transport.recording.RecordingReader;
import org.agrona.collections.Int2ObjectHashMap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Gives the messages of a recording to a JournalAgent as if they came from its stream. On the agent's thread.
 * <p>
 * In the recorded run, fetching of a partition began at the end of its log; so where the recording says that it begins,
 * the log that is being rebuilt must end. It has more when the recorded engine had lost the end of its log, or was
 * killed before it had written what was recorded already: then that is cut off, as it was. It has less when something
 * is not in the recording: that is passed over as a gap, and said.
 */
final class RebuildFeed implements FrameSource, FrameHandler
{
    private static final int NOT_BEGUN = -1;

    private final Context ctx;
    private final RecordingReader reader;
    private final Int2ObjectHashMap<Fed> partitions = new Int2ObjectHashMap<>();
    private FrameHandler agent;
    private long payloadBytes;
    private long bytes;
    private long frames;
    private boolean isStopped;

    /**
     * What is fed.
     *
     * @param ledger     of the shard.
     * @param logs       of the partitions.
     * @param asOfNs     what was fetched later is left out; nanoseconds since 1970.
     * @param pace       says when a message is due.
     * @param checkpoint writes down how far the logs are durable, at once.
     * @param events     where news for the operator go.
     * @param onGap      told of each partition that lacks something, in a line.
     */
    record Context(
        Ledger ledger,
        Logs logs,
        long asOfNs,
        Pace pace,
        Runnable checkpoint,
        EventLog events,
        Consumer<String> onGap)
    {
    }

    /** Opens logs. On the agent's thread. */
    interface Logs
    {
        /**
         * Whether a partition is to be rebuilt.
         *
         * @param recordedIndex of the partition in the recorded run.
         * @return false to leave it out.
         */
        boolean isWanted(int recordedIndex);

        /**
         * Opens the log of a partition, and hands it over to the agent.
         *
         * @param recordedIndex of the partition in the recorded run.
         * @param fetchOffset   where it begins if it is empty.
         * @return the partition in this run.
         * @throws IOException if it cannot be opened.
         */
        PartitionSlot open(int recordedIndex, long fetchOffset) throws IOException;
    }

    /** When messages are due. */
    @FunctionalInterface
    interface Pace
    {
        /**
         * Whether the time of a message has come.
         *
         * @param timeNs of the message, nanoseconds since 1970.
         * @return false to have it again later.
         */
        boolean isDue(long timeNs);
    }

    /** A partition and how far its assignment has come. */
    private static final class Fed
    {
        private final int recordedIndex;
        private final boolean isWanted;
        private PartitionSlot slot;
        private int epoch = NOT_BEGUN;

        Fed(final int recordedIndex, final boolean isWanted)
        {
            this.recordedIndex = recordedIndex;
            this.isWanted = isWanted;
        }
    }

    RebuildFeed(final Context ctx, final RecordingReader reader)
    {
        this.ctx = ctx;
        this.reader = reader;
    }

    /** Something was not in the recording: what follows need not continue what came before. */
    void onFinding(final Finding finding)
    {
        if (finding.isLoss())
        {
            partitions.values().forEach((fed) -> fed.epoch = NOT_BEGUN);
        }
    }

    @Override
    public int poll(final FrameHandler handler, final int limitBytes)
    {
        agent = handler;
        return isStopped ? 0 : reader.poll(this, limitBytes);
    }

    @Override
    public long position()
    {
        return reader.position();
    }

    /** Gives nothing more. */
    void stop()
    {
        isStopped = true;
    }

    boolean isAtEnd()
    {
        return reader.isAtEnd();
    }

    /** Bytes of record batches that were given to the agent. */
    long bytes()
    {
        return bytes;
    }

    /** Data frames that were given to the agent. */
    long frames()
    {
        return frames;
    }

    @Override
    public void onFrameBegin()
    {
        payloadBytes = 0;
        agent.onFrameBegin();
    }

    @Override
    public void onFramePayload(final ByteBuffer termBuffer, final int offset, final int length)
    {
        payloadBytes += length;
        agent.onFramePayload(termBuffer, offset, length);
    }

    @Override
    public boolean onFrameEnd(final FrameHeader header)
    {
        final Fed fed = fed(header.partitionIndex, header.fetchTimeNs);
        if (null == fed)
        {
            return true;
        }
        if (!ctx.pace.isDue(header.fetchTimeNs))
        {
            return false;
        }
        if (fed.epoch != header.assignmentEpoch)
        {
            if (0 != header.chunkOffset)
            {
                // The begin of the batch is not there.
                return true;
            }
            if (!begin(fed, header.assignmentEpoch, header.fetchOffset, header.fetchTimeNs))
            {
                return false;
            }
        }
        header.partitionIndex = fed.slot.index;
        if (!agent.onFrameEnd(header))
        {
            return false;
        }
        bytes += payloadBytes;
        frames++;
        return true;
    }

    @Override
    public boolean onLogStartAdvanced(
        final int partitionIndex, final int assignmentEpoch, final long logStartOffset, final long timeNs)
    {
        final Fed fed = begun(partitionIndex, assignmentEpoch, timeNs);
        return null == fed || ctx.pace.isDue(timeNs) &&
            agent.onLogStartAdvanced(fed.slot.index, assignmentEpoch, logStartOffset, timeNs);
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
        final Fed fed = fed(partitionIndex, timeNs);
        if (null == fed)
        {
            return true;
        }
        if (!ctx.pace.isDue(timeNs))
        {
            return false;
        }
        if (SourceCondition.FETCHING == condition)
        {
            return begin(fed, assignmentEpoch, fetchOffset, timeNs);
        }
        return fed.epoch != assignmentEpoch || agent.onSourceConditionChanged(
            fed.slot.index, assignmentEpoch, fetchOffset, timeNs, condition, text);
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
        final Fed fed = begun(partitionIndex, assignmentEpoch, timeNs);
        return null == fed || ctx.pace.isDue(timeNs) && agent.onSourceDiverged(
            fed.slot.index, assignmentEpoch, fetchOffset, leaderEpoch, endOffset, timeNs);
    }

    @Override
    public boolean onOffsetsLost(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fromOffset,
        final long toOffset,
        final long timeNs)
    {
        final Fed fed = begun(partitionIndex, assignmentEpoch, timeNs);
        return null == fed || ctx.pace.isDue(timeNs) &&
            agent.onOffsetsLost(fed.slot.index, assignmentEpoch, fromOffset, toOffset, timeNs);
    }

    /** Null if the message is not for the journal that is being rebuilt. */
    private Fed fed(final int partitionIndex, final long timeNs)
    {
        if (timeNs > ctx.asOfNs)
        {
            return null;
        }
        Fed fed = partitions.get(partitionIndex);
        if (null == fed)
        {
            fed = new Fed(partitionIndex, ctx.logs.isWanted(partitionIndex));
            partitions.put(partitionIndex, fed);
        }
        return fed.isWanted ? fed : null;
    }

    /** What concerns an epoch whose begin is not in the recording says nothing of this log. */
    private Fed begun(final int partitionIndex, final int assignmentEpoch, final long timeNs)
    {
        final Fed fed = fed(partitionIndex, timeNs);
        return null == fed || fed.epoch != assignmentEpoch ? null : fed;
    }

    private boolean begin(final Fed fed, final int assignmentEpoch, final long fetchOffset, final long timeNs)
    {
        try
        {
            ctx.ledger.ensureRoom();
            if (null == fed.slot)
            {
                fed.slot = ctx.logs.open(fed.recordedIndex, fetchOffset);
            }
            align(fed.slot, fetchOffset, timeNs);
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex.getMessage(), ex);
        }
        if (agent.onSourceConditionChanged(
            fed.slot.index, assignmentEpoch, fetchOffset, timeNs, SourceCondition.FETCHING, ""))
        {
            fed.epoch = assignmentEpoch;
            return true;
        }
        return false;
    }

    private void align(final PartitionSlot slot, final long fetchOffset, final long timeNs) throws IOException
    {
        final PartitionLog log = slot.log;
        log.abandonChunks();
        final long end = log.endOffset();
        if (fetchOffset == end)
        {
            return;
        }
        if (log.isEmpty())
        {
            log.startAt(fetchOffset);
            log.closeFiles();
            slot.noteDurablePoint();
        }
        else if (fetchOffset < end)
        {
            log.truncateTo(fetchOffset);
            if (log.isEmpty() && log.endOffset() != fetchOffset)
            {
                log.startAt(fetchOffset);
            }
            log.closeFiles();
            ctx.ledger.truncated(slot.index, end, log.endOffset(), log.digest(), timeNs,
                "the recorded engine went on at offset " + fetchOffset);
            slot.noteDurablePoint();
            ctx.checkpoint.run();
        }
        else
        {
            final String reason = "offsets " + end + " to " + (fetchOffset - 1) + " are not in the recording";
            log.skipTo(fetchOffset);
            ctx.ledger.gap(slot.index, end, fetchOffset, timeNs, reason);
            ctx.events.warn(slot.name + ": " + reason);
            ctx.onGap.accept(slot.name + ": " + reason);
        }
    }
}
