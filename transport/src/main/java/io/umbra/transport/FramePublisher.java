package io.umbra.transport;

import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.umbra.codecs.control.LogStartAdvancedEncoder;
import io.umbra.codecs.control.OffsetsLostEncoder;
import io.umbra.codecs.control.SourceCondition;
import io.umbra.codecs.control.SourceConditionChangedEncoder;
import io.umbra.codecs.control.SourceDivergedEncoder;
import io.umbra.codecs.data.DataFrameEncoder;
import io.umbra.codecs.data.FrameReferenceEncoder;
import io.umbra.codecs.data.MessageHeaderEncoder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Encodes frames and control messages into a shard's IPC stream. For the FetchAgent's thread only. Every method returns
 * false when the journal is behind (back pressure): the same message must then be offered again later.
 */
public final class FramePublisher
{
    /**
     * Record bytes that one frame carries at most. Large frames become large writes, which a device takes faster.
     */
    public static final int MAX_FRAME_PAYLOAD = 4 * 1024 * 1024 - 256;
    /** A copy of less costs little, and memory that is lent is not the lender's for a while. */
    static final int MIN_LENT_BYTES = 64 * 1024;
    private static final int MAX_TEXT_LENGTH = 512;
    private static final int REFERENCE_LENGTH =
        MessageHeaderEncoder.ENCODED_LENGTH + FrameReferenceEncoder.BLOCK_LENGTH;
    private static final int FRAME_HEADER_LENGTH =
        MessageHeaderEncoder.ENCODED_LENGTH + DataFrameEncoder.BLOCK_LENGTH;

    private final ExclusivePublication publication;
    private final int nodeId;
    private final int shard;
    private final int maxPayload;
    private final UnsafeBuffer headerBuffer = new UnsafeBuffer(ByteBuffer.allocateDirect(1024));
    private final LentMemory lentMemory;
    private final DataFrameEncoder dataFrame = new DataFrameEncoder();
    private final FrameReferenceEncoder frameReference = new FrameReferenceEncoder();
    private final MessageHeaderEncoder dataHeader = new MessageHeaderEncoder();
    private final io.umbra.codecs.control.MessageHeaderEncoder controlHeader =
        new io.umbra.codecs.control.MessageHeaderEncoder();
    private final LogStartAdvancedEncoder logStartAdvanced = new LogStartAdvancedEncoder();
    private final SourceConditionChangedEncoder sourceConditionChanged = new SourceConditionChangedEncoder();
    private final SourceDivergedEncoder sourceDiverged = new SourceDivergedEncoder();
    private final OffsetsLostEncoder offsetsLost = new OffsetsLostEncoder();
    private Runnable onBackPressure;

    FramePublisher(
        final ExclusivePublication publication,
        final LentMemory lentMemory,
        final int nodeId,
        final int shard,
        final int maxFramePayload)
    {
        this.publication = publication;
        this.lentMemory = lentMemory;
        this.nodeId = nodeId;
        this.shard = shard;
        maxPayload = Math.min(maxFramePayload, publication.maxMessageLength() - 256);
    }

    /**
     * Record bytes that fit into one frame of this stream.
     *
     * @return bytes; less than what was configured only with small terms.
     */
    public int maxFramePayload()
    {
        return maxPayload;
    }

    /**
     * Offer whole batches, or a chunk of one.
     *
     * @param header  of the frame.
     * @param records holds the record bytes.
     * @param offset  of the first of them.
     * @param length  in bytes, at most {@link #maxFramePayload()}.
     * @return true if the frame is in the stream, false to try again.
     */
    public boolean dataFrame(final FrameHeader header, final DirectBuffer records, final int offset, final int length)
    {
        encodeFrame(header, length, 0);
        return sent(publication.offer(headerBuffer, 0, FRAME_HEADER_LENGTH, records, offset, length));
    }

    /**
     * As {@link #dataFrame}, but the bytes may stay where they are: they must not change before {@link #isRead} says
     * that the reader is behind {@link #lentPosition()}. They are copied after all if they are few, or if others than
     * the JournalAgent read the stream.
     *
     * @param header  of the frame.
     * @param records holds the record bytes; over a {@link ByteBuffer}.
     * @param offset  of the first of them.
     * @param length  in bytes, at most {@link #maxFramePayload()}.
     * @return true if the frame is in the stream, false to try again.
     */
    public boolean lendFrame(final FrameHeader header, final DirectBuffer records, final int offset, final int length)
    {
        if (null == lentMemory || length < MIN_LENT_BYTES)
        {
            return dataFrame(header, records, offset, length);
        }
        if (!lentMemory.hasRoom())
        {
            return false;
        }
        frameReference.wrapAndApplyHeader(headerBuffer, 0, dataHeader)
            .slot(lentMemory.prepare(records.byteBuffer()))
            .firstByte(records.wrapAdjustment() + offset);
        encodeFrame(header, length, REFERENCE_LENGTH);
        if (!sent(publication.offer(headerBuffer, 0, REFERENCE_LENGTH + FRAME_HEADER_LENGTH)))
        {
            return false;
        }
        lentMemory.published(publication.position());
        return true;
    }

    /**
     * Position behind the last frame whose bytes were not copied.
     *
     * @return position in bytes; 0 if there is none.
     */
    public long lentPosition()
    {
        return null == lentMemory ? 0 : lentMemory.endPosition();
    }

    /**
     * Whether the JournalAgent is done with all up to a position.
     *
     * @param lentPosition as {@link #lentPosition()} said it.
     * @return true if what was lent up to there is its owner's again.
     */
    public boolean isRead(final long lentPosition)
    {
        return null == lentMemory || lentMemory.isRead(lentPosition);
    }

