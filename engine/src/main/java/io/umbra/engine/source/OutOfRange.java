package io.umbra.engine.source;

import org.apache.kafka.common.TopicPartition;

/**
 * A fetch was answered with OFFSET_OUT_OF_RANGE, which may mean that retention has won, that the source's log was
 * truncated, or that a replica is stale: the question what the leader has. Immutable.
 *
 * @param partitionIndex  the engine's index of the partition.
 * @param topicPartition  its name.
 * @param assignmentEpoch in which it was asked.
 * @param fetchOffset     that was asked for.
 * @param lastEpoch       leader epoch of the last batch before it; -1 if there is none.
 */
public record OutOfRange(
    int partitionIndex, TopicPartition topicPartition, int assignmentEpoch, long fetchOffset, int lastEpoch)
{
}
