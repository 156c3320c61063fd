package io.umbra.transport;

import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.Header;
import io.umbra.codecs.control.LogStartAdvancedDecoder;
import io.umbra.codecs.control.OffsetsLostDecoder;
import io.umbra.codecs.control.SourceConditionChangedDecoder;
import io.umbra.codecs.control.SourceDivergedDecoder;
import io.umbra.codecs.data.DataFrameDecoder;
import io.umbra.codecs.data.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/**
 * Decodes a shard's IPC stream. For the JournalAgent's thread only.
 * <p>
 * It peeks at the stream and moves the subscription's position only over messages that the handler is done with, so the
 * handler can write a frame straight from the IPC buffer with one gather write, and can have it again when the disk is
 * full. Nothing is reassembled or copied: a message of several fragments is handed out as slices. A message whose end
 * is not published yet is looked at again at the next poll.
 */
public final class FramePoller
{
    private final Subscription subscription;
    private final Image image;
    private final ControlledFragmentHandler fragmentHandler = this::onFragment;
    private final FrameHeader header = new FrameHeader();
    private final MessageHeaderDecoder messageHeader = new MessageHeaderDecoder();
    private final DataFrameDecoder dataFrame = new DataFrameDecoder();
    private final LogStartAdvancedDecoder logStartAdvanced = new LogStartAdvancedDecoder();
    private final SourceConditionChangedDecoder sourceConditionChanged = new SourceConditionChangedDecoder();
    private final SourceDivergedDecoder sourceDiverged = new SourceDivergedDecoder();
    private final OffsetsLostDecoder offsetsLost = new OffsetsLostDecoder();
    private FrameHandler handler;
    private int limitBytes;
    private int bytes;
    private int messages;

    FramePoller(final Subscription subscription, final Image image)
    {
        this.subscription = subscription;
        this.image = image;
    }

    /**
     * Hand out complete messages, at most to the end of the current term.
     *
     * @param handler    of the messages.
     * @param limitBytes after which no further message is begun.
     * @return messages that the handler is done with.
     */
    public int poll(final FrameHandler handler, final int limitBytes)
    {
        this.handler = handler;
        this.limitBytes = limitBytes;
        bytes = 0;
        messages = 0;
        final long position = image.position();
        final long consumed = image.controlledPeek(position, fragmentHandler, position + image.termBufferLength());
        if (consumed != position)
        {
            image.position(consumed);
        }
        return messages;
    }

    /**
     * How far the stream has been consumed.
     *
     * @return position in bytes, comparable with {@link FramePublisher#position()}.
     */
    public long position()
    {
        return image.position();
    }

    /**
     * Whether the stream is gone, which ends the agent.
     *
     * @return true once the image or the subscription is closed.
     */
    public boolean isClosed()
    {
        return image.isClosed() || subscription.isClosed();
    }

    private ControlledFragmentHandler.Action onFragment(
        final DirectBuffer buffer, final int offset, final int length, final Header fragment)
    {
        final byte flags = fragment.flags();
        final boolean isBegin = FrameDescriptor.BEGIN_FRAG_FLAG == (flags & FrameDescriptor.BEGIN_FRAG_FLAG);
        final boolean isEnd = FrameDescriptor.END_FRAG_FLAG == (flags & FrameDescriptor.END_FRAG_FLAG);
        boolean isDone = true;
        if (isBegin)
        {
            messageHeader.wrap(buffer, offset);
            if (DataFrameDecoder.SCHEMA_ID != messageHeader.schemaId())
            {
                // Control messages fit into one fragment.
                isDone = onControlMessage(buffer, offset);
                return isDone ? consumed(length) : ControlledFragmentHandler.Action.ABORT;
            }
            onFrameBegin(buffer, offset, length);
        }
        else
        {
            handler.onFramePayload(buffer.byteBuffer(), buffer.wrapAdjustment() + offset, length);
        }
        bytes += length;
        if (isEnd)
        {
            isDone = handler.onFrameEnd(header);
            return isDone ? consumed(0) : ControlledFragmentHandler.Action.ABORT;
        }
        return ControlledFragmentHandler.Action.CONTINUE;
    }

    private ControlledFragmentHandler.Action consumed(final int length)
    {
        messages++;
        bytes += length;
        return bytes >= limitBytes ?
            ControlledFragmentHandler.Action.BREAK : ControlledFragmentHandler.Action.CONTINUE;
    }

    private void onFrameBegin(final DirectBuffer buffer, final int offset, final int length)
    {
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
        handler.onFrameBegin();
        final int headerLength = MessageHeaderDecoder.ENCODED_LENGTH + messageHeader.blockLength();
        handler.onFramePayload(
            buffer.byteBuffer(), buffer.wrapAdjustment() + offset + headerLength, length - headerLength);
    }

    private boolean onControlMessage(final DirectBuffer buffer, final int offset)
    {
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
                throw new TransportException("unknown message in the IPC stream: schema " +
                    messageHeader.schemaId() + ", template " + messageHeader.templateId());
        }
    }
}
