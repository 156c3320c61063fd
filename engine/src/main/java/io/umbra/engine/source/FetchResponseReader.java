package io.umbra.engine.source;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.MetadataResponse;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Takes in a fetch response partition by partition: moves the fetch positions on, and lines up what is to be published.
 * One partition's error is that partition's alone. For the FetchAgent's thread.
 */
final class FetchResponseReader
{
    private static final long NO_DELAY_MS = 0;
    private static final long REFUSED_RETRY_MS = 5_000;
    /** If nobody finds out. */
    private static final long QUESTION_RETRY_MS = 5_000;

    private final FetchProgress progress;
    private final Runnable refreshMetadata;
    private final Consumer<LeaderQuestion> questions;
    private final Map<PartitionFetch, SourceTopology.Leader> leaderHints = new LinkedHashMap<>();

    FetchResponseReader(
        final FetchProgress progress, final Runnable refreshMetadata, final Consumer<LeaderQuestion> questions)
    {
        this.progress = progress;
        this.refreshMetadata = refreshMetadata;
        this.questions = questions;
    }

    /**
     * Take in a response.
     *
     * @param broker   that sent it.
     * @param asked    what the request asked for, by itself or through its session.
     * @param response by partition.
     * @param fetched  gets what is to be published.
     * @param nowMs    current time.
     * @return bytes of whole record batches in it.
     */
    long read(
        final BrokerFetch broker,
        final Map<TopicPartition, FetchRequest.PartitionData> asked,
        final LinkedHashMap<TopicPartition, FetchResponseData.PartitionData> response,
        final FetchedResponse fetched,
        final long nowMs)
    {
        leaderHints.clear();
        long bytes = 0;
        for (final Map.Entry<TopicPartition, FetchResponseData.PartitionData> entry : response.entrySet())
        {
            final PartitionFetch partition = broker.partitions.get(entry.getKey());
            final FetchRequest.PartitionData request = asked.get(entry.getKey());
            // A response counts only if it answers what would be asked for now.
            if (null != partition && null != request && PartitionFetch.State.FETCHING == partition.state &&
                request.fetchOffset == partition.fetchPosition)
            {
                final Errors error = Errors.forCode(entry.getValue().errorCode());
                if (Errors.NONE != error)
                {
                    onError(partition, entry.getValue(), error, fetched, nowMs);
                }
                else if (FetchResponse.isDivergingEpoch(entry.getValue()))
                {
                    final FetchResponseData.EpochEndOffset end = entry.getValue().divergingEpoch();
                    // First what is in hand, then the cut.
                    fetched.addDiverged(partition, end.epoch(), end.endOffset());
                    partition.isConfirmed = false;
                    partition.state = PartitionFetch.State.AWAITING_JOURNAL;
                }
                else
                {
                    bytes += onRecords(partition, entry.getValue(), fetched, nowMs);
                }
            }
        }
        if (broker.hasUnconfirmed)
        {
            confirm(broker, asked, response.keySet(), nowMs);
        }
        return bytes;
    }

    /**
     * What is of another topic of the same name than the one that was asked for is not looked at.
     *
     * @param broker   that sent the response.
     * @param response by partition; others are removed.
     * @param identity what the broker says of the topics.
     * @param nowMs    current time.
     */
    void dropOthers(
        final BrokerFetch broker,
        final Map<TopicPartition, FetchResponseData.PartitionData> response,
        final MetadataResponse identity,
        final long nowMs)
    {
        response.keySet().removeIf((name) ->
        {
            final PartitionFetch partition = broker.partitions.get(name);
            final boolean isOther =
                null != partition && HeldFetch.isOther(identity, name.topic(), partition.topicId);
            if (isOther && PartitionFetch.State.FETCHING == partition.state)
            {
                refreshMetadata.run();
                backOff(partition, "the source has another topic of this name by now", NO_DELAY_MS, nowMs);
            }
            return isOther;
        });
    }

    /**
     * Leaders that the response itself named.
     *
     * @return leader by partition, valid until the next response.
     */
    Map<PartitionFetch, SourceTopology.Leader> leaderHints()
    {
        return leaderHints;
    }

