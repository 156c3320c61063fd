package io.umbra.engine.metadata;

import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A topic as the source has it.
 *
 * @param name          of the topic.
 * @param id            of the topic; all zero when the source knows no topic ids (KIP-516).
 * @param partitions    number of partitions.
 * @param configs       every setting that is not Kafka's default: those of the topic, and those that the source's
 *                      brokers set for all topics, statically or dynamically (KIP-226), called as topics call them.
 * @param brokerConfigs names of those in configs that come from the brokers.
 */
public record TopicMetadata(
    String name, UUID id, int partitions, SortedMap<String, String> configs, Set<String> brokerConfigs)
{
    /**
     * Makes the collections immutable.
     */
    public TopicMetadata
    {
        configs = Collections.unmodifiableSortedMap(new TreeMap<>(configs));
        brokerConfigs = Set.copyOf(brokerConfigs);
    }

    /**
     * A topic all of whose settings are its own.
     *
     * @param name       of the topic.
     * @param id         of the topic.
     * @param partitions number of partitions.
     * @param configs    of the topic.
     */
    public TopicMetadata(
        final String name, final UUID id, final int partitions, final SortedMap<String, String> configs)
    {
        this(name, id, partitions, configs, Set.of());
    }
}
