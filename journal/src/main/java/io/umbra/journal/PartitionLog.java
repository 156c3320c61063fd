package io.umbra.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The shadow of one partition: record batches of message format v2, byte for byte and at their offsets, in Kafka's log
 * layout. One thread writes (the journal agent); only {@link FlushTicket#force()} runs elsewhere. After any crash
 * {@link #open} brings back a prefix of what was written, or says what is missing.
 * <p>
 * An I/O error in an append leaves the log as it was before, and the same append may be tried again. An I/O error in
 * {@link #truncateTo} or {@link #startAt} may leave the directory between two states: the log then refuses all but
 * {@link #close()}, and opening it again finishes the job.
 */
public final class PartitionLog implements AutoCloseable
{
    private final PartitionLogContext ctx;
    private final RecoveryReport recoveryReport;

    private LogState state;
    private LogWriter writer;
    private LogAppender appender;
    private FlushTicket ticket;
    private long generation;
    private long durableOffset;
    private long durableDigest;
    private long recoveryPoint;
    private long recoveryDigest;
    private boolean closed;
    private String unusable;

    private PartitionLog(final PartitionLogContext ctx, final RecoveryReport report, final LogState state)
    {
        this.ctx = ctx;
        this.recoveryReport = report;
        adopt(state);
    }

    /**
     * Opens a partition's directory, or creates it, and runs recovery. What recovery leaves is durable.
     *
     * @param ctx what to open, and how.
     * @return the log.
     * @throws IOException      if reading or writing fails.
     * @throws JournalException if the directory holds another topic id.
     */
    public static PartitionLog open(final PartitionLogContext ctx) throws IOException
    {
        ctx.conclude();
        final RecoveryReport report = new RecoveryReport();
        return new PartitionLog(ctx, report, new LogRecovery(ctx, report).recover());
    }

    private void adopt(final LogState newState)
    {
        if (state != null)
        {
            newState.highestProducerId = Math.max(newState.highestProducerId, state.highestProducerId);
        }
        state = newState;
        writer = new LogWriter(ctx, newState);
        appender = new LogAppender(newState, writer);
        allDurable();
    }

    private void allDurable()
    {
        durableOffset = state.endOffset;
        durableDigest = state.digest;
        recoveryPoint = durableOffset;
        recoveryDigest = durableDigest;
    }

    /** @return what opening found. */
    public RecoveryReport recoveryReport()
    {
        return recoveryReport;
    }

    /** @return topic name. */
    public String topic()
    {
        return ctx.topic();
    }

    /** @return partition number. */
    public int partition()
    {
        return ctx.partition();
    }

    /** @return topic id. */
    public UUID topicId()
    {
        return ctx.topicId();
    }

    /** @return the partition's directory. */
    public Path directory()
    {
        return ctx.directory();
    }

    /** @return first offset that is visible; it may lie inside the first batch. */
    public long logStartOffset()
    {
        return state.logStartOffset;
    }

    /** @return next offset to be appended: last offset of the last batch plus one. */
    public long endOffset()
    {
        return state.endOffset;
    }

    /** @return offset below which everything is on disk for certain. */
    public long durableOffset()
    {
        return durableOffset;
    }

    /** @return {@link RollingDigest} at {@link #durableOffset()}. */
    public long durableDigest()
    {
        return durableDigest;
    }

    /**
     * @return offset below which the indexes and all else are on disk as well as the log: recovery begins here, and
     * makes anew what belongs to the batches above. At most {@link #durableOffset()}.
     */
    public long recoveryPoint()
    {
        return recoveryPoint;
    }

    /** @return {@link RollingDigest} at {@link #recoveryPoint()}. */
    public long recoveryDigest()
    {
        return recoveryDigest;
    }

    /** @return leader epoch of the last batch, -1 when there is none. */
    public int lastEpoch()
    {
        return state.epochs.lastEpoch();
    }

    /**
     * End offset of the largest leader epoch at or below the one asked for (KIP-101, KIP-279): where a log that
     * diverges in that epoch has to be cut.
     *
     * @param leaderEpoch asked for.
     * @return the offset, or -1 if no such epoch is in the log.
     */
    public long endOffsetForEpoch(final int leaderEpoch)
    {
        return state.epochs.endOffsetFor(leaderEpoch, state.endOffset);
    }

    /** @return {@link RollingDigest} at {@link #endOffset()}. */
    public long digest()
    {
        return state.digest;
    }

    /**
     * @return the highest producer id in any batch that was appended, and of those before that recovery came by; -1 if
     * there was none. It never falls, whatever is truncated, deleted or forgotten.
     */
    public long highestProducerId()
    {
        return state.highestProducerId;
    }

    /** @return bytes of all segment files, indexes not counted. */
    public long sizeInBytes()
    {
        long bytes = 0;
        for (final LogSegment segment : state.segments.values())
        {
            bytes += segment.size();
        }
        return bytes;
    }

    /**
     * @return first offset of the oldest open transaction, or the end offset: READ_COMMITTED consumers read up to here.
     */
    public long lastStableOffset()
    {
        final long undecided = state.producers.firstUndecidedOffset();
        return undecided < 0 ? state.endOffset : Math.max(undecided, state.logStartOffset);
    }

    /**
     * @return true if there is no batch: then the first append may begin at any offset, and below the one asked for.
     */
    public boolean isEmpty()
    {
        return state.empty;
    }

    /**
     * Appends whole batches, all or none. They are validated before a byte is written: message format, lengths that
     * fill the bytes exactly, CRC-32C, offsets and leader epochs in order, record counts. Journal thread.
     *
     * @param bytes  one or more whole batches.
     * @param result filled with what was done.
     * @throws InvalidBatchException if they may not be appended; the log is unchanged.
     * @throws IOException           if writing fails; the log is as it was, and the append may be tried again.
     */
    public void append(final BatchBytes bytes, final AppendResult result) throws InvalidBatchException, IOException
    {
        ensureUsable();
        appender.append(bytes, result);
    }

    /**
     * Appends a chunk of one batch that is too large for a message. Chunks come in order and without anything between.
     * The header is validated with the first, which must hold all its 61 bytes; the CRC runs along; the batch becomes
     * visible with the last. Journal thread.
     *
     * @param bytes       of the chunk.
     * @param chunkOffset position of the chunk in the batch.
     * @param batchLength bytes of the whole batch.
     * @param result      filled only if this was the last chunk.
     * @return true if this was the last chunk.
     * @throws InvalidBatchException if the chunk is not the next one or the batch may not be appended; what had come of
     *                               the
     *                               batch is given up.
     * @throws IOException           if writing fails; the same chunk may be tried again.
     */
    public boolean appendChunk(
        final BatchBytes bytes, final int chunkOffset, final int batchLength, final AppendResult result)
        throws InvalidBatchException, IOException
    {
        ensureUsable();
        return appender.appendChunk(bytes, chunkOffset, batchLength, result);
    }

    /** @return true while some but not all chunks of a batch have come. */
    public boolean isReceivingChunks()
    {
        return appender.isReceivingChunks();
    }

    /**
     * Gives up a batch of which not all chunks have come: the log goes back to its last whole batch. Does nothing if
     * there is none. Journal thread.
     *
     * @throws IOException if the file could not be cut; it will be before the next append.
     */
    public void abandonChunks() throws IOException
    {
        appender.abandonChunks();
    }

    /**
     * Sets where an empty log begins: the first offset that is expected, and the log start. Journal thread.
     *
     * @param offset first expected offset.
     * @throws IllegalStateException if the log is not empty.
     * @throws IOException           if the first segment cannot be created anew.
     */
    public void startAt(final long offset) throws IOException
    {
        ensureUsable();
        if (!state.empty || state.segments.size() > 1)
        {
            throw new IllegalStateException(directory() + " is not empty");
        }
        abandonChunks();
        if (state.active().baseOffset() != offset)
        {
            writer.replaceEmptyActive(offset);
        }
        state.logStartOffset = offset;
        state.endOffset = offset;
        allDurable();
    }

    /**
     * Moves the log start up, as the source's has moved, at most to the end of the log. Segments wholly below it are
     * deleted, except the active one. The log start itself is durable only with the next checkpoint. Journal thread.
     *
     * @param offset first offset that is to stay visible; a lower one than now changes nothing.
     * @throws IOException if deleting fails; what is left is deleted when the log start moves again.
     */
    public void advanceLogStart(final long offset) throws IOException
    {
        ensureUsable();
        state.logStartOffset = Math.max(state.logStartOffset, Math.min(offset, state.endOffset));
        final List<LogSegment> deletable = new ArrayList<>();
        for (final LogSegment segment : state.segments.values())
        {
            final Long next = state.segments.higherKey(segment.baseOffset());
            if (next == null || next > state.logStartOffset)
            {
                break;
            }
            deletable.add(segment);
        }
        if (state.epochs.truncateFromStart(state.logStartOffset))
        {
            writer.writeEpochs();
        }
        if (deletable.isEmpty())
        {
            return;
        }
        final long first = state.segments.higherKey(deletable.get(deletable.size() - 1).baseOffset());
        // The producer state of what goes is in the snapshot there, and nowhere else then.
        writer.forceSnapshot(first);
        // Anchors first: a segment that they do not list is not missed.
        state.anchors.removeBelow(first);
        writer.writeAnchors(true);
        for (final LogSegment segment : deletable)
        {
            segment.deleteFiles();
            state.segments.remove(segment.baseOffset());
            writer.forget(segment);
            closeUnlessInTicket(segment);
        }
        for (final long snapshot : List.copyOf(state.snapshots.headSet(first)))
        {
            writer.removeSnapshot(snapshot);
        }
    }

    /**
     * Removes every batch that ends at or above an offset; epochs, indexes, producer state and digest follow. The
     * result is durable. Checkpoints that were written before must be written anew before the next append: they speak
     * of the log as it was. Journal thread.
     *
     * @param offset first offset to go.
     * @throws IOException if it fails half-way: close the log and open it again.
     */
    public void truncateTo(final long offset) throws IOException
    {
        truncateTo(offset, null);
    }

    /**
     * As {@link #truncateTo}, for a source whose history has diverged: what goes is kept first, in a directory of its
     * own under <code>diverged/&lt;topic&gt;-&lt;partition&gt;/</code> of the journal directory, with a manifest. If
     * keeping it fails nothing has changed, and the same call may be made again. If there is no batch at or above the
     * offset, nothing is kept. Journal thread.
     *
     * @param offset first offset to go.
     * @param reason for the manifest: what the source said.
     * @return the directory in which the suffix is kept; null if nothing had to go.
     * @throws IOException if it fails; {@link #isUsable} says whether it can be tried again.
     */
    public Path branchAt(final long offset, final String reason) throws IOException
    {
        final LogBranch branch = new LogBranch(ctx, state, reason);
        truncateTo(offset, branch);
        return branch.directory();
    }

    /** @return false if a truncation has failed half-way, or the log is closed: it has to be opened again. */
    public boolean isUsable()
    {
        return !closed && unusable == null;
    }

    /**
     * Passes over offsets that the source does not have any more, and that never came: the next batch is expected at
     * the offset given. The gap is where a segment begins. Journal thread.
     *
     * @param offset next offset to be appended, above {@link #endOffset()}.
     * @throws IllegalArgumentException if it is not.
     * @throws IOException              if the segment cannot be created; it may be tried again.
     */
    public void skipTo(final long offset) throws IOException
    {
        ensureUsable();
        if (offset <= state.endOffset)
        {
            throw new IllegalArgumentException(offset + " is not above the end of the log, " + state.endOffset);
        }
        if (state.empty && state.segments.size() == 1)
        {
            startAt(offset);
            return;
        }
        abandonChunks();
        writer.beginSegmentAt(offset);
        state.endOffset = offset;
    }

    /**
     * Lets the log go on in a segment of its own, at its end or behind a gap.
     *
     * @param offset next one to be appended, not below the end of the log.
     */
    void beginSegment(final long offset) throws IOException
    {
        if (offset > state.endOffset)
        {
            skipTo(offset);
        }
        else if (state.active().size() > 0 || state.active().baseOffset() != offset)
        {
            writer.beginSegmentAt(offset);
        }
    }

    List<ProducerState.Entry> openTransactions()
    {
        return state.producers.openTransactions();
    }

    private void truncateTo(final long offset, final LogBranch branch) throws IOException
    {
        ensureUsable();
        abandonChunks();
        if (offset >= state.endOffset || state.empty)
        {
            return;
        }
        unusable = "truncation to " + offset + " failed half-way";
        final long from;
        try
        {
            from = new LogTruncation(ctx, state).truncateTo(offset, branch);
        }
        catch (final IOException ex)
        {
            if (branch != null && !branch.isKept())
            {
                unusable = null;
            }
            throw ex;
        }
        generation++;
        for (final LogSegment segment : state.segments.values())
        {
            closeUnlessInTicket(segment);
        }
        final PartitionLogContext reopened = ctx.reopened(
            Math.min(recoveryPoint, from), Math.min(state.logStartOffset, from));
        adopt(new LogRecovery(reopened, new RecoveryReport()).recover());
        unusable = null;
    }

    private void closeUnlessInTicket(final LogSegment segment) throws IOException
    {
        // A file that is being forced elsewhere is closed when the ticket comes back.
        if (ticket == null || !ticket.segments().contains(segment))
        {
            segment.close();
        }
    }

    /**
     * Begins a flush of all that was appended so far: writes index entries out and hands over what must be forced.
     * Journal thread.
     *
     * @return null when there is nothing new, and while an earlier ticket has not come back.
     * @throws IOException if writing fails; nothing is lost, and it may be tried again.
     */
    public FlushTicket prepareFlush() throws IOException
    {
        ensureUsable();
        if (ticket != null || recoveryPoint == state.endOffset && !writer.hasUnforced())
        {
            return null;
        }
        ticket = writer.ticket(this, generation);
        return ticket;
    }

    /**
     * Begins a flush of the log's bytes alone, one file where {@link #prepareFlush()} has several: {@link
     * #durableOffset()} moves up, {@link #recoveryPoint()} does not. After a roll, or when another file was replaced,
     * it is the whole flush. Journal thread.
     *
     * @return null when there is nothing new, and while an earlier ticket has not come back.
     * @throws IOException if writing fails; nothing is lost, and it may be tried again.
     */
    public FlushTicket prepareLogFlush() throws IOException
    {
        ensureUsable();
        if (writer.hasUnforced())
        {
            return prepareFlush();
        }
        if (ticket != null || durableOffset == state.endOffset)
        {
            return null;
        }
        ticket = writer.logTicket(this, generation);
        return ticket;
    }

    void onFlushed(final FlushTicket returned, final boolean forced)
    {
        if (ticket == returned)
        {
            ticket = null;
        }
        if (closed)
        {
            for (final LogSegment segment : returned.segments())
            {
                segment.closeQuietly();
            }
            return;
        }
        // A ticket from before a truncation speaks of bytes that are gone; the truncation forced what it left.
        if (returned.generation() == generation)
        {
            if (forced)
            {
                durableOffset = returned.endOffset();
                durableDigest = returned.digest();
                if (returned.isWhole())
                {
                    recoveryPoint = durableOffset;
                    recoveryDigest = durableDigest;
                }
            }
            else
            {
                writer.takeBack(returned);
            }
        }
        for (final LogSegment segment : returned.segments())
        {
            final boolean current = state.segments.get(segment.baseOffset()) == segment;
            if (!current || segment != state.active() && !writer.isUnforced(segment))
            {
                segment.closeQuietly();
            }
        }
    }

    /**
     * Closes the files for now, so that many more logs can be had than files can be open; the next append opens what it
     * needs. Journal thread.
     *
     * @return false if something is not durable yet: then nothing is closed, because an error of the device that comes
     * after would go unseen.
     * @throws IOException if closing fails; the files count as closed.
     */
    public boolean closeFiles() throws IOException
    {
        if (ticket != null || appender.isReceivingChunks() || recoveryPoint != state.endOffset || writer.hasUnforced())
        {
            return false;
        }
        state.active().close();
        return true;
    }

    /**
     * Closes the files whatever is not durable yet, of a log that takes nothing more until it is opened again. No
     * ticket may be out. Journal thread.
     */
    public void abandonFiles()
    {
        for (final LogSegment segment : state.segments.values())
        {
            segment.closeQuietly();
        }
    }

    /**
     * Flushes, forces and closes, with a producer snapshot at the end: opening again has next to nothing to do. A batch
     * of which not all chunks have come is given up. Return a ticket that is out before. Journal thread.
     *
     * @throws IOException if something could not be written; the files are closed all the same.
     */
    @Override
    public void close() throws IOException
    {
        if (closed)
        {
            return;
        }
        try
        {
            if (unusable == null)
            {
                abandonChunks();
                state.active().indexes().seal();
                if (!state.empty)
                {
                    writer.writeState();
                    writer.removeSnapshotPoints(1);
                }
                if (ticket != null)
                {
                    writer.takeBack(ticket);
                }
                writer.ticket(this, generation).force();
                allDurable();
            }
        }
        finally
        {
            closed = true;
            for (final LogSegment segment : state.segments.values())
            {
                segment.closeQuietly();
            }
        }
    }

    private void ensureUsable()
    {
        if (closed)
        {
            throw new IllegalStateException(directory() + " is closed");
        }
        if (unusable != null)
        {
            throw new IllegalStateException(directory() + ": " + unusable + "; close it and open it again");
        }
    }
}
