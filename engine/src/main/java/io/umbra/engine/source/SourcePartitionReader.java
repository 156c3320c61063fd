package io.umbra.engine.source;

import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * Reads one partition of the live source, blocking, whole batches at a time: for verification. For one thread.
 */
public final class SourcePartitionReader
{
    private static final int MAX_WAIT_MS = 500;
    private static final int MAX_BYTES = 8 * 1024 * 1024;
    /** Each with room for twice as much: a gigabyte in the end, more than any batch. */
    private static final int MAX_TRIES = 8;
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private final SourceClient client;
    private final TopicPartition partition;
    private final Uuid topicId;
    private final Node leader;
    private final long logStartOffset;
    private final long highWatermark;
    private int maxBytes = MAX_BYTES;

    /**
     * Looks up where the partition begins and ends now.
     *
     * @param client    to ask with.
     * @param metadata  of the source.
     * @param partition to read.
     * @param topicId   id of its topic, zero if the source has none.
     * @throws SourceUnavailableException if the partition has no leader or its leader does not answer.
     */
    public SourcePartitionReader(
        final SourceClient client,
        final ClusterMetadata metadata,
        final TopicPartition partition,
        final Uuid topicId) throws SourceUnavailableException
    {
        this.client = client;
        this.partition = partition;
        this.topicId = topicId;
        leader = metadata.topology().leaderNode(partition);
        if (null == leader)
        {
            throw new SourceUnavailableException(partition + " has no leader at the source", null);
        }
        logStartOffset = offset(ListOffsetsRequest.EARLIEST_TIMESTAMP);
        highWatermark = offset(ListOffsetsRequest.LATEST_TIMESTAMP);
    }

    /**
     * First offset of the partition when this reader was made.
     *
     * @return the offset.
     */
    public long logStartOffset()
    {
        return logStartOffset;
    }

    /**
     * High watermark of the partition when this reader was made.
     *
     * @return the offset behind the last committed record.
     */
    public long highWatermark()
    {
        return highWatermark;
    }

    /**
     * Fetch from an offset on.
     *
     * @param offset that the first batch holds or precedes.
     * @return whole batches from position to limit, big endian; empty if the source has nothing there. Its memory is
     * the caller's.
     * @throws SourceUnavailableException if the leader does not answer, or answers with an error or with what is no
     *                                    whole batch.
     */
    public ByteBuffer fetch(final long offset) throws SourceUnavailableException
    {
        for (int tries = 0; tries < MAX_TRIES; tries++)
        {
            final ByteBuffer records = fetchOnce(offset);
            int end = records.position();
            int size;
            while ((size = RecordBatches.sizeInBytes(records, end, records.limit())) > 0)
            {
                end += size;
            }
            if (size < 0)
            {
                throw new SourceUnavailableException(
                    partition + ": " + RecordBatches.describe(records, end, records.limit()), null);
            }
            if (end > records.position() || !records.hasRemaining())
            {
                return records.limit(end);
            }
            maxBytes = (int)Math.min(Integer.MAX_VALUE, 2L * maxBytes);
        }
        throw new SourceUnavailableException(
            partition + ": broker " + leader.id() + " sends no whole batch for offset " + offset, null);
    }

    /**
     * First offset that the source has at or behind another.
     *
     * @param offset to begin at.
     * @return base offset of the batch that holds the offset or comes next; -1 if there is none.
     * @throws SourceUnavailableException if the leader does not answer, or answers with an error.
     */
    public long firstOffset(final long offset) throws SourceUnavailableException
    {
        if (offset < logStartOffset)
        {
            return logStartOffset;
        }
        final ByteBuffer records = fetch(offset);
        return records.hasRemaining() ? RecordBatches.baseOffset(records, records.position()) : -1;
    }

    private ByteBuffer fetchOnce(final long offset) throws SourceUnavailableException
    {
        final FetchRequest.PartitionData data = new FetchRequest.PartitionData(
            topicId, offset, FetchRequest.INVALID_LOG_START_OFFSET, maxBytes, Optional.empty());
        final short version = Uuid.ZERO_UUID.equals(topicId) ?
            FetchLimits.LAST_VERSION_WITHOUT_TOPIC_IDS : ApiKeys.FETCH.latestVersion();
        final FetchResponse response = (FetchResponse)client.send(leader, FetchRequest.Builder
            .forConsumer(version, MAX_WAIT_MS, 1, Map.of(partition, data))
            .setMaxBytes(maxBytes));
        check(response.error());
        for (final FetchResponseData.FetchableTopicResponse topic : response.data().responses())
        {
            for (final FetchResponseData.PartitionData answer : topic.partitions())
            {
                if (partition.partition() == answer.partitionIndex())
                {
                    check(Errors.forCode(answer.errorCode()));
                    return 0 == FetchResponse.recordsSize(answer) ?
                        EMPTY : ((MemoryRecords)FetchResponse.recordsOrFail(answer)).buffer();
                }
            }
        }
        return EMPTY;
    }

    private void check(final Errors error) throws SourceUnavailableException
    {
        if (Errors.NONE != error)
        {
            throw new SourceUnavailableException(
                partition + ": broker " + leader.id() + " answered " + error.name(), error.exception());
        }
    }

    private long offset(final long time) throws SourceUnavailableException
    {
        final Long offset = client.offsets(leader, Map.of(partition, time)).get(partition);
        if (null == offset)
        {
            throw new SourceUnavailableException(partition + ": its leader does not tell its offsets", null);
        }
        return offset;
    }
}
