package io.umbra.engine.source;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ReceiveBuffersTest
{
    private static final int MIB = 1 << 20;

    @Test
    void bufferHasExactlyTheSizeAskedForAndIsDirect()
    {
        try (ReceiveBuffers buffers = new ReceiveBuffers(8 * MIB, 2 * MIB))
        {
            for (final int size : new int[]{1, 4096, 4097, 100_000, 2 * MIB, 3 * MIB})
            {
                final ByteBuffer buffer = buffers.tryAllocate(size);
                assertEquals(size, buffer.remaining());
                assertTrue(buffer.isDirect());
                buffers.release(buffer);
            }
            assertEquals(8 * MIB, buffers.availableMemory());
        }
    }

    @Test
    void memoryIsReused()
    {
        try (ReceiveBuffers buffers = new ReceiveBuffers(8 * MIB, 2 * MIB))
        {
            final ByteBuffer first = buffers.tryAllocate(MIB);
            first.putInt(0, 4711);
            buffers.release(first);
            final ByteBuffer second = buffers.tryAllocate(MIB - 10);
            assertEquals(4711, second.getInt(0), "not the same memory");
            buffers.release(second);
        }
    }

    @Test
    void refusesWhenTheBudgetIsUsedUpAndGoesOnAfterRelease()
    {
        try (ReceiveBuffers buffers = new ReceiveBuffers(4 * MIB, 2 * MIB))
        {
            final List<ByteBuffer> held = new ArrayList<>();
            ByteBuffer buffer;
            while (null != (buffer = buffers.tryAllocate(2 * MIB)))
            {
                held.add(buffer);
            }
            assertEquals(2, held.size());
            assertEquals(1, buffers.refusals());
            assertTrue(buffers.isOutOfMemory());
            buffers.release(held.remove(0));
            assertFalse(buffers.isOutOfMemory());
            assertNotNull(buffers.tryAllocate(2 * MIB));
        }
    }

    @Test
    void responseLargerThanTheBudgetIsReceivedAndNotKept()
    {
        try (ReceiveBuffers buffers = new ReceiveBuffers(4 * MIB, 2 * MIB))
        {
            final ByteBuffer large = buffers.tryAllocate(40 * MIB);
            assertEquals(40 * MIB, large.remaining());
            assertNull(buffers.tryAllocate(MIB));
            // The large one may wait for it.
            final ByteBuffer small = buffers.tryAllocate(1);
            assertEquals(1, small.remaining());
            buffers.release(small);
            buffers.release(large);
            assertEquals(40 * MIB + 4096, buffers.peakBytes());
            assertNotNull(buffers.tryAllocate(1));
        }
    }

    @Test
    void neverHoldsMoreThanTheBudgetAndOneResponse()
    {
        final Random random = new Random(3);
        try (ReceiveBuffers buffers = new ReceiveBuffers(16 * MIB, 4 * MIB))
        {
            final List<ByteBuffer> held = new ArrayList<>();
            for (int i = 0; i < 5_000; i++)
            {
                final ByteBuffer buffer = buffers.tryAllocate(1 + random.nextInt(5 * MIB));
                if (null != buffer)
                {
                    held.add(buffer);
                }
                if (null == buffer || random.nextBoolean())
                {
                    buffers.release(held.remove(random.nextInt(held.size())));
                }
                if (held.isEmpty())
                {
                    held.add(buffers.tryAllocate(1));
                }
            }
            assertTrue(buffers.peakBytes() <= 21 * MIB, "held " + buffers.peakBytes());
        }
    }

    @Test
    void foreignBufferIsRefused()
    {
        try (ReceiveBuffers buffers = new ReceiveBuffers(4 * MIB, 2 * MIB))
        {
            final ByteBuffer buffer = buffers.tryAllocate(10);
            buffers.release(buffer);
            assertThrows(IllegalArgumentException.class, () -> buffers.release(buffer));
            assertThrows(IllegalArgumentException.class, () -> buffers.release(ByteBuffer.allocateDirect(10)));
        }
    }
}
