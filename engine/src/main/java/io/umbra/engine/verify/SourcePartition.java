package io.umbra.engine.verify;

import java.util.UUID;

/**
 * A partition as the source has it.
 *
 * @param topic     name.
 * @param partition number within the topic.
 * @param topicId   of the topic; all zero when the source has none.
 */
public record SourcePartition(String topic, int partition, UUID topicId)
{
    /** As the journal's directories are called. */
    String name()
    {
        return topic + '-' + partition;
    }
}
