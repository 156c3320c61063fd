package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.CommitEncoder;
import io.umbra.codecs.ledger.EngineEventEncoder;
import io.umbra.codecs.ledger.EngineEventType;
import io.umbra.codecs.ledger.GapEncoder;
import io.umbra.codecs.ledger.LogStartEncoder;
import io.umbra.codecs.ledger.MessageHeaderEncoder;
import io.umbra.codecs.ledger.PartitionOpenedEncoder;
import io.umbra.codecs.ledger.PartitionStateEncoder;
import io.umbra.codecs.ledger.PartitionStateType;
import io.umbra.codecs.ledger.RecoveredEncoder;
import io.umbra.codecs.ledger.TruncatedEncoder;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Encodes entries, one at a time, into one direct buffer. Every method returns the length of the entry, which begins
 * at 0.
 */
final class EntryEncoder
{
    /** No entry is longer: the largest block, its header, and a text of the greatest length. */
    static final int MAX_ENTRY_LENGTH = 2048;

    /** Of a PartitionOpened entry without the topic's name, with Chronicle's header and alignment. */
    static final int OPENED_LENGTH =
        MessageHeaderEncoder.ENCODED_LENGTH + PartitionOpenedEncoder.BLOCK_LENGTH + Short.BYTES + 8;

    private static final int MAX_TEXT_LENGTH = 1024;
    private static final byte[] NO_TEXT = {};

    private final int nodeId;
    private final int shard;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(MAX_ENTRY_LENGTH);
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final EngineEventEncoder engineEvent = new EngineEventEncoder();
    private final PartitionOpenedEncoder partitionOpened = new PartitionOpenedEncoder();
    private final CommitEncoder commit = new CommitEncoder();
    private final RecoveredEncoder recovered = new RecoveredEncoder();
    private final TruncatedEncoder truncated = new TruncatedEncoder();
    private final PartitionStateEncoder partitionState = new PartitionStateEncoder();
    private final LogStartEncoder logStart = new LogStartEncoder();
    private final GapEncoder gap = new GapEncoder();

    EntryEncoder(final int nodeId, final int shard)
    {
        this.nodeId = nodeId;
        this.shard = shard;
    }

    ByteBuffer bytes()
    {
        return bytes;
    }

    int engineEvent(final EngineEventType type, final long timeNs)
    {
        engineEvent.wrapAndApplyHeader(buffer, 0, header).nodeId(nodeId).shard(shard).timeNs(timeNs).eventType(type);
        return length(engineEvent.encodedLength());
    }

    int partitionOpened(
        final int partitionIndex,
        final LedgerPartition partition,
        final long logStartOffset,
        final long endOffset,
        final long digest,
        final long timeNs)
    {
        final byte[] topic = text(partition.topic());
        partitionOpened.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .partition(partition.partition())
            .topicIdHigh(partition.topicId().getMostSignificantBits())
            .topicIdLow(partition.topicId().getLeastSignificantBits())
            .logStartOffset(logStartOffset)
            .endOffset(endOffset)
            .digest(digest)
            .timeNs(timeNs)
            .putTopic(topic, 0, topic.length);
        return length(partitionOpened.encodedLength());
    }

    int commit(
        final int partitionIndex,
        final int assignmentEpoch,
        final int leaderEpoch,
        final int leaderId,
        final long baseOffset,
        final long lastOffset,
        final long segmentBaseOffset,
        final int filePosition,
        final int length,
        final int records,
        final long digest,
        final long sourceHighWatermark,
        final long fetchTimeNs,
        final long commitTimeNs)
    {
        commit.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .assignmentEpoch(assignmentEpoch)
            .leaderEpoch(leaderEpoch)
            .leaderId(leaderId)
            .baseOffset(baseOffset)
            .lastOffset(lastOffset)
            .segmentBaseOffset(segmentBaseOffset)
            .filePosition(filePosition)
            .length(length)
            .records(records)
            .digest(digest)
            .sourceHighWatermark(sourceHighWatermark)
            .fetchTimeNs(fetchTimeNs)
            .commitTimeNs(commitTimeNs);
        return length(commit.encodedLength());
    }

    int recovered(
        final int partitionIndex, final long baseOffset, final long lastOffset, final long digest, final long timeNs)
    {
        recovered.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .baseOffset(baseOffset)
            .lastOffset(lastOffset)
            .digest(digest)
            .timeNs(timeNs);
        return length(recovered.encodedLength());
    }

    int truncated(
        final int partitionIndex,
        final long fromOffset,
        final long toOffset,
        final long digest,
        final long timeNs,
        final String reason)
    {
        final byte[] text = text(reason);
        truncated.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .fromOffset(fromOffset)
            .toOffset(toOffset)
            .digest(digest)
            .timeNs(timeNs)
            .putReason(text, 0, text.length);
        return length(truncated.encodedLength());
    }

    int partitionState(
        final int partitionIndex,
        final long endOffset,
        final long timeNs,
        final PartitionStateType state,
        final String reason)
    {
        final byte[] text = text(reason);
        partitionState.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .endOffset(endOffset)
            .timeNs(timeNs)
            .state(state)
            .putReason(text, 0, text.length);
        return length(partitionState.encodedLength());
    }

    int logStart(final int partitionIndex, final long logStartOffset, final long timeNs)
    {
        logStart.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .logStartOffset(logStartOffset)
            .timeNs(timeNs);
        return length(logStart.encodedLength());
    }

    int gap(
        final int partitionIndex, final long fromOffset, final long toOffset, final long timeNs, final String reason)
    {
        final byte[] text = text(reason);
        gap.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .shard(shard)
            .partitionIndex(partitionIndex)
            .fromOffset(fromOffset)
            .toOffset(toOffset)
            .timeNs(timeNs)
            .putReason(text, 0, text.length);
        return length(gap.encodedLength());
    }

    private static int length(final int bodyLength)
    {
        return MessageHeaderEncoder.ENCODED_LENGTH + bodyLength;
    }

    /**
     * Texts are rare, so that they may allocate. One that is too long is cut, at a character's end.
     */
    static byte[] text(final String text)
    {
        if (text == null || text.isEmpty())
        {
            return NO_TEXT;
        }
        byte[] utf8 = cut(text, MAX_TEXT_LENGTH);
        for (int chars = MAX_TEXT_LENGTH; utf8.length > MAX_TEXT_LENGTH; )
        {
            // A char has three bytes at most, so that this never cuts too much.
            chars = Math.min(chars, text.length()) - Math.max(1, (utf8.length - MAX_TEXT_LENGTH) / 3);
            utf8 = cut(text, chars);
        }
        return utf8;
    }

    private static byte[] cut(final String text, final int maxChars)
    {
        int chars = Math.min(text.length(), maxChars);
        if (chars < text.length() && Character.isHighSurrogate(text.charAt(chars - 1)))
        {
            chars--;
        }
        return text.substring(0, chars).getBytes(StandardCharsets.UTF_8);
    }
}
