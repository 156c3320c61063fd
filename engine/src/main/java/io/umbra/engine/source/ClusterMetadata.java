package io.umbra.engine.source;

import org.apache.kafka.common.Uuid;

import java.util.List;

/**
 * What one metadata response said. Immutable.
 *
 * @param clusterId of the source; null if it does not say.
 * @param topology  nodes and leaders.
 * @param topics    that the credentials may see.
 */
public record ClusterMetadata(String clusterId, SourceTopology topology, List<Topic> topics)
{
    /**
     * A topic.
     *
     * @param name       of the topic.
     * @param id         of the topic; zero if the source is older than topic ids.
     * @param isInternal whether the source itself calls it internal.
     * @param partitions their numbers.
     */
    public record Topic(String name, Uuid id, boolean isInternal, List<Integer> partitions)
    {
    }
}
