package io.umbra.transport;

import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;

/**
 * Decodes a shard's IPC stream. For the JournalAgent's thread only.
 * <p>
 * It peeks at the stream and moves the subscription's position only over messages that the handler is done with, so the
 * handler can write a frame straight from the IPC buffer with one gather write, and can have it again when the disk is
 * full. Nothing is reassembled or copied: a message of several fragments is handed out as slices. A message whose end
 * is not published yet is looked at again at the next poll.
 */
public final class FramePoller implements FrameSource
{
    private final Subscription subscription;
    private final Image image;
    private final ControlledFragmentHandler fragmentHandler = this::onFragment;
    private final FrameDecoder decoder;
    private FrameHandler handler;
    private int limitBytes;
    private int bytes;
    private int messages;

    FramePoller(final Subscription subscription, final Image image, final LentMemory lentMemory)
    {
        decoder = new FrameDecoder(lentMemory);
        this.subscription = subscription;
        this.image = image;
    }

    /** {@inheritDoc} At most to the end of the current term. */
    @Override
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

    /** {@inheritDoc} Comparable with {@link FramePublisher#position()}. From any thread. */
    @Override
    public long position()
    {
        return image.position();
    }

    /**
     * Passes over messages. Before the agent runs whose poller this is.
     *
     * @param position at which the next message begins, not above the publisher's.
     */
    public void skipTo(final long position)
    {
        final long termMask = image.termBufferLength() - 1;
        while (image.position() < position)
        {
            // A term at a time, as the image wants it.
            image.position(Math.min(position, (image.position() | termMask) + 1));
        }
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
        if (!decoder.onFragment(buffer, offset, length, isBegin, isEnd, handler))
        {
            return ControlledFragmentHandler.Action.ABORT;
        }
        bytes += length + (isBegin ? decoder.lentBytes() : 0);
        if (!isEnd)
        {
            return ControlledFragmentHandler.Action.CONTINUE;
        }
        messages++;
        return bytes >= limitBytes ?
            ControlledFragmentHandler.Action.BREAK : ControlledFragmentHandler.Action.CONTINUE;
    }
}
