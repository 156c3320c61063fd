package io.umbra.engine.promotion;

import io.umbra.engine.status.TopicState;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.PartitionKey;

import java.nio.file.Path;
import java.util.UUID;

/**
 * A partition in a journal.
 *
 * @param key             of the partition.
 * @param topicId         of its topic.
 * @param shadow          that holds it.
 * @param sample          of its source.
 * @param isEngineRunning whether an engine is at work on the journal.
 * @param isRetired       whether the source has another topic of that name since.
 */
record ShadowPartition(
    PartitionKey key, UUID topicId, Shadow shadow, SourceSample sample, boolean isEngineRunning, boolean isRetired)
{
    /** Whether an engine may be writing it: one runs that has not taken its topic off the link. */
    boolean isWritten()
    {
        return isEngineRunning && !isRetired && TopicState.PROMOTED != sample.topicState();
    }

    /** Where its log is. */
    Path directory()
    {
        return isRetired ? JournalDirectory.retired(shadow.journalDir(), key.topic(), key.partition(), topicId) :
            shadow.directory(key);
    }

    ShadowPartition with(final SourceSample other)
    {
        return new ShadowPartition(key, topicId, shadow, other, isEngineRunning, isRetired);
    }
}
