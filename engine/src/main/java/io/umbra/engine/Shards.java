package io.umbra.engine;

import java.util.List;
import java.util.UUID;

/**
 * All shards, and which partition belongs to which: by a stable hash of topic id and partition, so that whatever
 * happens to the leaders at the source, a partition log has one writer for life.
 */
final class Shards
{
    private final List<Shard> shards;

    Shards(final List<Shard> shards)
    {
        this.shards = List.copyOf(shards);
    }

    List<Shard> all()
    {
        return shards;
    }

    Shard get(final int index)
    {
        return shards.get(index);
    }

    int shardOf(final UUID topicId, final int partition)
    {
        // Consecutive partitions of a topic go to consecutive shards.
        long hash = topicId.getMostSignificantBits() * 0x9E3779B97F4A7C15L + topicId.getLeastSignificantBits();
        hash ^= hash >>> 32;
        return (int)Math.floorMod((hash & Integer.MAX_VALUE) + partition, (long)shards.size());
    }

    long journaledBytes()
    {
        long sum = 0;
        for (final Shard shard : shards)
        {
            sum += shard.counters().bytes().get();
        }
        return sum;
    }

    long journaledRecords()
    {
        long sum = 0;
        for (final Shard shard : shards)
        {
            sum += shard.counters().records().get();
        }
        return sum;
    }
}
