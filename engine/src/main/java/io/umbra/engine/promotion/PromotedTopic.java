package io.umbra.engine.promotion;

import org.apache.kafka.common.Uuid;

import java.util.List;
import java.util.SortedMap;

/**
 * A topic as the new cluster will have it.
 *
 * @param name       of the topic.
 * @param id         of the topic.
 * @param partitions by number.
 * @param configs    its own settings.
 */
record PromotedTopic(String name, Uuid id, List<Partition> partitions, SortedMap<String, String> configs)
{
    /**
     * A partition.
     *
     * @param number      within the topic.
     * @param nodes       that hold it, the preferred leader first.
     * @param leaderEpoch above every one that clients have seen.
     */
    record Partition(int number, List<Integer> nodes, int leaderEpoch)
    {
    }
}
