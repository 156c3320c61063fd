package io.umbra.engine;

import io.aeron.driver.DutyCycleTracker;
import io.aeron.driver.status.DutyCycleStallTracker;
import io.umbra.engine.source.FetchCounters;
import io.umbra.transport.CounterTypes;
import io.umbra.transport.ShardTransport;
import org.agrona.concurrent.status.AtomicCounter;

import java.util.concurrent.TimeUnit;

/**
 * The counters of one shard, in the media driver's counters file, where {@code AeronStat} and its kin find them.
 */
final class ShardCounters implements FetchCounters
{
    private static final long LONG_DUTY_CYCLE_MS = 100;

    private final ShardTransport transport;
    private final int shard;

    ShardCounters(final ShardTransport transport, final int shard)
    {
        this.transport = transport;
        this.shard = shard;
    }

    @Override
    public AtomicCounter fetchedBytes(final int brokerId)
    {
        return counter(CounterTypes.FETCHED_BYTES, "broker " + brokerId + " fetched bytes");
    }

    @Override
    public AtomicCounter fetchResponses(final int brokerId)
    {
        return counter(CounterTypes.FETCH_RESPONSES, "broker " + brokerId + " fetch responses");
    }

    @Override
    public AtomicCounter backPressure()
    {
        return counter(CounterTypes.BACK_PRESSURE, "back pressure events");
    }

    @Override
    public AtomicCounter bufferWaits()
    {
        return counter(CounterTypes.BUFFER_WAITS, "waits for a receive buffer");
    }

    @Override
    public AtomicCounter receiveBufferPeak()
    {
        return counter(CounterTypes.RECEIVE_BUFFER_PEAK, "receive buffer bytes, peak");
    }

    JournalAgent.Counters journal()
    {
        return new JournalAgent.Counters(
            counter(CounterTypes.JOURNALED_BYTES, "journaled bytes"),
            counter(CounterTypes.JOURNALED_RECORDS, "journaled records"),
            counter(CounterTypes.FAULTED_PARTITIONS, "faulted partitions"),
            counter(CounterTypes.STALE_FRAMES, "stale frames dropped"),
            counter(CounterTypes.DISK_WAITS, "waits for the disk"),
            counter(CounterTypes.FILE_WAITS, "waits for a file to be closed"),
            counter(CounterTypes.RETIRED_PARTITIONS, "retired partitions"));
    }

    SourceHistory.Counters history()
    {
        return new SourceHistory.Counters(
            counter(CounterTypes.DIVERGENCES, "divergences of the source"),
            counter(CounterTypes.GAPS, "gaps left by the source"));
    }

    /**
     * How long the duty cycles of one of the shard's agents take.
     *
     * @param agent what it does, in a word.
     * @return a tracker that only that agent updates.
     */
    DutyCycleTracker dutyCycle(final String agent)
    {
        return new DutyCycleStallTracker(
            counter(CounterTypes.MAX_DUTY_CYCLE, agent + " agent longest duty cycle, ns"),
            counter(CounterTypes.LONG_DUTY_CYCLES,
                agent + " agent duty cycles longer than " + LONG_DUTY_CYCLE_MS + " ms"),
            TimeUnit.MILLISECONDS.toNanos(LONG_DUTY_CYCLE_MS));
    }

    private AtomicCounter counter(final int typeId, final String name)
    {
        return transport.counter(typeId, "umbra shard " + shard + " " + name);
    }
}
