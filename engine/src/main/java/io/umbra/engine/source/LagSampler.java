package io.umbra.engine.source;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.requests.ListOffsetsResponse;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Asks the source's leaders for their high watermarks at an interval, on connections of its own, and measures how
 * long it takes until the journal has what they had then.
 * <p>
 * A sample is a high watermark with the time at which it was asked for: all records below it had been appended by the
 * time of the answer. The time from the asking until the journal's end is past it bounds from above the age of the
 * oldest record that was missing meanwhile; it is zero when the journal was there before the question. It never uses
 * the high watermark of a fetch response, which is as old as the last fetch.
 */
public final class LagSampler implements Agent
{
    private static final int MAX_OPEN_SAMPLES = 64;
    /** Timestamp that asks for the high watermark. */
    private static final long LATEST = -1;
    /** Without an answer for so long, something may be missing that nobody has seen. */
    private static final long UNANSWERED_NS = 2_000_000_000L;
    private static final long MAX_WAIT_MS = 10;
    /** Samples that are open for long may be settled a little late: by so small a part of their age. */
    private static final long AGE_PER_WAIT = 50;
    /** With many partitions the sampler takes its time, so that it costs no more than a few percent of a core. */
    private static final long MIN_SETTLE_NS_PER_PARTITION = 4_000;
    private static final long MAX_ASKED_PER_MS = 20;

    private final SourceSettings settings;
    private final long intervalMs;
    private final LagListener listener;
    private final Map<TopicPartition, Tracked> tracked = new LinkedHashMap<>();
    private final ManyToOneConcurrentLinkedQueue<Runnable> commands = new ManyToOneConcurrentLinkedQueue<>();
    private final Map<String, Long> askedAtNs = new HashMap<>();
    private final Map<TopicPartition, Long> offsets = new HashMap<>();
    private SourceTopology topology = new SourceTopology(Map.of(), Map.of());
    private SourceNetwork network;
    private long nextSampleMs;
    private long nextSettleNs = System.nanoTime();
    /** Of the sample that is to be settled and has been open for the shortest time; the largest number without one. */
    private long leastAgeNs = Long.MAX_VALUE;

    /**
     * Nothing is asked before the agent starts.
     *
     * @param settings   how to reach the source.
     * @param intervalMs between two questions to one broker, milliseconds.
     * @param listener   gets what was measured, on the agent's thread.
     */
    public LagSampler(final SourceSettings settings, final long intervalMs, final LagListener listener)
    {
        this.settings = settings;
        this.intervalMs = intervalMs;
        this.listener = listener;
    }

    /**
     * Sample this partition too. From any thread.
     *
     * @param partitionIndex the engine's index of the partition.
     * @param topic          its topic's name.
     * @param partition      its number.
     */
    public void track(final int partitionIndex, final String topic, final int partition)
    {
        commands.offer(() -> tracked.put(new TopicPartition(topic, partition), new Tracked(partitionIndex)));
    }

    /**
     * Sample this partition no longer. From any thread.
     *
     * @param partitionIndex the engine's index of the partition.
     */
    public void forget(final int partitionIndex)
    {
        commands.offer(() ->
        {
            if (tracked.values().removeIf((entry) -> partitionIndex == entry.index))
            {
                listener.onLag(partitionIndex, 0);
            }
        });
    }

    /**
     * Who leads what now. From any thread.
     *
     * @param topology nodes and leaders.
     */
    public void topology(final SourceTopology topology)
    {
        commands.offer(() -> this.topology = topology);
    }

    @Override
    public void onStart()
    {
        network = new SourceNetwork(settings, "sampler", MemoryPool.NONE);
    }

    @Override
    public int doWork()
    {
        int workCount = 0;
        Runnable command;
        while (null != (command = commands.poll()))
        {
            command.run();
            workCount++;
        }
        final long nowMs = System.currentTimeMillis();
        if (nowMs >= nextSampleMs)
        {
            nextSampleMs = nowMs + Math.max(intervalMs, tracked.size() / MAX_ASKED_PER_MS);
            ask(nowMs);
            workCount++;
        }
        for (final ClientResponse response : poll(nowMs))
        {
            onResponse(response, nowMs);
            workCount++;
        }
        settle(nowMs);
        // Having waited, there is no need to idle as well.
        return workCount + 1;
    }

    @Override
    public void onClose()
    {
        if (null != network)
        {
            network.close();
        }
    }

    @Override
    public String roleName()
    {
        return "umbra-sampler";
    }

    private void ask(final long nowMs)
    {
        final Map<Node, List<TopicPartition>> byLeader = new HashMap<>();
        for (final TopicPartition partition : tracked.keySet())
        {
            final SourceTopology.Leader leader = topology.leaders().get(partition);
            final Node node = null == leader ? null : topology.nodes().get(leader.id());
            if (null != node && !askedAtNs.containsKey(node.idString()))
            {
                byLeader.computeIfAbsent(node, (ignore) -> new ArrayList<>()).add(partition);
            }
        }
        byLeader.forEach((node, partitions) ->
        {
            if (network.ready(node, nowMs))
            {
                askedAtNs.put(node.idString(), System.nanoTime());
                network.send(node, SourceClient.offsetsRequest(partitions, (ignore) -> LATEST), nowMs);
            }
        });
    }

