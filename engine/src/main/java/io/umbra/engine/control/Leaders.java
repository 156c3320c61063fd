package io.umbra.engine.control;

import io.umbra.engine.source.BackOff;
import io.umbra.engine.source.ClusterMetadata;
import io.umbra.engine.source.SourceClient;
import io.umbra.engine.source.SourceEvents;
import io.umbra.engine.source.SourceTopology;
import io.umbra.engine.source.SourceUnavailableException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.requests.ListOffsetsRequest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Asks the leaders of partitions what they have. One that does not answer is asked ever more seldom, and what it alone
 * knows stays unknown meanwhile; nobody else has to wait for that. For the control thread.
 */
class Leaders
{
    private final SourceClient client;
    private final SourceEvents events;
    private final Map<Integer, Silence> silences = new HashMap<>();
    private boolean isAnyoneSilent;
    private SourceTopology topology = new SourceTopology(Map.of(), Map.of());

    Leaders(final SourceClient client, final SourceEvents events)
    {
        this.client = client;
        this.events = events;
    }

    /** Who leads now, for the questions of another look. */
    void topology(final SourceTopology next)
    {
        topology = next;
        isAnyoneSilent = false;
    }

    /** Whether something was not answered since the last topology, since its leader does not answer. */
    boolean isAnyoneSilent()
    {
        return isAnyoneSilent;
    }

    /** The broker that leads a partition; null if it has no leader. */
    Node of(final TopicPartition partition)
    {
        return topology.leaderNode(partition);
    }

    /**
     * Offsets by time.
     *
     * @param times by partition: milliseconds since 1970, or {@link ListOffsetsRequest#EARLIEST_TIMESTAMP},
     *              {@link ListOffsetsRequest#LATEST_TIMESTAMP}.
     * @return offset by partition; -1 where a time lies past the end; absent where it is unknown.
     */
    Map<TopicPartition, Long> offsets(final Map<TopicPartition, Long> times)
    {
        final Map<Node, Map<TopicPartition, Long>> byLeader = new HashMap<>();
        times.forEach((partition, time) ->
        {
            final Node leader = of(partition);
            if (null != leader)
            {
                byLeader.computeIfAbsent(leader, (ignore) -> new HashMap<>()).put(partition, time);
            }
        });
        final Map<TopicPartition, Long> offsets = new HashMap<>();
        byLeader.forEach((leader, asked) ->
        {
            final Map<TopicPartition, Long> answer = ask(leader, () -> client.offsets(leader, asked));
            if (null != answer)
            {
                offsets.putAll(answer);
            }
        });
        return offsets;
    }

    /** Of one partition; null if it is unknown. */
    Long offset(final TopicPartition partition, final long time)
    {
        return offsets(Map.of(partition, time)).get(partition);
    }

    /**
     * Where a partition's logs begin.
     *
     * @param leader at its leader.
     * @param lowest of all its replicas that may lead after it.
     */
    record LogStart(long leader, long lowest)
    {
        private LogStart and(final long other)
        {
            return new LogStart(leader, Math.min(lowest, other));
        }
    }

    /** Where logs begin, by partition; absent where the leader, or another replica, does not answer. */
    Map<TopicPartition, LogStart> logStarts(final Collection<TopicPartition> partitions)
    {
        final Map<TopicPartition, LogStart> logStarts = new HashMap<>();
        final Map<TopicPartition, Long> times = new HashMap<>();
        partitions.forEach((partition) -> times.put(partition, ListOffsetsRequest.EARLIEST_TIMESTAMP));
        offsets(times).forEach((partition, offset) -> logStarts.put(partition, new LogStart(offset, offset)));
        final Map<Node, List<TopicPartition>> byReplica = new HashMap<>();
        final Map<TopicPartition, List<Node>> replicas = replicas(logStarts.keySet());
        logStarts.keySet().retainAll(replicas.keySet());
        replicas.forEach((partition, nodes) -> nodes.stream()
            .filter((node) -> null == node || node.id() != of(partition).id())
            .forEach((node) -> byReplica.computeIfAbsent(node, (ignore) -> new ArrayList<>()).add(partition)));
        byReplica.forEach((replica, asked) ->
        {
            final Map<TopicPartition, Long> answer =
                null == replica ? null : ask(replica, () -> client.logStarts(replica, asked));
            final Map<TopicPartition, Long> known = null == answer ? Map.of() : answer;
            asked.forEach((partition) -> logStarts.computeIfPresent(partition, (ignore, logStart) ->
                known.containsKey(partition) ? logStart.and(known.get(partition)) : null));
        });
        return logStarts;
    }

    Map<TopicPartition, List<Node>> replicas(final Collection<TopicPartition> partitions)
    {
        try
        {
            return partitions.isEmpty() ? Map.of() : client.replicas(partitions);
        }
        catch (final SourceUnavailableException ex)
        {
            // The next look says so.
            return Map.of();
        }
    }

    /** What a broker says of some topics; null if it does not answer. */
    ClusterMetadata metadata(final Node leader, final Collection<String> topics)
    {
        return null == leader ? null : ask(leader, () -> client.metadata(leader, topics));
    }

    /** Where the leader's log ends in the history of a leader epoch; null if it is unknown. */
    SourceClient.EpochEnd endOfEpoch(final TopicPartition partition, final int leaderEpoch)
    {
        final Node leader = of(partition);
        return null == leader ? null :
            ask(leader, () -> client.endOfEpoch(partition, leaderEpoch, topology));
    }

    private <T> T ask(final Node leader, final Question<T> question)
    {
        final Silence silence = silences.get(leader.id());
        if (null != silence && System.currentTimeMillis() < silence.askAgainAtMs)
        {
            isAnyoneSilent = true;
            return null;
        }
        try
        {
            final T answer = question.ask();
            silences.remove(leader.id());
            return answer;
        }
        catch (final SourceUnavailableException ex)
        {
            silences.computeIfAbsent(leader.id(), (ignore) -> new Silence()).failed(ex.getMessage(), events);
            isAnyoneSilent = true;
            return null;
        }
    }

    @FunctionalInterface
    private interface Question<T>
    {
        T ask() throws SourceUnavailableException;
    }

    /** Of a broker that did not answer. */
    private static final class Silence
    {
        private final BackOff backOff = new BackOff();
        private long askAgainAtMs;

        void failed(final String reason, final SourceEvents events)
        {
            askAgainAtMs = System.currentTimeMillis() + backOff.failed();
            if (1 == backOff.failures())
            {
                events.warn(reason + "; trying again");
            }
        }
    }
}
