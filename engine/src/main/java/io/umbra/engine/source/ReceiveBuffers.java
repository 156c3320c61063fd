package io.umbra.engine.source;

import org.agrona.BufferUtil;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.network.InvalidReceiveException;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Direct memory that responses are received into: pooled in size classes, reused, bounded. For one thread.
 * <p>
 * A buffer is refused only while the budget is used up, as Kafka's own pools do it: the last one may go over, so that a
 * batch larger than the whole budget can still be received. Memory held is thus at most the budget and one response;
 * and small ones, which are never refused: a response that has all the budget may wait for one.
 * A refused connection is read no further until buffers are given back; that is how back pressure reaches the source.
 */
final class ReceiveBuffers implements MemoryPool, AutoCloseable
{
    private static final int SMALLEST_CLASS = 4096;
    private static final int CLASS_SHIFT = 2;
    private static final int NEVER_REFUSED = 16 * 1024;

    private final long budget;
    private final int largestClass;
    private final ArrayDeque<ByteBuffer>[] free;
    /** Slices handed out, each with the whole buffer that it is a slice of. */
    private final Map<ByteBuffer, ByteBuffer> outstanding = new IdentityHashMap<>();
    private long outstandingBytes;
    private long freeBytes;
    private long peakBytes;
    private long refusals;

    /**
     * Nothing is allocated until it is needed.
     *
     * @param budget           in bytes.
     * @param largestResponse  size of an ordinary full response in bytes; larger buffers are not kept.
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    ReceiveBuffers(final long budget, final int largestResponse)
    {
        this.budget = budget;
        largestClass = largestResponse;
        int classes = 1;
        for (int size = SMALLEST_CLASS; size < largestResponse; size <<= CLASS_SHIFT)
        {
            classes++;
        }
        free = new ArrayDeque[classes];
        for (int i = 0; i < classes; i++)
        {
            free[i] = new ArrayDeque<>();
        }
    }

    @Override
    public ByteBuffer tryAllocate(final int sizeBytes)
    {
        if (isOutOfMemory() && sizeBytes > NEVER_REFUSED)
        {
            refusals++;
            return null;
        }
        final ByteBuffer whole = takeOrFail(sizeBytes);
        outstandingBytes += whole.capacity();
        peakBytes = Math.max(peakBytes, outstandingBytes + freeBytes);
        final ByteBuffer slice = whole.slice(0, sizeBytes);
        outstanding.put(slice, whole);
        return slice;
    }

    /** Whoever speaks another protocol announces a gigabyte soon: that ends its connection, and nothing else. */
    private ByteBuffer takeOrFail(final int sizeBytes)
    {
        try
        {
            return take(sizeBytes);
        }
        catch (final OutOfMemoryError ex)
        {
            throw new InvalidReceiveException(
                "a response of " + sizeBytes + " bytes does not fit into the direct memory: " + ex.getMessage());
        }
    }

    @Override
    public void release(final ByteBuffer previouslyAllocated)
    {
        if (0 == previouslyAllocated.capacity())
        {
            // An empty response, for which nothing was allocated.
            return;
        }
        final ByteBuffer whole = outstanding.remove(previouslyAllocated);
        if (null == whole)
        {
            throw new IllegalArgumentException("not a buffer of this pool, or given back twice: " +
                previouslyAllocated);
        }
        outstandingBytes -= whole.capacity();
        final int sizeClass = sizeClass(whole.capacity());
        if (sizeClass < 0 || outstandingBytes + freeBytes + whole.capacity() > budget)
        {
            BufferUtil.free(whole);
        }
        else
        {
            free[sizeClass].addLast(whole);
            freeBytes += whole.capacity();
        }
    }

    @Override
    public long size()
    {
        return budget;
    }

    @Override
    public long availableMemory()
    {
        return budget - outstandingBytes;
    }

    @Override
    public boolean isOutOfMemory()
    {
        return outstandingBytes >= budget;
    }

    /**
     * Highest number of bytes ever held, buffers kept for reuse included.
     *
     * @return bytes.
     */
    long peakBytes()
    {
        return peakBytes;
    }

    /**
     * How often a buffer was refused.
     *
     * @return count.
     */
    long refusals()
    {
        return refusals;
    }

    @Override
    public void close()
    {
        for (final ArrayDeque<ByteBuffer> buffers : free)
        {
            buffers.forEach(BufferUtil::free);
            buffers.clear();
        }
        freeBytes = 0;
        // The journal may read them still: the collector frees them when it does not.
        outstanding.clear();
        outstandingBytes = 0;
    }

    private ByteBuffer take(final int sizeBytes)
    {
        final int sizeClass = sizeClass(sizeBytes);
        if (sizeClass < 0)
        {
            makeRoom(sizeBytes);
            return ByteBuffer.allocateDirect(sizeBytes);
        }
        // Last in, first out: what was used last is still in the caches.
        final ByteBuffer kept = free[sizeClass].pollLast();
        if (null != kept)
        {
            freeBytes -= kept.capacity();
            return kept;
        }
        final int capacity = capacity(sizeClass);
        makeRoom(capacity);
        return ByteBuffer.allocateDirect(capacity);
    }

    /** Buffers of other classes that are kept for reuse make way, so that the sum stays in the budget. */
    private void makeRoom(final int bytes)
    {
        for (int i = free.length - 1; i >= 0 && outstandingBytes + freeBytes + bytes > budget; i--)
        {
            ByteBuffer buffer;
            while (outstandingBytes + freeBytes + bytes > budget && null != (buffer = free[i].pollFirst()))
            {
                freeBytes -= buffer.capacity();
                BufferUtil.free(buffer);
            }
        }
    }

    private int sizeClass(final int sizeBytes)
    {
        if (sizeBytes > largestClass)
        {
            return -1;
        }
        int index = 0;
        while (capacity(index) < sizeBytes)
        {
            index++;
        }
        return index;
    }

    private int capacity(final int sizeClass)
    {
        return (int)Math.min((long)SMALLEST_CLASS << (sizeClass * CLASS_SHIFT), largestClass);
    }
}