    private List<ClientResponse> poll(final long nowMs)
    {
        try
        {
            return network.poll(waitMs(nowMs), nowMs);
        }
        catch (final RuntimeException ex)
        {
            // A response that cannot be read: the connections that the network had news of begin anew.
            for (final Node node : topology.nodes().values())
            {
                if (network.hasNews(node.idString()))
                {
                    askedAtNs.remove(node.idString());
                    network.disconnect(node.idString());
                }
            }
            return List.of();
        }
    }

    /** An answer ends it. */
    private long waitMs(final long nowMs)
    {
        final long tolerableMs = TimeUnit.NANOSECONDS.toMillis(leastAgeNs / AGE_PER_WAIT);
        final long untilSampleMs = Math.max(0, nextSampleMs - nowMs);
        return Math.min(untilSampleMs, Math.max(1, Math.min(MAX_WAIT_MS, tolerableMs)));
    }

    private void onResponse(final ClientResponse response, final long nowMs)
    {
        final Long askedNs = askedAtNs.remove(response.destination());
        if (null == askedNs || !response.hasResponse())
        {
            return;
        }
        offsets.clear();
        SourceClient.readOffsets((ListOffsetsResponse)response.responseBody(), offsets);
        offsets.forEach((partition, offset) ->
        {
            final Tracked entry = tracked.get(partition);
            if (null != entry)
            {
                entry.sampled(offset, askedNs, nowMs, listener);
            }
        });
    }

    private void settle(final long nowMs)
    {
        final long nowNs = System.nanoTime();
        if (nowNs - nextSettleNs < 0)
        {
            return;
        }
        nextSettleNs = nowNs + tracked.size() * MIN_SETTLE_NS_PER_PARTITION;
        leastAgeNs = Long.MAX_VALUE;
        for (final Tracked entry : tracked.values())
        {
            leastAgeNs = Math.min(leastAgeNs, entry.settle(nowNs, nowMs, listener));
        }
    }

    /** Samples of one partition that the journal has not reached yet, oldest first. */
    private static final class Tracked
    {
        private final int index;
        private final long[] sampleOffset = new long[MAX_OPEN_SAMPLES];
        private final long[] sampleTimeNs = new long[MAX_OPEN_SAMPLES];
        private int head;
        private int size;
        private long lastOffset = -1;
        private long answeredAskNs = System.nanoTime();
        private long reportedLagMs = -1;

        Tracked(final int index)
        {
            this.index = index;
        }

        void sampled(final long offset, final long askedNs, final long nowMs, final LagListener listener)
        {
            answeredAskNs = askedNs;
            listener.onSample(index, offset, nowMs);
            if (offset < lastOffset)
            {
                // The source has truncated its log, or its high watermark has stepped back after an election.
                while (size > 0 && sampleOffset[(head + size - 1) % MAX_OPEN_SAMPLES] > offset)
                {
                    size--;
                }
                lastOffset = offset;
            }
            else if (offset > lastOffset)
            {
                // When the ring is full the newest sample is widened: its older time is kept, its offset raised.
                final int slot = (head + Math.min(size, MAX_OPEN_SAMPLES - 1)) % MAX_OPEN_SAMPLES;
                sampleOffset[slot] = offset;
                if (size < MAX_OPEN_SAMPLES)
                {
                    sampleTimeNs[slot] = askedNs;
                    size++;
                }
                lastOffset = offset;
            }
        }

        /** How long the oldest sample has been open that still is; the largest number if none is. */
        long settle(final long nowNs, final long nowMs, final LagListener listener)
        {
            if (size > 0)
            {
                final long end = listener.journalEndOffset(index);
                while (size > 0 && end >= sampleOffset[head])
                {
                    listener.onReached(index, Math.max(0, listener.journaledAtNs(index) - sampleTimeNs[head]));
                    head = (head + 1) % MAX_OPEN_SAMPLES;
                    size--;
                }
            }
            final long sinceNs = size > 0 ? nowNs - sampleTimeNs[head] : 0;
            final long unansweredNs = nowNs - answeredAskNs > UNANSWERED_NS ? nowNs - answeredAskNs : 0;
            final long lagNs = Math.max(sinceNs, unansweredNs);
            final long lagMs = 0 == lagNs ? 0 : Math.max(1, lagNs / 1_000_000);
            if (lagMs != reportedLagMs)
            {
                reportedLagMs = lagMs;
                listener.onLag(index, lagMs);
            }
            return size > 0 ? sinceNs : Long.MAX_VALUE;
        }
    }
}