    private long onRecords(
        final PartitionFetch partition,
        final FetchResponseData.PartitionData data,
        final FetchedResponse fetched,
        final long nowMs)
    {
        final long fetchOffset = partition.fetchPosition;
        int begin = 0;
        int end = 0;
        if (FetchResponse.recordsSize(data) > 0)
        {
            final ByteBuffer records = ((MemoryRecords)FetchResponse.recordsOrFail(data)).buffer();
            final int limit = records.limit();
            begin = records.position();
            end = begin;
            int size;
            String fault = null;
            while ((size = RecordBatches.sizeInBytes(records, end, limit)) > 0 &&
                null == (fault = fault(partition, records, end)) && !isBehindGap(partition, records, end) &&
                RecordBatches.lastOffset(records, end) < data.highWatermark())
            {
                partition.fetchPosition = RecordBatches.lastOffset(records, end) + 1;
                partition.lastEpoch(RecordBatches.leaderEpoch(records, end));
                end += size;
            }
            if (end > begin)
            {
                fetched.addRecords(
                    partition, records, begin, end, fetchOffset, data.highWatermark(), data.logStartOffset());
                partition.succeeded();
                if (null != partition.rateLimit)
                {
                    partition.rateLimit.take(end - begin);
                }
            }
            if (null != fault)
            {
                refreshMetadata.run();
                fault(partition, fault, fetched, nowMs);
            }
            else if (size < 0)
            {
                fault(partition, RecordBatches.describe(records, end, limit), fetched, nowMs);
            }
            else if (size > 0 && isBehindGap(partition, records, end))
            {
                onGap(partition, RecordBatches.baseOffset(records, end), nowMs);
            }
            else if (size > 0)
            {
                onBeyond(partition, RecordBatches.lastOffset(records, end), data.highWatermark(), nowMs);
            }
            else if (end == begin)
            {
                onCutOff(partition, records, end, nowMs);
            }
        }
        onLogStart(partition, data.logStartOffset(), data.highWatermark());
        partition.highWatermark = data.highWatermark();
        progress.onFetched(
            partition.index, partition.fetchPosition, data.highWatermark(), data.logStartOffset(), nowMs);
        if (!partition.isConfirmed && PartitionFetch.State.FETCHING == partition.state)
        {
            confirm(partition);
        }
        return end - begin;
    }

    /** What the journal could not know, or what would lead the next fetch astray; null for a batch to take. */
    private static String fault(final PartitionFetch partition, final ByteBuffer records, final int position)
    {
        final long lastOffset = RecordBatches.lastOffset(records, position);
        if (lastOffset < partition.fetchPosition || Long.MAX_VALUE == lastOffset)
        {
            return "a batch that begins at offset " + RecordBatches.baseOffset(records, position) + " and ends at " +
                lastOffset + ", where offset " + partition.fetchPosition + " comes next";
        }
        // The CRC does not cover it, and the journal takes no lower one after it.
        final int epoch = RecordBatches.leaderEpoch(records, position);
        if (partition.leaderEpoch >= 0 && epoch > partition.leaderEpoch)
        {
            return "a batch of leader epoch " + epoch + " at offset " + RecordBatches.baseOffset(records, position) +
                ", while the leader is in epoch " + partition.leaderEpoch;
        }
        return null;
    }

    private static boolean isBehindGap(
        final PartitionFetch partition, final ByteBuffer records, final int position)
    {
        return !partition.areGapsExpected && RecordBatches.baseOffset(records, position) > partition.fetchPosition;
    }

    /** The CRC does not cover the base offset; and where nobody removes records, an offset that is missing is lost. */
    private void onGap(final PartitionFetch partition, final long nextOffset, final long nowMs)
    {
        backOff(partition, "the source sends nothing of offsets " + partition.fetchPosition + " to " +
            (nextOffset - 1) + ": asking whether it is compacted", QUESTION_RETRY_MS, nowMs);
        questions.accept(partition.question(LeaderQuestion.Kind.GAP, partition.fetchPosition));
    }

    /**
     * Nobody but followers gets what lies beyond the high watermark. But the broker notes it before it reads, and it
     * may rise meanwhile: the next response tells.
     */
    private void onBeyond(
        final PartitionFetch partition, final long lastOffset, final long highWatermark, final long nowMs)
    {
        if (partition.beyondPosition == partition.fetchPosition)
        {
            backOff(partition, "the source sends a batch that ends at offset " + lastOffset +
                ", beyond its own high watermark " + highWatermark, NO_DELAY_MS, nowMs);
        }
        partition.beyondPosition = partition.fetchPosition;
    }

    /** Once for each: what is dropped because of a log start does not come back. */
    private void onLogStart(final PartitionFetch partition, final long logStartOffset, final long highWatermark)
    {
        if (logStartOffset > partition.sourceLogStartOffset && logStartOffset <= highWatermark &&
            logStartOffset > progress.journalLogStartOffset(partition.index))
        {
            partition.sourceLogStartOffset = logStartOffset;
            questions.accept(partition.question(LeaderQuestion.Kind.LOG_START, logStartOffset));
        }
    }

