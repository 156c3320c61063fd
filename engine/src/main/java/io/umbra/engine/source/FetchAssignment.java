package io.umbra.engine.source;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * A partition for a FetchAgent to fetch, from the end of its journal on. Immutable.
 *
 * @param partitionIndex   the engine's index of the partition.
 * @param topicPartition   its name.
 * @param topicId          the topic's id; zero if the source is older than topic ids.
 * @param fetchOffset      end of the journal.
 * @param lastFetchedEpoch leader epoch of the last journaled batch; -1 if there is none.
 */
public record FetchAssignment(
    int partitionIndex, TopicPartition topicPartition, Uuid topicId, long fetchOffset, int lastFetchedEpoch)
{
}
