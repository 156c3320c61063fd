package io.umbra.engine;

import io.aeron.driver.DutyCycleTracker;
import io.aeron.driver.status.DutyCycleStallTracker;
import io.umbra.engine.metrics.ShardCounter;
import io.umbra.engine.source.FetchCounters;
import io.umbra.transport.CounterTypes;
import io.umbra.transport.ShardTransport;
import org.agrona.concurrent.status.AtomicCounter;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * The counters of one shard, in the media driver's counters file, where {@code AeronStat} and its kin find them.
 */
final class ShardCounters implements FetchCounters
{
    private static final long LONG_DUTY_CYCLE_MS = 100;

    private final ShardTransport transport;
    private final int shard;
    private final Queue<ShardCounter> shown;

    ShardCounters(final ShardTransport transport, final int shard)
    {
        this(transport, shard, new ConcurrentLinkedQueue<>());
    }

    /**
     * Counters of a shard.
     *
     * @param transport that has them.
     * @param shard     that they belong to.
     * @param shown     to which each is added; for any thread.
     */
    ShardCounters(final ShardTransport transport, final int shard, final Queue<ShardCounter> shown)
    {
        this.transport = transport;
        this.shard = shard;
        this.shown = shown;
    }

    /**
     * Counters of what happens to topics, which are of no shard.
     *
     * @param transport that has them.
     * @param shown     to which each is added.
     * @return the counters.
     */
    static EnginePartitions.Counters topics(final ShardTransport transport, final Queue<ShardCounter> shown)
    {
        return new EnginePartitions.Counters(
            ofLink(transport, shown, CounterTypes.TOPICS_DELETED, "topics deleted at the source"),
            ofLink(transport, shown, CounterTypes.TOPICS_RECREATED, "topics created anew at the source"));
    }

    private static AtomicCounter ofLink(
        final ShardTransport transport, final Queue<ShardCounter> shown, final int typeId, final String name)
    {
        final AtomicCounter counter = transport.counter(typeId, "umbra " + name);
        shown.add(new ShardCounter(typeId, ShardCounter.NO_SHARD, ShardCounter.NO_BROKER, null, counter::get));
        return counter;
    }

    @Override
    public AtomicCounter fetchedBytes(final int brokerId)
    {
        return counter(CounterTypes.FETCHED_BYTES, brokerId, null, "broker " + brokerId + " fetched bytes");
    }

    @Override
    public AtomicCounter fetchResponses(final int brokerId)
    {
        return counter(CounterTypes.FETCH_RESPONSES, brokerId, null, "broker " + brokerId + " fetch responses");
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
            counter(CounterTypes.MAX_DUTY_CYCLE, ShardCounter.NO_BROKER, agent,
                agent + " agent longest duty cycle, ns"),
            counter(CounterTypes.LONG_DUTY_CYCLES, ShardCounter.NO_BROKER, agent,
                agent + " agent duty cycles longer than " + LONG_DUTY_CYCLE_MS + " ms"),
            TimeUnit.MILLISECONDS.toNanos(LONG_DUTY_CYCLE_MS));
    }

    private AtomicCounter counter(final int typeId, final String name)
    {
        return counter(typeId, ShardCounter.NO_BROKER, null, name);
    }

    private AtomicCounter counter(final int typeId, final int brokerId, final String agent, final String name)
    {
        final AtomicCounter counter = transport.counter(typeId, "umbra shard " + shard + " " + name);
        shown.add(new ShardCounter(typeId, shard, brokerId, agent, counter::get));
        return counter;
    }
}
