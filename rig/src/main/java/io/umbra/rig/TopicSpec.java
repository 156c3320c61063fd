package io.umbra.rig;

import java.util.Map;
import java.util.TreeMap;

/**
 * A topic that a {@link Workload} creates and writes to.
 *
 * @param name       name of the topic.
 * @param partitions number of partitions.
 * @param replicas   replication factor; 0 for the brokers' default, which the rig sets to min(3, brokers).
 * @param configs    topic settings.
 */
public record TopicSpec(String name, int partitions, int replicas, Map<String, String> configs)
{
    /** A topic with the brokers' defaults. */
    public static TopicSpec of(final String name, final int partitions)
    {
        return new TopicSpec(name, partitions, 0, Map.of());
    }

    /** The same topic with one more setting. */
    public TopicSpec with(final String key, final String value)
    {
        final Map<String, String> extended = new TreeMap<>(configs);
        extended.put(key, value);
        return new TopicSpec(name, partitions, replicas, extended);
    }

    /** The same topic with another replication factor. */
    public TopicSpec replicas(final int number)
    {
        return new TopicSpec(name, partitions, number, configs);
    }
}
