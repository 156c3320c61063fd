package io.umbra.transport;

import io.umbra.codecs.control.LogStartAdvancedDecoder;
import io.umbra.codecs.control.OffsetsLostDecoder;
import io.umbra.codecs.control.SourceConditionChangedDecoder;
import io.umbra.codecs.control.SourceDivergedDecoder;
import io.umbra.codecs.data.DataFrameDecoder;
import io.umbra.codecs.data.FrameReferenceDecoder;
import io.umbra.codecs.data.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/**
 * Decodes the messages of a shard's stream, fragment by fragment and in place. One thread.
 * <p>
 * Messages of all schema versions from {@link #MIN_SCHEMA_VERSION} up to this build's are understood: fields are only
 * ever appended.
 */
public final class FrameDecoder
{
    /** The oldest version of the data and control schemas that is understood. */
    public static final int MIN_SCHEMA_VERSION = 1;

    private final LentMemory lentMemory;
    private final FrameHeader header = new FrameHeader();
    private final MessageHeaderDecoder messageHeader = new MessageHeaderDecoder();
    private final DataFrameDecoder dataFrame = new DataFrameDecoder();
    private final FrameReferenceDecoder frameReference = new FrameReferenceDecoder();
    private final LogStartAdvancedDecoder logStartAdvanced = new LogStartAdvancedDecoder();
    private final SourceConditionChangedDecoder sourceConditionChanged = new SourceConditionChangedDecoder();
    private final SourceDivergedDecoder sourceDiverged = new SourceDivergedDecoder();
    private final OffsetsLostDecoder offsetsLost = new OffsetsLostDecoder();

    private int lentBytes;

    /** Of a stream whose frames carry their bytes, as recorded ones do. */
    public FrameDecoder()
    {
        this(null);
    }

    /**
     * Of a stream in this process.
     *
     * @param lentMemory that frames may refer to; null if there is none.
     */
    FrameDecoder(final LentMemory lentMemory)
    {
        this.lentMemory = lentMemory;
    }

    /** Bytes that the message of the last fragment does not carry itself. */
    int lentBytes()
    {
        return lentBytes;
    }

    /**
     * Takes one fragment.
     *
     * @param buffer  holds it.
     * @param offset  of its first byte.
     * @param length  in bytes.
     * @param isBegin whether a message begins with it.
     * @param isEnd   whether the message ends with it.
     * @param handler of the messages.
     * @return false if the message has ended and the handler wants to have it again as a whole.
     * @throws TransportException if it is none of Umbra's messages, or of a version that is not understood.
     */
    public boolean onFragment(
        final DirectBuffer buffer,
        final int offset,
        final int length,
        final boolean isBegin,
        final boolean isEnd,
        final FrameHandler handler)
    {
        if (isBegin)
        {
            lentBytes = 0;
            messageHeader.wrap(buffer, offset);
            if (DataFrameDecoder.SCHEMA_ID != messageHeader.schemaId())
            {
                // Control messages fit into one fragment.
                return onControlMessage(buffer, offset, handler);
            }
            if (FrameReferenceDecoder.TEMPLATE_ID == messageHeader.templateId())
            {
                onLentFrame(buffer, offset, handler);
            }
            else
            {
                onFrameBegin(buffer, offset, length, handler);
            }
        }
        else
        {
            handler.onFramePayload(buffer.byteBuffer(), buffer.wrapAdjustment() + offset, length);
        }
        return !isEnd || handler.onFrameEnd(header);
    }

    private void onLentFrame(final DirectBuffer buffer, final int offset, final FrameHandler handler)
    {
        if (null == lentMemory)
        {
            throw new TransportException("a frame whose bytes are in the memory of the process that published it");
        }
        final int bodyOffset = offset + MessageHeaderDecoder.ENCODED_LENGTH;
        frameReference.wrap(buffer, bodyOffset, messageHeader.blockLength(), messageHeader.version());
        final int frameOffset = bodyOffset + messageHeader.blockLength();
        messageHeader.wrap(buffer, frameOffset);
        decodeFrame(buffer, frameOffset);
        lentBytes = dataFrame.length();
        handler.onFrameBegin();
        handler.onFramePayload(lentMemory.at(frameReference.slot()), frameReference.firstByte(), lentBytes);
    }