    private void encodeFrame(final FrameHeader header, final int length, final int at)
    {
        dataFrame.wrapAndApplyHeader(headerBuffer, at, dataHeader)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(header.partitionIndex)
            .assignmentEpoch(header.assignmentEpoch)
            .leaderEpoch(header.leaderEpoch)
            .leaderId(header.leaderId)
            .fetchOffset(header.fetchOffset)
            .baseOffset(header.baseOffset)
            .lastOffset(header.lastOffset)
            .sourceHighWatermark(header.sourceHighWatermark)
            .sourceLogStartOffset(header.sourceLogStartOffset)
            .fetchTimeNs(header.fetchTimeNs)
            .length(length)
            .chunkOffset(header.chunkOffset)
            .batchLength(header.batchLength);
    }

    /**
     * Offer news of the source's log start offset.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param assignmentEpoch current one.
     * @param logStartOffset  first offset that the source still has.
     * @param timeNs          wall clock, nanoseconds since 1970.
     * @return true if the message is in the stream, false to try again.
     */
    public boolean logStartAdvanced(
        final int partitionIndex, final int assignmentEpoch, final long logStartOffset, final long timeNs)
    {
        logStartAdvanced.wrapAndApplyHeader(headerBuffer, 0, controlHeader)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .assignmentEpoch(assignmentEpoch)
            .logStartOffset(logStartOffset)
            .timeNs(timeNs);
        return offerControl(logStartAdvanced.encodedLength());
    }

    /**
     * Offer that fetching of a partition begins anew, or has stopped with a fault.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param assignmentEpoch the epoch that begins, or the one that ends in a fault.
     * @param fetchOffset     next offset to fetch.
     * @param timeNs          wall clock, nanoseconds since 1970.
     * @param condition       what has become of it.
     * @param text            reason for people; may be empty.
     * @return true if the message is in the stream, false to try again.
     */
    public boolean sourceConditionChanged(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fetchOffset,
        final long timeNs,
        final SourceCondition condition,
        final String text)
    {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        sourceConditionChanged.wrapAndApplyHeader(headerBuffer, 0, controlHeader)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .assignmentEpoch(assignmentEpoch)
            .fetchOffset(fetchOffset)
            .timeNs(timeNs)
            .condition(condition)
            .putText(bytes, 0, Math.min(bytes.length, MAX_TEXT_LENGTH));
        return offerControl(sourceConditionChanged.encodedLength());
    }

    /**
     * Offer that the source's history is another one than the log's.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param assignmentEpoch current one.
     * @param fetchOffset     that was asked for.
     * @param leaderEpoch     largest of the source at or below the log's last one; -1 if it has none.
     * @param endOffset       of that epoch at the source.
     * @param timeNs          wall clock, nanoseconds since 1970.
     * @return true if the message is in the stream, false to try again.
     */
    public boolean sourceDiverged(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fetchOffset,
        final int leaderEpoch,
        final long endOffset,
        final long timeNs)
    {
        sourceDiverged.wrapAndApplyHeader(headerBuffer, 0, controlHeader)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .assignmentEpoch(assignmentEpoch)
            .fetchOffset(fetchOffset)
            .leaderEpoch(leaderEpoch)
            .endOffset(endOffset)
            .timeNs(timeNs);
        return offerControl(sourceDiverged.encodedLength());
    }

    /**
     * Offer that the source has dropped offsets that the journal did not have yet.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param assignmentEpoch current one.
     * @param fromOffset      that was asked for.
     * @param toOffset        first offset that the source still has.
     * @param timeNs          wall clock, nanoseconds since 1970.
     * @return true if the message is in the stream, false to try again.
     */
    public boolean offsetsLost(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fromOffset,
        final long toOffset,
        final long timeNs)
    {
        offsetsLost.wrapAndApplyHeader(headerBuffer, 0, controlHeader)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .assignmentEpoch(assignmentEpoch)
            .fromOffset(fromOffset)
            .toOffset(toOffset)
            .timeNs(timeNs);
        return offerControl(offsetsLost.encodedLength());
    }

    /**
     * Position behind the last message, for whoever waits until all of it has been consumed.
     *
     * @return position in bytes.
     */
    public long position()
    {
        return publication.position();
    }

    /**
     * Id of the publication's session, by which others find what they know of the stream.
     *
     * @return the id.
     */
    public int sessionId()
    {
        return publication.sessionId();
    }

    /**
     * Have somebody look who holds the stream up. Before the first message is offered.
     *
     * @param listener told each time that a message cannot be offered because a subscriber is behind; on the thread
     *                 that offers, so it must neither wait nor allocate.
     */
    public void onBackPressure(final Runnable listener)
    {
        onBackPressure = listener;
    }

    private boolean offerControl(final int encodedLength)
    {
        return sent(publication.offer(headerBuffer, 0,
            io.umbra.codecs.control.MessageHeaderEncoder.ENCODED_LENGTH + encodedLength));
    }

    private boolean sent(final long result)
    {
        if (result > 0)
        {
            return true;
        }
        if (Publication.BACK_PRESSURED == result && null != onBackPressure)
        {
            onBackPressure.run();
        }
        if (Publication.BACK_PRESSURED == result || Publication.ADMIN_ACTION == result ||
            Publication.NOT_CONNECTED == result)
        {
            return false;
        }
        throw new TransportException("shard " + shard + ": IPC stream is gone: " + Publication.errorString(result));
    }
}
