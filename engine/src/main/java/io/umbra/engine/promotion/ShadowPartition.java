package io.umbra.engine.promotion;

import io.umbra.engine.status.TopicState;
import io.umbra.journal.PartitionKey;

import java.util.UUID;

/**
 * A partition in a journal.
 *
 * @param key             of the partition.
 * @param topicId         of its topic.
 * @param shadow          that holds it.
 * @param sample          of its source.
 * @param isEngineRunning whether an engine is at work on the journal.
 */
record ShadowPartition(
    PartitionKey key, UUID topicId, Shadow shadow, SourceSample sample, boolean isEngineRunning)
{
    /** Whether an engine may be writing it: one runs that has not taken its topic off the link. */
    boolean isWritten()
    {
        return isEngineRunning && TopicState.PROMOTED != sample.topicState();
    }

    ShadowPartition with(final SourceSample other)
    {
        return new ShadowPartition(key, topicId, shadow, other, isEngineRunning);
    }
}
