package io.umbra.engine;

import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.control.ShadowPartitions;
import io.umbra.engine.source.FetchAssignment;
import io.umbra.engine.source.LagSampler;
import io.umbra.engine.source.SourceTopology;
import io.umbra.engine.status.FetchState;
import io.umbra.engine.status.JournalState;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.TopicState;
import io.umbra.journal.FlushTicket;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.PartitionCheckpoint;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import io.umbra.journal.RecoveryReport;
import io.umbra.journal.SegmentFiles;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.journal.ledger.LedgerState;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;

/**
 * The engine's partitions as the control plane works with them: their rows, their logs, and their way to the agents of
 * their shard.
 */
final class EnginePartitions implements ShadowPartitions
{
    private final Context ctx;
    private final PartitionSlots slots;
    private final List<LedgerPartition> names = new ArrayList<>();
    private final CountDownLatch discovered = new CountDownLatch(1);
    private final boolean isNewJournal;
    private volatile RuntimeException fatal;

    /**
     * What it works on.
     *
     * @param config      of the link.
     * @param directory   of the journal.
     * @param segmentFiles the file system.
     * @param table       of the partitions.
     * @param shards      that they belong to.
     * @param sampler     of their lag.
     * @param checkpoints of their logs.
     * @param ledgerState what the ledgers said when the engine started.
     * @param events      where news for the operator go.
     */
    record Context(
        UmbraConfig config,
        JournalDirectory directory,
        SegmentFiles segmentFiles,
        PartitionTable table,
        Shards shards,
        LagSampler sampler,
        Checkpoints checkpoints,
        LedgerState ledgerState,
        EventLog events)
    {
    }

    EnginePartitions(final Context ctx, final PartitionSlots slots)
    {
        this.ctx = ctx;
        this.slots = slots;
        isNewJournal = null == ctx.directory.clusterId();
    }

    @Override
    public void bindCluster(final String clusterId)
    {
        ctx.directory.bindClusterId(clusterId);
        ctx.table.header().clusterId(clusterId);
    }

    @Override
    public boolean isNewJournal()
    {
        return isNewJournal && discovered.getCount() > 0;
    }

    @Override
    public int add(final String topic, final UUID topicId, final int partition) throws IOException
    {
        final int index = ctx.table.add(
            topic, topicId, partition, ctx.shards.shardOf(topicId, partition), System.currentTimeMillis());
        names.add(new LedgerPartition(topic, partition, topicId));
        return index;
    }

    @Override
    public LogEnd open(final int partitionIndex) throws IOException
    {
        PartitionSlot slot = slots.get(partitionIndex);
        if (null == slot)
        {
            slot = new PartitionSlot(partitionIndex, names.get(partitionIndex), openLog(names.get(partitionIndex)));
            synchronized (slots)
            {
                slots.put(slot);
            }
        }
        final boolean isEmpty = slot.log.isEmpty() &&
            null == ctx.directory.checkpoint(slot.name.topic(), slot.name.partition());
        if (!isEmpty)
        {
            slot.noteDurablePoint();
        }
        return new LogEnd(slot.log.endOffset(), slot.log.lastEpoch(), isEmpty);
    }

    @Override
    public void startAt(final int partitionIndex, final long offset) throws IOException
    {
        final PartitionSlot slot = slots.get(partitionIndex);
        slot.log.startAt(offset);
        final FlushTicket ticket = slot.log.prepareFlush();
        if (null != ticket)
        {
            ticket.forceAndReturn();
        }
        slot.log.closeFiles();
        slot.noteDurablePoint();
    }

    @Override
    public void begin(final FetchAssignment assignment)
    {
        final PartitionSlot slot = slots.get(assignment.partitionIndex());
        final Shard shard = ctx.shards.get(ctx.table.shard(slot.index));
        shard.journal().open(slot, ctx.ledgerState.end(slot.name));
        shard.fetch().assign(assignment);
        ctx.sampler.track(slot.index, assignment.topicPartition());
    }

