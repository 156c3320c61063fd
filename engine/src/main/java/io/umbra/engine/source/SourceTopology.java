package io.umbra.engine.source;

import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;

import java.util.Map;

/**
 * Who leads what at the source, as one metadata response said. Immutable.
 *
 * @param nodes   brokers by id.
 * @param leaders by partition; partitions without a leader are absent.
 */
public record SourceTopology(Map<Integer, Node> nodes, Map<TopicPartition, Leader> leaders)
{
    /**
     * The broker that leads a partition.
     *
     * @param partition to look for.
     * @return null if it has no leader, or its leader is not there.
     */
    public Node leaderNode(final TopicPartition partition)
    {
        final Leader leader = leaders.get(partition);
        return null == leader ? null : nodes.get(leader.id());
    }

    /**
     * The leader of a partition.
     *
     * @param id    of the broker.
     * @param epoch of its leadership; -1 if the source does not say.
     */
    public record Leader(int id, int epoch)
    {
    }
}