    private void onFrameBegin(
        final DirectBuffer buffer, final int offset, final int length, final FrameHandler handler)
    {
        decodeFrame(buffer, offset);
        handler.onFrameBegin();
        final int headerLength = MessageHeaderDecoder.ENCODED_LENGTH + messageHeader.blockLength();
        handler.onFramePayload(
            buffer.byteBuffer(), buffer.wrapAdjustment() + offset + headerLength, length - headerLength);
    }

    private void decodeFrame(final DirectBuffer buffer, final int offset)
    {
        checkVersion(DataFrameDecoder.SCHEMA_VERSION);
        dataFrame.wrap(buffer, offset + MessageHeaderDecoder.ENCODED_LENGTH,
            messageHeader.blockLength(), messageHeader.version());
        header.partitionIndex = dataFrame.partitionIndex();
        header.assignmentEpoch = dataFrame.assignmentEpoch();
        header.leaderEpoch = dataFrame.leaderEpoch();
        header.leaderId = dataFrame.leaderId();
        header.fetchOffset = dataFrame.fetchOffset();
        header.baseOffset = dataFrame.baseOffset();
        header.lastOffset = dataFrame.lastOffset();
        header.sourceHighWatermark = dataFrame.sourceHighWatermark();
        header.sourceLogStartOffset = dataFrame.sourceLogStartOffset();
        header.fetchTimeNs = dataFrame.fetchTimeNs();
        header.chunkOffset = dataFrame.chunkOffset();
        header.batchLength = dataFrame.batchLength();
    }

    private boolean onControlMessage(final DirectBuffer buffer, final int offset, final FrameHandler handler)
    {
        if (LogStartAdvancedDecoder.SCHEMA_ID != messageHeader.schemaId())
        {
            throw unknownMessage();
        }
        checkVersion(LogStartAdvancedDecoder.SCHEMA_VERSION);
        final int bodyOffset = offset + MessageHeaderDecoder.ENCODED_LENGTH;
        switch (messageHeader.templateId())
        {
            case LogStartAdvancedDecoder.TEMPLATE_ID:
                logStartAdvanced.wrap(buffer, bodyOffset, messageHeader.blockLength(), messageHeader.version());
                return handler.onLogStartAdvanced(
                    logStartAdvanced.partitionIndex(),
                    logStartAdvanced.assignmentEpoch(),
                    logStartAdvanced.logStartOffset(),
                    logStartAdvanced.timeNs());

            case SourceConditionChangedDecoder.TEMPLATE_ID:
                sourceConditionChanged.wrap(buffer, bodyOffset, messageHeader.blockLength(), messageHeader.version());
                return handler.onSourceConditionChanged(
                    sourceConditionChanged.partitionIndex(),
                    sourceConditionChanged.assignmentEpoch(),
                    sourceConditionChanged.fetchOffset(),
                    sourceConditionChanged.timeNs(),
                    sourceConditionChanged.condition(),
                    sourceConditionChanged.text());

            case SourceDivergedDecoder.TEMPLATE_ID:
                sourceDiverged.wrap(buffer, bodyOffset, messageHeader.blockLength(), messageHeader.version());
                return handler.onSourceDiverged(
                    sourceDiverged.partitionIndex(),
                    sourceDiverged.assignmentEpoch(),
                    sourceDiverged.fetchOffset(),
                    sourceDiverged.leaderEpoch(),
                    sourceDiverged.endOffset(),
                    sourceDiverged.timeNs());

            case OffsetsLostDecoder.TEMPLATE_ID:
                offsetsLost.wrap(buffer, bodyOffset, messageHeader.blockLength(), messageHeader.version());
                return handler.onOffsetsLost(
                    offsetsLost.partitionIndex(),
                    offsetsLost.assignmentEpoch(),
                    offsetsLost.fromOffset(),
                    offsetsLost.toOffset(),
                    offsetsLost.timeNs());

            default:
                throw unknownMessage();
        }
    }

    private void checkVersion(final int ownVersion)
    {
        final int version = messageHeader.version();
        if (version < MIN_SCHEMA_VERSION || version > ownVersion)
        {
            throw new TransportException("a message of schema " + messageHeader.schemaId() + " has version " +
                version + ", this Umbra understands " + MIN_SCHEMA_VERSION + " to " + ownVersion);
        }
    }

    private TransportException unknownMessage()
    {
        return new TransportException("unknown message in the stream: schema " +
            messageHeader.schemaId() + ", template " + messageHeader.templateId());
    }
}
