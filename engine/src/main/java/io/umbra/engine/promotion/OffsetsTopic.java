package io.umbra.engine.promotion;

import io.umbra.engine.metadata.GroupMetadata;
import io.umbra.engine.metadata.GroupOffset;
import io.umbra.journal.AppendResult;
import io.umbra.journal.BatchBytes;
import io.umbra.journal.InvalidBatchException;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.apache.kafka.server.common.ApiMessageAndVersion;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The new cluster's {@code __consumer_offsets}: what its group coordinator finds in it when it starts, written as the
 * coordinator would have written it.
 * <p>
 * A KIP-848 group gets a record of its own, without members, for consumers that come over as they run: a coordinator
 * that takes it for a classic group would answer them GROUP_ID_NOT_FOUND, which ends them, while to those whose group
 * it knows it answers UNKNOWN_MEMBER_ID, upon which they join anew. Of classic groups positions alone are enough.
 */
final class OffsetsTopic
{
    /** Kafka's default of {@code offsets.topic.num.partitions}. */
    static final int PARTITIONS = 50;
    /** As Kafka's group coordinator creates the topic. */
    static final SortedMap<String, String> CONFIGS = new TreeMap<>(Map.of(
        "cleanup.policy", "compact",
        "compression.type", "producer",
        "segment.bytes", Integer.toString(100 * 1024 * 1024)));

    private static final int RECORDS_PER_BATCH = 500;
    /** Releases from 4.0 on read it. */
    private static final short OFFSET_VERSION = 3;
    private static final short GROUP_VERSION = 0;

    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
    private final SortedMap<Integer, List<SimpleRecord>> records = new TreeMap<>();
    private final Uuid topicId;
    private final int leaderEpoch;
    private final long nowMs;

    /**
     * An empty topic.
     *
     * @param topicId     of it.
     * @param leaderEpoch of the batches.
     * @param nowMs       time of all commits: what counts for their expiry begins anew.
     */
    OffsetsTopic(final Uuid topicId, final int leaderEpoch, final long nowMs)
    {
        this.topicId = topicId;
        this.leaderEpoch = leaderEpoch;
        this.nowMs = nowMs;
    }

    /** The partition that holds what belongs to a group. */
    static int partition(final String groupId)
    {
        return Utils.abs(groupId.hashCode()) % PARTITIONS;
    }

    /** Adds a group; before its offsets. */
    void add(final GroupMetadata group)
    {
        if (GroupMetadata.CONSUMER.equals(group.type()))
        {
            add(group.groupId(),
                new ConsumerGroupMetadataKey().setGroupId(group.groupId()),
                new ConsumerGroupMetadataValue().setEpoch(1),
                GROUP_VERSION);
        }
    }

    void add(final GroupOffset offset)
    {
        add(offset.groupId(),
            new OffsetCommitKey()
                .setGroup(offset.groupId())
                .setTopic(offset.topic())
                .setPartition(offset.partition()),
            new OffsetCommitValue()
                .setOffset(offset.offset())
                .setLeaderEpoch(offset.leaderEpoch())
                .setMetadata(offset.metadata())
                .setCommitTimestamp(nowMs),
            OFFSET_VERSION);
    }

    private void add(final String groupId, final ApiMessage key, final ApiMessage value, final short version)
    {
        final CoordinatorRecord record = CoordinatorRecord.record(key, new ApiMessageAndVersion(value, version));
        records.computeIfAbsent(partition(groupId), (partition) -> new ArrayList<>())
            .add(new SimpleRecord(nowMs, serde.serializeKey(record), serde.serializeValue(record)));
    }

    /** Partitions that have something in them; the broker makes the others itself. */
    Set<Integer> partitions()
    {
        return records.keySet();
    }

    /**
     * Writes a partition's log.
     *
     * @param partition that has something in it.
     * @param logDirs   in which it is written, the same in each.
     * @return its end offset.
     * @throws IOException if it cannot be written.
     */
    long write(final int partition, final Collection<Path> logDirs) throws IOException
    {
        long end = 0;
        for (final Path logDir : logDirs)
        {
            end = write(partition, logDir);
        }

        return end;
    }

    private long write(final int partition, final Path logDir) throws IOException
    {
        final PartitionLogContext context = new PartitionLogContext()
            .journalDir(logDir)
            .partition(Topic.GROUP_METADATA_TOPIC_NAME, partition)
            .topicId(new UUID(topicId.getMostSignificantBits(), topicId.getLeastSignificantBits()))
            .segmentBytes(Integer.parseInt(CONFIGS.get("segment.bytes")));
        try (PartitionLog log = PartitionLog.open(context))
        {
            final List<SimpleRecord> all = records.get(partition);
            for (int from = 0; from < all.size(); from += RECORDS_PER_BATCH)
            {
                append(log, all.subList(from, Math.min(all.size(), from + RECORDS_PER_BATCH)));
            }

            return log.endOffset();
        }
    }

    private void append(final PartitionLog log, final List<SimpleRecord> some) throws IOException
    {
        final ByteBuffer batch = MemoryRecords.withRecords(
            log.endOffset(), Compression.NONE, leaderEpoch, some.toArray(SimpleRecord[]::new)).buffer();
        final ByteBuffer direct = ByteBuffer.allocateDirect(batch.remaining()).put(batch).flip();
        final BatchBytes bytes = new BatchBytes();
        bytes.add(direct, 0, direct.remaining());
        try
        {
            log.append(bytes, new AppendResult());
        }
        catch (final InvalidBatchException ex)
        {
            throw new IOException(log.directory() + " does not take its batch: " + ex.getMessage(), ex);
        }
    }
}
