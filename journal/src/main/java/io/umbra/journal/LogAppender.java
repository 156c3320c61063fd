package io.umbra.journal;

import io.umbra.journal.InvalidBatchException.Reason;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes batches into a log, whole or in chunks: validates, lets the {@link LogWriter} put the bytes on disk, and only
 * then changes what is known in memory, which cannot fail.
 */
final class LogAppender
{
    private final LogState state;
    private final LogWriter writer;
    private final BatchValidator validator = new BatchValidator();
    private final ChunkedBatch chunked = new ChunkedBatch();
    private final BatchHeader header = new BatchHeader();
    private final ControlMarker marker = new ControlMarker();
    private final ByteBuffer markerBytes = ByteBuffer.allocate(ControlMarker.MAX_BYTES);
    private final ProducerState.AbortHandler abortHandler = this::onAborted;

    LogAppender(final LogState state, final LogWriter writer)
    {
        this.state = state;
        this.writer = writer;
    }

    /** See {@link PartitionLog#append}. */
    void append(final BatchBytes bytes, final AppendResult result) throws InvalidBatchException, IOException
    {
        if (chunked.isActive())
        {
            throw new InvalidBatchException(
                Reason.CHUNK_ORDER,
                chunked.header().baseOffset,
                "whole batches while " + chunked.received() + " of " + chunked.header().sizeInBytes() +
                    " bytes of a batch in chunks have come");
        }
        if (state.active().isDirect(bytes.length()))
        {
            bytes.stageAt(state.active().size() % DirectFile.BLOCK_SIZE, DirectFile.BLOCK_SIZE);
        }
        validator.validate(bytes, state);
        final LogSegment segment = writer.segmentFor(validator.firstOffset(), validator.lastOffset(), bytes.length());
        final LeaderEpochs before = validator.newEpoch() ? state.epochs.copy() : null;
        final int position = segment.size();
        try
        {
            if (before != null)
            {
                assignEpochs(bytes);
                writer.writeEpochs();
            }
            writer.write(segment, bytes, position);
        }
        catch (final IOException ex)
        {
            if (before != null)
            {
                state.epochs.set(before);
            }
            throw ex;
        }

        // From here on nothing can fail.
        begin(result, segment, position);
        final int length = bytes.length();
        int at = 0;
        while (at < length)
        {
            header.read(bytes, at);
            if (header.isControl())
            {
                markerBytes.clear();
                bytes.copyTo(
                    markerBytes,
                    at + BatchHeader.SIZE,
                    Math.min(markerBytes.capacity(), header.sizeInBytes() - BatchHeader.SIZE));
                marker.read(header, markerBytes.flip());
            }
            commit(segment, header, marker, result);
            at += header.sizeInBytes();
        }
    }

    private void assignEpochs(final BatchBytes bytes)
    {
        int at = 0;
        while (at < bytes.length())
        {
            header.read(bytes, at);
            state.epochs.assign(header.leaderEpoch, header.baseOffset);
            at += header.sizeInBytes();
        }
    }

    /** See {@link PartitionLog#appendChunk}. */
    boolean appendChunk(
        final BatchBytes bytes, final int chunkOffset, final int batchLength, final AppendResult result)
        throws InvalidBatchException, IOException
    {
        final int length = bytes.length();
        try
        {
            if (!chunked.isActive() && chunkOffset == 0)
            {
                validator.validateFirst(chunked.readHeader(bytes, batchLength, state.endOffset), state);
                writer.segmentFor(validator.firstOffset(), validator.lastOffset(), batchLength);
                chunked.begin();
            }
            else if (!chunked.isActive())
            {
                throw new InvalidBatchException(
                    Reason.CHUNK_ORDER, state.endOffset, "chunk at " + chunkOffset + " of a batch that was not begun");
            }
            chunked.checkChunk(chunkOffset, length, batchLength);
        }
        catch (final InvalidBatchException ex)
        {
            giveUpChunks(ex);
            throw ex;
        }
        chunked.feed(bytes);
        final boolean last = chunked.isLast();
        if (last)
        {
            checkCompleteCrc();
        }
        final LogSegment segment = state.active();
        final BatchHeader whole = chunked.header();
        final LeaderEpochs before = last && whole.leaderEpoch > state.epochs.lastEpoch() ? state.epochs.copy() : null;
        try
        {
            if (before != null)
            {
                state.epochs.assign(whole.leaderEpoch, whole.baseOffset);
                writer.writeEpochs();
            }
            writer.write(segment, bytes, segment.size() + chunked.received());
        }
        catch (final IOException ex)
        {
            if (before != null)
            {
                state.epochs.set(before);
            }
            throw ex;
        }
        chunked.onWritten();
        if (last)
        {
            begin(result, segment, segment.size());
            commit(segment, whole, chunked.marker(), result);
            chunked.end();
        }
        return last;
    }

    private void checkCompleteCrc() throws InvalidBatchException
    {
        try
        {
            BatchValidator.checkCrc(chunked.header(), chunked.crc());
        }
        catch (final InvalidBatchException ex)
        {
            giveUpChunks(ex);
            throw ex;
        }
    }

    boolean isReceivingChunks()
    {
        return chunked.isActive();
    }

    /** See {@link PartitionLog#abandonChunks}. */
    void abandonChunks() throws IOException
    {
        if (chunked.isActive())
        {
            chunked.end();
            writer.cutTo(state.active().size());
        }
    }

    private void giveUpChunks(final InvalidBatchException why)
    {
        try
        {
            abandonChunks();
        }
        catch (final IOException ex)
        {
            why.addSuppressed(ex);
        }
    }

    private static void begin(final AppendResult result, final LogSegment segment, final int position)
    {
        result.baseOffset = -1;
        result.segmentBaseOffset = segment.baseOffset();
        result.filePosition = position;
        result.length = 0;
        result.records = 0;
        result.batches = 0;
        result.maxTimestamp = -1;
        result.oldestAppendTime = -1;
    }

    private void commit(
        final LogSegment segment, final BatchHeader batch, final ControlMarker control, final AppendResult result)
    {
        segment.commit(batch);
        state.producers.onBatch(batch, control, abortHandler);
        state.highestProducerId = Math.max(state.highestProducerId, batch.producerId);
        state.digest = RollingDigest.update(state.digest, batch);
        state.endOffset = batch.lastOffset() + 1;
        state.empty = false;
        state.bytesSinceState += batch.sizeInBytes();

        if (result.batches == 0)
        {
            result.baseOffset = batch.baseOffset;
        }
        result.lastOffset = batch.lastOffset();
        result.lastEpoch = batch.leaderEpoch;
        result.length += batch.sizeInBytes();
        result.records += batch.count;
        result.batches++;
        result.maxTimestamp = Math.max(result.maxTimestamp, batch.maxTimestamp);
        if (batch.isLogAppendTime() && (result.oldestAppendTime < 0 || batch.maxTimestamp < result.oldestAppendTime))
        {
            result.oldestAppendTime = batch.maxTimestamp;
        }
        result.digest = state.digest;
    }

    private void onAborted(
        final long producerId, final long firstOffset, final long lastOffset, final long lastStableOffset)
    {
        state.active().transactions().append(producerId, firstOffset, lastOffset, lastStableOffset);
    }
}
