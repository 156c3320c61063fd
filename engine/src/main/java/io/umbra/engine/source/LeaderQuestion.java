package io.umbra.engine.source;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * What a fetch response said is not acted upon until the leader has said it once more, on another connection and to
 * another request. Immutable.
 *
 * @param kind            what the response said.
 * @param partitionIndex  the engine's index of the partition.
 * @param topicPartition  its name.
 * @param topicId         the topic's id; zero if the source is older than topic ids.
 * @param assignmentEpoch in which it was fetched.
 * @param offset          that the question is about.
 * @param lastEpoch       leader epoch of the last batch before the fetch position; -1 if there is none.
 */
public record LeaderQuestion(
    Kind kind,
    int partitionIndex,
    TopicPartition topicPartition,
    Uuid topicId,
    int assignmentEpoch,
    long offset,
    int lastEpoch)
{
    /** What a response said. */
    public enum Kind
    {
        /**
         * A fetch at the offset was answered with OFFSET_OUT_OF_RANGE, which may mean that retention has won, that the
         * source's log was truncated, or that a replica is stale.
         */
        OUT_OF_RANGE,

        /** A fetch at the offset was answered with batches that begin above it, as it is with compacted topics. */
        GAP,

        /** The source's log begins at the offset. */
        LOG_START
    }
}
