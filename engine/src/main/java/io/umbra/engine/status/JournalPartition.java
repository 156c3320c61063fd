package io.umbra.engine.status;

import java.util.UUID;

/**
 * A partition as its files show it.
 *
 * @param topic          name of the topic.
 * @param partition      number within the topic.
 * @param topicId        id of the topic.
 * @param logStartOffset first offset of the log.
 * @param endOffset      offset after the last whole batch, or -1 when it cannot be read.
 * @param durableOffset  offset below which everything is known to be on the disk.
 * @param error          why it cannot be read, or null.
 */
record JournalPartition(
    String topic,
    int partition,
    UUID topicId,
    long logStartOffset,
    long endOffset,
    long durableOffset,
    String error)
{
}
