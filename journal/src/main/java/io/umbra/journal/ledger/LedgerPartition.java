package io.umbra.journal.ledger;

import java.util.Objects;
import java.util.UUID;

/**
 * A partition as the ledger names it. The topic id is part of the identity: a topic deleted and created again is
 * another topic.
 *
 * @param topic     name.
 * @param partition number within the topic.
 * @param topicId   of the source cluster.
 */
public record LedgerPartition(String topic, int partition, UUID topicId) implements Comparable<LedgerPartition>
{
    /**
     * Checks that nothing is missing.
     */
    public LedgerPartition
    {
        Objects.requireNonNull(topic, "topic");
        Objects.requireNonNull(topicId, "topicId");
    }

    @Override
    public int compareTo(final LedgerPartition other)
    {
        final int byTopic = topic.compareTo(other.topic);
        if (byTopic != 0)
        {
            return byTopic;
        }
        final int byPartition = Integer.compare(partition, other.partition);
        return byPartition != 0 ? byPartition : topicId.compareTo(other.topicId);
    }

    /**
     * {@code <topic>-<partition>}, as the journal's directories are called.
     */
    @Override
    public String toString()
    {
        return topic + '-' + partition;
    }
}
