package io.umbra.engine.ledger;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.codecs.ledger.EngineEventDecoder;
import io.umbra.codecs.ledger.GapDecoder;
import io.umbra.codecs.ledger.LinkEventDecoder;
import io.umbra.codecs.ledger.LinkHeadDecoder;
import io.umbra.codecs.ledger.LogStartDecoder;
import io.umbra.codecs.ledger.MetadataDecoder;
import io.umbra.codecs.ledger.MetadataHeadDecoder;
import io.umbra.codecs.ledger.MetadataRemovedDecoder;
import io.umbra.codecs.ledger.MetadataRoundDecoder;
import io.umbra.codecs.ledger.PartitionOpenedDecoder;
import io.umbra.codecs.ledger.PartitionStateDecoder;
import io.umbra.codecs.ledger.RecoveredDecoder;
import io.umbra.codecs.ledger.RpoSampleDecoder;
import io.umbra.codecs.ledger.TruncatedDecoder;
import io.umbra.engine.rpo.DelayCodec;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.RpoSummary;
import io.umbra.journal.ledger.LedgerEntryHandler;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.journal.ledger.LedgerReader;

import java.util.UUID;

/**
 * Turns the entries of one shard's ledger into rows, one ahead.
 */
final class RowReader implements LedgerEntryHandler, AutoCloseable
{
    private final LedgerReader reader;
    private long remaining;
    private LedgerRow row;

    RowReader(final LedgerReader reader)
    {
        this.reader = reader;
    }

    /**
     * Goes back from the end.
     *
     * @param count of rows wanted.
     * @return of rows that there are. No more will be read, even if there are by then.
     */
    long last(final long count)
    {
        remaining = reader.lastEntries(count);
        final long rows = remaining;
        advance();
        return rows;
    }

    /**
     * The row at hand.
     *
     * @return null when there is none left.
     */
    LedgerRow row()
    {
        return row;
    }

    /**
     * Goes on to the next row.
     */
    void advance()
    {
        row = null;
        if (remaining > 0 && reader.poll(this))
        {
            remaining--;
        }
    }

    @Override
    public void close()
    {
        reader.close();
    }

    @Override
    public void onEngineEvent(final long index, final EngineEventDecoder entry)
    {
        row("EngineEvent", index, entry.nodeId(), entry.shard(), entry.timeNs())
            .put("eventType", entry.eventType().name());
    }

    @Override
    public void onPartitionOpened(final long index, final LedgerPartition partition, final PartitionOpenedDecoder entry)
    {
        named(
            "PartitionOpened", index, entry.nodeId(), entry.shard(), entry.timeNs(), entry.partitionIndex(), partition)
            .put("topicId", new UUID(entry.topicIdHigh(), entry.topicIdLow()).toString())
            .put("logStartOffset", entry.logStartOffset())
            .put("endOffset", entry.endOffset())
            .put("digest", digest(entry.digest()));
    }

    @Override
    public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
    {
        named("Commit", index, entry.nodeId(), entry.shard(), entry.commitTimeNs(), entry.partitionIndex(), partition)
            .put("assignmentEpoch", entry.assignmentEpoch())
            .put("leaderEpoch", entry.leaderEpoch())
            .put("leaderId", entry.leaderId())
            .put("baseOffset", entry.baseOffset())
            .put("lastOffset", entry.lastOffset())
            .put("segmentBaseOffset", entry.segmentBaseOffset())
            .put("filePosition", entry.filePosition())
            .put("length", entry.length())
            .put("records", entry.records())
            .put("digest", digest(entry.digest()))
            .put("sourceHighWatermark", entry.sourceHighWatermark())
            .put("fetchTimeNs", entry.fetchTimeNs())
            .put("commitTimeNs", entry.commitTimeNs());
    }

    @Override
    public void onRecovered(final long index, final LedgerPartition partition, final RecoveredDecoder entry)
    {
        named("Recovered", index, entry.nodeId(), entry.shard(), entry.timeNs(), entry.partitionIndex(), partition)
            .put("baseOffset", entry.baseOffset())
            .put("lastOffset", entry.lastOffset())
            .put("digest", digest(entry.digest()));
    }

    @Override
    public void onTruncated(final long index, final LedgerPartition partition, final TruncatedDecoder entry)
    {
        named("Truncated", index, entry.nodeId(), entry.shard(), entry.timeNs(), entry.partitionIndex(), partition)
            .put("fromOffset", entry.fromOffset())
            .put("toOffset", entry.toOffset())
            .put("digest", digest(entry.digest()))
            .put("reason", entry.reason());
    }

    @Override
    public void onPartitionState(final long index, final LedgerPartition partition, final PartitionStateDecoder entry)
    {
        named("PartitionState", index, entry.nodeId(), entry.shard(), entry.timeNs(), entry.partitionIndex(), partition)
            .put("endOffset", entry.endOffset())
            .put("state", entry.state().name())
            .put("reason", entry.reason());
    }

    @Override
    public void onLogStart(final long index, final LedgerPartition partition, final LogStartDecoder entry)
    {
        named("LogStart", index, entry.nodeId(), entry.shard(), entry.timeNs(), entry.partitionIndex(), partition)
            .put("logStartOffset", entry.logStartOffset());
    }

