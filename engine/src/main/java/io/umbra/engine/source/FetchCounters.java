package io.umbra.engine.source;

import org.agrona.concurrent.status.AtomicCounter;

/**
 * Where a FetchAgent gets the counters it shows to the outside.
 */
public interface FetchCounters
{
    /**
     * Bytes of record batches fetched from a broker.
     *
     * @param brokerId id of the broker.
     * @return a counter that only the caller writes.
     */
    AtomicCounter fetchedBytes(int brokerId);

    /**
     * Fetch responses received from a broker.
     *
     * @param brokerId id of the broker.
     * @return a counter that only the caller writes.
     */
    AtomicCounter fetchResponses(int brokerId);

    /**
     * Times that the journal was behind when a frame was offered.
     *
     * @return a counter that only the caller writes.
     */
    AtomicCounter backPressure();

    /**
     * Times that no receive buffer was free.
     *
     * @return a counter that only the caller writes.
     */
    AtomicCounter bufferWaits();

    /**
     * Most bytes of receive buffers ever held.
     *
     * @return a counter that only the caller writes.
     */
    AtomicCounter receiveBufferPeak();
}