    /** Brokers send whole batches (KIP-74); asking again at once would bring the same again at once. */
    private void onCutOff(
        final PartitionFetch partition, final ByteBuffer records, final int position, final long nowMs)
    {
        final int left = records.limit() - position;
        if (left >= RecordBatches.LOG_OVERHEAD)
        {
            partition.askForMore(RecordBatches.claimedSize(records, position));
        }
        backOff(partition, "the source sends no whole batch for offset " + partition.fetchPosition + ", but " + left +
            " bytes of one", NO_DELAY_MS, nowMs);
    }

    private void onError(
        final PartitionFetch partition,
        final FetchResponseData.PartitionData data,
        final Errors error,
        final FetchedResponse fetched,
        final long nowMs)
    {
        switch (error)
        {
            case NOT_LEADER_OR_FOLLOWER:
            case FENCED_LEADER_EPOCH:
                final FetchResponseData.LeaderIdAndEpoch leader = data.currentLeader();
                if (leader.leaderId() >= 0)
                {
                    leaderHints.put(
                        partition, new SourceTopology.Leader(leader.leaderId(), leader.leaderEpoch()));
                }
                refreshMetadata.run();
                backOff(partition, "looking for the new leader: " + error.name(), NO_DELAY_MS, nowMs);
                break;

            case UNKNOWN_LEADER_EPOCH:
                partition.doubtHint();
                refreshMetadata.run();
                backOff(partition, "the source answered " + error.name(), NO_DELAY_MS, nowMs);
                break;

            case OFFSET_OUT_OF_RANGE:
                // Retention, truncation or a stale replica: only the leader's own offsets can tell.
                backOff(partition, "the source does not have offset " + partition.fetchPosition + " (any more)",
                    QUESTION_RETRY_MS, nowMs);
                questions.accept(partition.question(LeaderQuestion.Kind.OUT_OF_RANGE, partition.fetchPosition));
                break;

            case TOPIC_AUTHORIZATION_FAILED:
            case GROUP_AUTHORIZATION_FAILED:
            case CLUSTER_AUTHORIZATION_FAILED:
                backOff(partition, "not authorized to read the topic: " + error.name(), REFUSED_RETRY_MS, nowMs);
                break;

            case UNKNOWN_TOPIC_ID:
            case INCONSISTENT_TOPIC_ID:
            case UNKNOWN_TOPIC_OR_PARTITION:
                refreshMetadata.run();
                backOff(partition, "the source does not know the partition: " + error.name(), NO_DELAY_MS, nowMs);
                break;

            default:
                refreshMetadata.run();
                backOff(partition, "the source answered " + error.name(), NO_DELAY_MS, nowMs);
                break;
        }
    }

    private void backOff(
        final PartitionFetch partition, final String reason, final long atLeastMs, final long nowMs)
    {
        partition.isConfirmed = false;
        partition.backOff(nowMs, atLeastMs);
        progress.onError(partition.index, false, reason);
    }

    private void fault(
        final PartitionFetch partition, final String reason, final FetchedResponse fetched, final long nowMs)
    {
        partition.isConfirmed = false;
        partition.fault(nowMs, partition.fetchPosition);
        progress.onError(partition.index, true, reason);
        if (!reason.equals(partition.sourceFault))
        {
            partition.sourceFault = reason;
            fetched.addFault(partition, reason);
        }
    }

    /**
     * A partition of the session that the response does not name has no error: its leader serves it. Unless something
     * else of it is asked for by now.
     */
    private void confirm(
        final BrokerFetch broker,
        final Map<TopicPartition, FetchRequest.PartitionData> asked,
        final Set<TopicPartition> named,
        final long nowMs)
    {
        boolean isUnconfirmed = false;
        for (final PartitionFetch partition : broker.partitions.values())
        {
            if (!partition.isConfirmed && PartitionFetch.State.FETCHING == partition.state)
            {
                final FetchRequest.PartitionData request = asked.get(partition.topicPartition);
                final boolean isUnchanged = null != request && request.fetchOffset == partition.fetchPosition &&
                    !named.contains(partition.topicPartition);
                // What is left out because of its limit is well: its turn comes.
                if (isUnchanged || !partition.isDue(nowMs))
                {
                    confirm(partition);
                }
            }
            isUnconfirmed |= !partition.isConfirmed;
        }
        broker.hasUnconfirmed = isUnconfirmed;
    }

    private void confirm(final PartitionFetch partition)
    {
        partition.confirmed();
        progress.onFetching(partition.index, partition.leaderId, partition.leaderEpoch, partition.assignmentEpoch);
    }
}
