package io.umbra.journal;

/**
 * How far a partition log was durable, as the checkpoint files of the journal say. Digest and durable offset belong
 * together: the digest is that of the log at exactly this offset.
 *
 * @param topic          name.
 * @param partition      number.
 * @param logStartOffset first visible offset.
 * @param durableOffset  offset below which everything is on disk: the recovery point.
 * @param digest         {@link RollingDigest} at the durable offset.
 */
public record PartitionCheckpoint(String topic, int partition, long logStartOffset, long durableOffset, long digest)
{
    /** @return the partition by name. */
    public PartitionKey key()
    {
        return new PartitionKey(topic, partition);
    }
}
