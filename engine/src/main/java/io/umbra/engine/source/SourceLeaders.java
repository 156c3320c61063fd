package io.umbra.engine.source;

import org.agrona.collections.Int2ObjectHashMap;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchResponseData;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The partitions of a shard and the brokers that lead them. Each partition is in the requests of one broker, its
 * leader; a change of leader moves it alone. For the FetchAgent's thread.
 */
final class SourceLeaders
{
    private static final int LAST_PORT = 65_535;

    private final FetchProgress progress;
    private final FetchCounters counters;
    private final Map<TopicPartition, PartitionFetch> partitions = new HashMap<>();
    private final Int2ObjectHashMap<BrokerFetch> brokersById = new Int2ObjectHashMap<>();
    private final List<BrokerFetch> brokers = new ArrayList<>();
    private SourceTopology topology = new SourceTopology(Map.of(), Map.of());

    SourceLeaders(final FetchProgress progress, final FetchCounters counters)
    {
        this.progress = progress;
        this.counters = counters;
    }

    Collection<PartitionFetch> partitions()
    {
        return partitions.values();
    }

    /** Brokers that lead or have led partitions of this shard, in a fixed order. */
    List<BrokerFetch> brokers()
    {
        return brokers;
    }

    BrokerFetch broker(final int id)
    {
        return brokersById.get(id);
    }

    void add(final PartitionFetch partition)
    {
        partitions.put(partition.topicPartition, partition);
        move(partition, topology.leaders().get(partition.topicPartition), true);
    }

    /** Forget a partition. What is in hand of it is void: the caller has seen to that. */
    void remove(final PartitionFetch partition)
    {
        // Another generation of its topic may have its name by now.
        partitions.remove(partition.topicPartition, partition);
        final BrokerFetch broker = brokersById.get(partition.leaderId);
        if (null != broker)
        {
            broker.partitions.remove(partition.topicPartition, partition);
        }
    }

    /**
     * Fresh metadata.
     *
     * @param next    nodes and leaders.
     * @param readdressed gets brokers that have another address now; their connections lead to the old one.
     */
    void topology(final SourceTopology next, final Consumer<BrokerFetch> readdressed)
    {
        topology = next;
        for (final BrokerFetch broker : brokers)
        {
            final Node node = topology.nodes().get(broker.node.id());
            if (null != node && (node.port() != broker.node.port() || !node.host().equals(broker.node.host())))
            {
                readdressed.accept(broker);
                broker.node = node;
            }
        }
        for (final PartitionFetch partition : partitions.values())
        {
            move(partition, topology.leaders().get(partition.topicPartition), true);
        }
    }

    /**
     * Leaders that a response itself names (Fetch v16): without waiting for metadata, and the first at once. One that
     * turns out to be none, but names another, may be lying: that one is asked when the time of waiting is over.
     *
     * @param hints     leader by partition.
     * @param endpoints of brokers that the response names.
     */
    void hints(
        final Map<PartitionFetch, SourceTopology.Leader> hints,
        final Iterable<FetchResponseData.NodeEndpoint> endpoints)
    {
        if (hints.isEmpty())
        {
            return;
        }
        final Map<Integer, Node> nodes = new HashMap<>(topology.nodes());
        endpoints.forEach((endpoint) ->
        {
            if (endpoint.port() > 0 && endpoint.port() <= LAST_PORT)
            {
                nodes.put(endpoint.nodeId(), new Node(endpoint.nodeId(), endpoint.host(), endpoint.port()));
            }
        });
        topology = new SourceTopology(nodes, topology.leaders());
        hints.forEach((partition, leader) ->
        {
            if (move(partition, leader, partition.isFirstRetry()))
            {
                partition.isLeaderHinted = true;
            }
        });
    }

    private boolean move(
        final PartitionFetch partition, final SourceTopology.Leader leader, final boolean isToBeAskedAtOnce)
    {
        if (null == leader || !topology.nodes().containsKey(leader.id()))
        {
            if (partition.leaderId < 0)
            {
                progress.onError(partition.index, false, "no leader at the source");
            }
            return false;
        }
        if (leader.epoch() < partition.leaderEpoch)
        {
            return false;
        }
        if (leader.epoch() == partition.leaderEpoch && leader.id() == partition.leaderId)
        {
            partition.isLeaderHinted = false;
            return false;
        }
        final BrokerFetch before = brokersById.get(partition.leaderId);
        if (null != before)
        {
            before.partitions.remove(partition.topicPartition);
        }
        partition.leader(leader.id(), leader.epoch());
        partition.isLeaderHinted = false;
        final BrokerFetch broker = brokerFor(topology.nodes().get(leader.id()));
        broker.add(partition);
        if (null != broker.connectionError)
        {
            progress.onError(partition.index, false, broker.connectionError);
        }
        if (PartitionFetch.State.WAITING_FOR_LEADER == partition.state ||
            isToBeAskedAtOnce && PartitionFetch.State.BACKING_OFF == partition.state)
        {
            partition.state = PartitionFetch.State.FETCHING;
        }
        return true;
    }

    private BrokerFetch brokerFor(final Node node)
    {
        BrokerFetch broker = brokersById.get(node.id());
        if (null == broker)
        {
            broker = new BrokerFetch(node, counters);
            brokersById.put(node.id(), broker);
            brokers.add(broker);
        }
        return broker;
    }
}