    @Override
    public void onGap(final long index, final LedgerPartition partition, final GapDecoder entry)
    {
        named("Gap", index, entry.nodeId(), entry.shard(), entry.timeNs(), entry.partitionIndex(), partition)
            .put("fromOffset", entry.fromOffset())
            .put("toOffset", entry.toOffset())
            .put("reason", entry.reason());
    }

    @Override
    public void onMetadata(final long index, final MetadataDecoder entry)
    {
        row("Metadata", index, entry.nodeId(), entry.timeNs())
            .put("kind", entry.kind().name())
            .put("key", entry.key())
            .put("value", entry.value());
    }

    @Override
    public void onMetadataRemoved(final long index, final MetadataRemovedDecoder entry)
    {
        row("MetadataRemoved", index, entry.nodeId(), entry.timeNs())
            .put("kind", entry.kind().name())
            .put("key", entry.key());
    }

    @Override
    public void onMetadataRound(final long index, final MetadataRoundDecoder entry)
    {
        final ObjectNode fields = row("MetadataRound", index, entry.nodeId(), entry.timeNs())
            .put("task", entry.task().name())
            .put("state", entry.state().name())
            .put("completeNs", entry.completeNs());
        fields.put("complete", entry.completeNs() > 0 ? LedgerText.time(entry.completeNs()) : null);
        fields.put("message", entry.message());
    }

    @Override
    public void onMetadataHead(final long index, final MetadataHeadDecoder entry)
    {
        row("MetadataHead", index, entry.nodeId(), entry.timeNs()).put("values", entry.values());
    }

    @Override
    public void onRpoSample(final long index, final RpoSampleDecoder entry)
    {
        final byte[] sampled = new byte[entry.sampledLength()];
        final ObjectNode fields = row("RpoSample", index, entry.nodeId(), entry.timeNs())
            .put("intervalMs", entry.intervalMs())
            .put("linkState", LinkState.get(entry.linkState()).name())
            .put("lagRecords", entry.lagRecords())
            .put("lagBytes", entry.lagBytes())
            .put("lagMs", entry.lagMs())
            .put("bytes", entry.bytes())
            .put("records", entry.records());
        entry.getSampled(sampled, 0, sampled.length);
        final byte[] logAppendTime = new byte[entry.logAppendTimeLength()];
        entry.getLogAppendTime(logAppendTime, 0, logAppendTime.length);
        delays(fields, "sampled", sampled);
        delays(fields, "logAppendTime", logAppendTime);
    }

    @Override
    public void onLinkEvent(final long index, final LinkEventDecoder entry)
    {
        row("LinkEvent", index, entry.nodeId(), entry.timeNs())
            .put("eventType", entry.eventType().name())
            .put("partition", entry.partition())
            .put("fromOffset", entry.fromOffset())
            .put("toOffset", entry.toOffset())
            .put("topic", entry.topic())
            .put("before", entry.before())
            .put("after", entry.after())
            .put("message", entry.message());
    }

    @Override
    public void onLinkHead(final long index, final LinkHeadDecoder entry)
    {
        row("LinkHead", index, entry.nodeId(), entry.timeNs());
    }

    @Override
    public void onUnknown(final long index, final int templateId)
    {
        row("Unknown", index, 0, reader.shard(), 0).put("templateId", templateId);
    }

    /**
     * A partition without a name is shown with its index, so that the entry is not hidden.
     */
    private ObjectNode named(
        final String type,
        final long index,
        final int nodeId,
        final int shard,
        final long timeNs,
        final int partitionIndex,
        final LedgerPartition partition)
    {
        final ObjectNode fields = row(type, index, nodeId, shard, timeNs).put("partitionIndex", partitionIndex);
        return partition == null ?
            fields.putNull("topic").putNull("partition") :
            fields.put("topic", partition.topic()).put("partition", partition.partition());
    }

    private ObjectNode row(
        final String type, final long index, final int nodeId, final int shard, final long timeNs)
    {
        return row(type, index, nodeId, timeNs).put("shard", shard);
    }

    private ObjectNode row(final String type, final long index, final int nodeId, final long timeNs)
    {
        final ObjectNode fields = JsonNodeFactory.instance.objectNode()
            .put("type", type)
            .put("time", LedgerText.time(timeNs))
            .put("timeNs", timeNs)
            .put("nodeId", nodeId)
            // Numbers of this length lose digits in some readers of JSON.
            .put("index", Long.toHexString(index));
        row = new LedgerRow(timeNs, fields);
        return fields;
    }

    /** Null where nothing was measured. */
    private static void delays(final ObjectNode fields, final String name, final byte[] encoded)
    {
        final RpoSummary summary = DelayCodec.summary(DelayCodec.decode(encoded));
        if (0 == summary.count())
        {
            fields.putNull(name);
            return;
        }
        fields.putObject(name)
            .put("count", summary.count())
            .put("p50", summary.p50())
            .put("p99", summary.p99())
            .put("p999", summary.p999())
            .put("max", summary.max());
    }

    private static String digest(final long digest)
    {
        return String.format("%016x", digest);
    }
}
