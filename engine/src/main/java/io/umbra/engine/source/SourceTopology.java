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
     * The leader of a partition.
     *
     * @param id    of the broker.
     * @param epoch of its leadership; -1 if the source does not say.
     */
    public record Leader(int id, int epoch)
    {
    }
}