    @Override
    public void openFailed(final int partitionIndex, final String reason, final boolean isFault)
    {
        ctx.events.warn(names.get(partitionIndex) + ": cannot be opened: " + reason);
        ctx.table.journalState(
            partitionIndex, isFault ? JournalState.FAULTED : JournalState.WAITING_FOR_SPACE, reason);
    }

    @Override
    public void listed(final int partitionIndex, final boolean isListed)
    {
        final TopicState state = isListed ? TopicState.ACTIVE : TopicState.SOURCE_DELETED;
        if (state != ctx.table.topicState(partitionIndex))
        {
            ctx.events.warn(names.get(partitionIndex) +
                (isListed ? ": listed by the source again" : ": the source does not list this topic id any more"));
            ctx.table.topicState(partitionIndex, state);
        }
    }

    @Override
    public void topology(final SourceTopology topology)
    {
        ctx.shards.all().forEach((shard) -> shard.fetch().topology(topology));
        ctx.sampler.topology(topology);
    }

    @Override
    public void sourceAvailable(final String reason)
    {
        ctx.table.header().linkState(null == reason ? LinkState.ACTIVE : LinkState.SOURCE_UNAVAILABLE, reason);
    }

    @Override
    public void fatal(final RuntimeException cause)
    {
        fatal = cause;
        ctx.table.header().linkState(LinkState.FAULTED, cause.getMessage());
        ctx.shards.all().forEach((shard) -> shard.fetch().stopFetching());
    }

    @Override
    public void discovered()
    {
        // Where new partitions begin must survive a crash before their first batch.
        ctx.checkpoints.write();
        discovered.countDown();
    }

    /** Why the engine cannot go on; null while it can. */
    RuntimeException fatalCause()
    {
        return fatal;
    }

    /** Whether all partitions known so far are being fetched, or are faulted and say so. */
    boolean isReady() throws IOException
    {
        if (discovered.getCount() > 0)
        {
            return false;
        }
        for (int i = 0, rows = ctx.table.rowCount(); i < rows; i++)
        {
            final FetchState state = ctx.table.fetchState(i);
            if (FetchState.ACTIVE != state && FetchState.FAULTED != state &&
                JournalState.FAULTED != ctx.table.journalState(i))
            {
                return false;
            }
        }
        return true;
    }

    private int directWriteBytes()
    {
        final int bytes = ctx.config.journalDirectWriteBytes();
        return 0 == bytes ? Integer.MAX_VALUE : bytes;
    }

    private PartitionLog openLog(final LedgerPartition name) throws IOException
    {
        final PartitionLogContext log = new PartitionLogContext()
            .journalDir(ctx.config.journalDir())
            .partition(name.topic(), name.partition())
            .topicId(name.topicId())
            .segmentBytes(ctx.config.journalSegmentBytes())
            .tailCheckBytes((int)Math.min(Integer.MAX_VALUE, ctx.config.journalRecoveryCheckBytes()))
            .directWriteBytes(directWriteBytes())
            .segmentFiles(ctx.segmentFiles);
        final PartitionCheckpoint checkpoint = ctx.directory.checkpoint(name.topic(), name.partition());
        if (null != checkpoint)
        {
            log
                .recoveryPoint(checkpoint.durableOffset())
                .logStartOffset(checkpoint.logStartOffset())
                .knownDigest(checkpoint.durableOffset(), checkpoint.digest());
        }
        final LedgerState.End ledgerEnd = ctx.ledgerState.end(name);
        if (null != ledgerEnd)
        {
            log.knownDigest(ledgerEnd.endOffset(), ledgerEnd.digest());
        }
        final PartitionLog opened = PartitionLog.open(log);
        for (final RecoveryReport.Finding finding : opened.recoveryReport().findings())
        {
            ctx.events.warn(name + ": " + finding);
        }
        opened.closeFiles();
        return opened;
    }
}
