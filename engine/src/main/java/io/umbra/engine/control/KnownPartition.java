package io.umbra.engine.control;

import org.apache.kafka.common.Uuid;

/**
 * What the control plane remembers of a partition, of one generation of its topic.
 */
final class KnownPartition
{
    final int index;
    final Uuid topicId;
    /** Whether it was there when the link began, though its leader may have been away and it begins later. */
    final boolean isOfTheBeginning;
    boolean hasBegun;
    /** Looks at the metadata in a row that did not show it. */
    int looksWithout;
    /** Whether the operator has been told that its topic is deleted. */
    boolean isDeletionTold;
    /** Whether he has been told that its topic was created anew. */
    boolean isRecreationTold;

    KnownPartition(final int index, final Uuid topicId, final boolean isOfTheBeginning)
    {
        this.index = index;
        this.topicId = topicId;
        this.isOfTheBeginning = isOfTheBeginning;
    }
}
