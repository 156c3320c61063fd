package io.umbra.engine.promotion;

/**
 * A committed offset that is not carried over as it is, or that calls for a look.
 *
 * @param group     id of the group.
 * @param topic     name of the topic.
 * @param partition number within the topic.
 * @param committed offset at the source.
 * @param promoted  offset in the new cluster, -1 when it has none.
 * @param reason    in a few words.
 */
public record MovedOffset(
    String group, String topic, int partition, long committed, long promoted, String reason)
{
}
