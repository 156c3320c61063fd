package io.umbra.transport;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;

/**
 * Buffers that frames refer to rather than carry their bytes. The publisher lends one with a frame, and has it back
 * when the reader's position is behind that frame. Lent by the publisher's thread, read by the poller's.
 */
final class LentMemory
{
    private static final int SLOTS = 1024;

    private final LongSupplier readerPosition;
    private final AtomicReferenceArray<ByteBuffer> buffers = new AtomicReferenceArray<>(SLOTS);
    /** Behind the frame for which the slot was used last. */
    private final long[] endPositions = new long[SLOTS];
    private long endPosition;
    private int next;

    /**
     * Nothing is lent yet.
     *
     * @param readerPosition how far the stream's reader is; from any thread.
     */
    LentMemory(final LongSupplier readerPosition)
    {
        this.readerPosition = readerPosition;
    }

    /** Whether a slot is free. */
    boolean hasRoom()
    {
        return isRead(endPositions[next]);
    }

    /** The slot that the reader will find the buffer in, if the frame is published. */
    int prepare(final ByteBuffer buffer)
    {
        buffers.setRelease(next, buffer);
        return next;
    }

    /** The frame for which a slot was prepared is in the stream, which now ends at a position. */
    void published(final long position)
    {
        endPositions[next] = position;
        endPosition = position;
        next = (next + 1) % SLOTS;
    }

    /** Position behind the last frame whose memory was lent. */
    long endPosition()
    {
        return endPosition;
    }

    boolean isRead(final long position)
    {
        return readerPosition.getAsLong() >= position;
    }

    /** What a frame refers to. */
    ByteBuffer at(final int slot)
    {
        return buffers.getAcquire(slot);
    }
}
