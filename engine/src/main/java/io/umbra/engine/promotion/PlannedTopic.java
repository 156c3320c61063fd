package io.umbra.engine.promotion;

import org.apache.kafka.common.Uuid;

import java.util.List;
import java.util.SortedMap;

/**
 * A topic that is promoted.
 *
 * @param name       of the topic.
 * @param id         of the topic in the new cluster.
 * @param isNewId    whether the source knew no topic ids, so that this one has been made up.
 * @param configs    of the topic in the new cluster.
 * @param partitions all of them, by number.
 */
record PlannedTopic(
    String name,
    Uuid id,
    boolean isNewId,
    SortedMap<String, String> configs,
    List<PlannedPartition> partitions)
{
}
