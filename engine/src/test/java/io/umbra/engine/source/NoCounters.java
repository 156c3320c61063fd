package io.umbra.engine.source;

import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

import java.nio.ByteBuffer;

/** Counters that nobody reads. */
final class NoCounters implements FetchCounters
{
    private final AtomicCounter counter = new AtomicCounter(new UnsafeBuffer(ByteBuffer.allocateDirect(1024)), 0);

    @Override
    public AtomicCounter fetchedBytes(final int brokerId)
    {
        return counter;
    }

    @Override
    public AtomicCounter fetchResponses(final int brokerId)
    {
        return counter;
    }

    @Override
    public AtomicCounter backPressure()
    {
        return counter;
    }

    @Override
    public AtomicCounter bufferWaits()
    {
        return counter;
    }

    @Override
    public AtomicCounter receiveBufferPeak()
    {
        return counter;
    }
}
