package io.umbra.engine.metadata;

/**
 * A committed offset of a group. Of a share group it is the partition's start offset.
 *
 * @param groupId     of the group.
 * @param topic       name of the topic.
 * @param partition   number within the topic.
 * @param offset      next offset to be read.
 * @param leaderEpoch of the last record that was read, -1 when the consumer gave none.
 * @param metadata    that the consumer added; may be empty.
 */
public record GroupOffset(
    String groupId, String topic, int partition, long offset, int leaderEpoch, String metadata)
{
}
