package io.umbra.engine;

import io.umbra.codecs.ledger.PartitionStateType;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.control.ShadowPartitions;
import io.umbra.engine.source.FetchAgent;
import io.umbra.engine.source.FetchAssignment;
import io.umbra.engine.source.LagSampler;
import io.umbra.engine.source.LeaderQuestion;
import io.umbra.engine.source.SourceTopology;
import io.umbra.engine.source.TokenBucket;
import io.umbra.engine.status.FetchState;
import io.umbra.engine.status.JournalState;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.TopicState;
import io.umbra.journal.FlushTicket;
import io.umbra.journal.Incident;
import io.umbra.journal.Incidents;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.JournalException;
import io.umbra.journal.PartitionCheckpoint;
import io.umbra.journal.PartitionKey;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import io.umbra.journal.Promotion;
import io.umbra.journal.RecoveryReport;
import io.umbra.journal.SegmentFiles;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.journal.ledger.LedgerState;
import org.agrona.concurrent.status.AtomicCounter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The engine's partitions as the control plane works with them: their rows, their logs, and their way to the agents of
 * their shard.
 */
final class EnginePartitions implements ShadowPartitions
{
    private static final long END_TIMEOUT_S = 10;
    private static final UUID NO_TOPIC_ID = new UUID(0, 0);

    private final Context ctx;
    private final PartitionSlots slots;
    private final List<LedgerPartition> names = new ArrayList<>();
    private final CountDownLatch discovered = new CountDownLatch(1);
    private final boolean isNewJournal;
    private volatile RuntimeException fatal;
    private volatile String boundCluster;
    private boolean isLinkPaused;
    private boolean isLinkPromoted;
    private LinkState clusterState;

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
     * @param linkRate    limits the link as a whole.
     * @param incidents   of the journal.
     * @param recorder    of the shards' streams.
     * @param counters    of what happens to topics.
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
        TokenBucket linkRate,
        Incidents incidents,
        EngineRecorder recorder,
        Counters counters,
        EventLog events)
    {
    }

    /**
     * Counters of the link.
     *
     * @param deleted   topics that were deleted at the source.
     * @param recreated topics that were created anew under their name.
     */
    record Counters(AtomicCounter deleted, AtomicCounter recreated)
    {
    }

    EnginePartitions(final Context ctx, final PartitionSlots slots)
    {
        this.ctx = ctx;
        this.slots = slots;
        isNewJournal = !ctx.directory.hasBegun();
    }

    @Override
    public void bindCluster(final String clusterId)
    {
        ctx.directory.bindClusterId(clusterId);
        ctx.table.header().clusterId(clusterId);
        ctx.recorder.cluster(clusterId);
        boundCluster = clusterId;
    }

    /**
     * The source's cluster, once it has shown since the start that it is the journal's. From any thread.
     *
     * @return its id; null until then.
     */
    String boundCluster()
    {
        return boundCluster;
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
    public Map<PartitionKey, UUID> journaled() throws IOException
    {
        final Map<PartitionKey, UUID> journaled = new LinkedHashMap<>();
        for (final PartitionKey key : ctx.directory.partitions())
        {
            try
            {
                final UUID topicId = ctx.directory.topicId(key);
                if (null != topicId)
                {
                    journaled.put(key, topicId);
                }
            }
            catch (final JournalException ex)
            {
                ctx.events.warn(key + ": " + ex.getMessage());
            }
        }
        return journaled;
    }

    @Override
    public int addJournaled(final String topic, final UUID topicId, final int partition) throws IOException
    {
        final int index = add(topic, topicId, partition);
        showWhatIsThere(index);
        // No FetchAgent knows of it.
        ctx.table.fetchState(index, FetchState.SOURCE_DELETED, null);
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
    public void startUnknown(final int partitionIndex, final String reason)
    {
        // No FetchAgent knows of it yet, so nobody else writes there.
        ctx.table.fetchState(partitionIndex, FetchState.STARTING, reason);
    }

    @Override
    public void begin(final FetchAssignment assignment)
    {
        final PartitionSlot slot = slots.get(assignment.partitionIndex());
        slot.hasBegun = true;
        ctx.recorder.partition(slot.index, slot.name);
        final Shard shard = ctx.shards.get(ctx.table.shard(slot.index));
        shard.journal().open(slot, ctx.ledgerState.end(slot.name));
        shard.fetch().assign(assignment);
        ctx.sampler.track(slot.index, slot.name.topic(), slot.name.partition());
    }

    @Override
    public boolean isRetired(final UUID topicId)
    {
        // Topics of a source without topic ids have all the same.
        return !NO_TOPIC_ID.equals(topicId) && ctx.directory.isRetired(topicId);
    }

    @Override
    public boolean retire(final int partitionIndex, final String reason, final boolean isDeleted)
    {
        final LedgerPartition name = names.get(partitionIndex);
        try
        {
            final PartitionSlot slot = openSlot(partitionIndex);
            if (null != slot)
            {
                end(List.of(slot), PartitionStateType.RETIRED, reason);
            }
            ctx.sampler.forget(partitionIndex);
            ctx.directory.retire(name.topic(), name.partition(), name.topicId(), isDeleted);
            ctx.checkpoints.write();
            ctx.table.topicState(partitionIndex, TopicState.SOURCE_DELETED);
            ctx.events.warn(name + ": " + reason);
            return true;
        }
        catch (final IOException ex)
        {
            ctx.events.warn(name + ": cannot be retired yet: " + ex.getMessage());
            return false;
        }
    }

    /** What ends is opened for it, so that it is whole and the ledger says so; null if its log is damaged. */
    private PartitionSlot openSlot(final int partitionIndex) throws IOException
    {
        if (null == slots.get(partitionIndex))
        {
            try
            {
                open(partitionIndex);
            }
            catch (final JournalException ex)
            {
                ctx.events.warn(names.get(partitionIndex) + ": cannot be opened: " + ex.getMessage());
            }
        }
        return slots.get(partitionIndex);
    }

    @Override
    public boolean promote(final List<Integer> partitionIndexes, final Promotion promotion)
    {
        final String reason = "promoted into cluster " + promotion.clusterId() + " under " + promotion.target();
        try
        {
            end(partitionIndexes.stream().map(slots::get).filter(Objects::nonNull).toList(),
                PartitionStateType.PROMOTED, reason);
        }
        catch (final IOException ex)
        {
            ctx.events.warn(ex.getMessage() + ", and will be: " + reason);
            return false;
        }
        // Whoever sees the state takes the logs, and may rely on what the checkpoints say of them.
        ctx.checkpoints.write();
        for (final int index : partitionIndexes)
        {
            ctx.sampler.forget(index);
            if (null == slots.get(index))
            {
                showWhatIsThere(index);
            }
            ctx.table.topicState(index, TopicState.PROMOTED);
        }
        if (!partitionIndexes.isEmpty())
        {
            ctx.events.warn(partitionIndexes.size() + " partitions: " + reason);
        }
        isLinkPromoted |= promotion.isWholeLink();
        sourceAvailable(null);
        return true;
    }

    /** A log that this engine never opened: its files may be the new cluster's by now. */
    private void showWhatIsThere(final int index)
    {
        final LedgerPartition name = names.get(index);
        final PartitionCheckpoint checkpoint = ctx.directory.checkpoint(name.topic(), name.partition());
        if (null != checkpoint)
        {
            ctx.table.journalPositions(
                index, checkpoint.logStartOffset(), checkpoint.durableOffset(), checkpoint.durableOffset(), -1, -1);
        }
    }

    /**
     * First the FetchAgents forget them, then the JournalAgents take what was published until then, after which nothing
     * more of them can come.
     */
    private void end(final List<PartitionSlot> ending, final PartitionStateType state, final String reason)
        throws IOException
    {
        final List<PartitionSlot> open = ending.stream().filter((slot) -> !slot.isEnded).toList();
        final CountDownLatch closed = new CountDownLatch(open.size());
        for (final PartitionSlot slot : open)
        {
            final Shard shard = ctx.shards.get(ctx.table.shard(slot.index));
            final JournalAgent.Ending why = new JournalAgent.Ending(slot.index, state, reason);
            if (slot.hasBegun)
            {
                shard.fetch().unassign(
                    slot.index, (position) -> shard.journal().end(why, position, closed::countDown));
            }
            else
            {
                // Nothing of it was published.
                shard.journal().open(slot, ctx.ledgerState.end(slot.name));
                shard.journal().end(why, 0, closed::countDown);
            }
        }
        try
        {
            if (!closed.await(END_TIMEOUT_S, TimeUnit.SECONDS))
            {
                throw new IOException(
                    closed.getCount() + " logs were not closed within " + END_TIMEOUT_S + " s");
            }
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", ex);
        }
    }

    @Override
    public void incident(final Incident.Kind kind, final String topic, final UUID topicId, final String text)
    {
        try
        {
            ctx.incidents.add(incidentOf(kind, topic, topicId, text));
        }
        catch (final IOException ex)
        {
            ctx.events.onError(ex);
        }
        (Incident.Kind.TOPIC_DELETED == kind ? ctx.counters.deleted : ctx.counters.recreated).incrementRelease();
        ctx.events.warn(topic + ": " + text);
    }

    @Override
    public boolean isIncidentKnown(
        final Incident.Kind kind, final String topic, final UUID topicId, final String text)
    {
        return ctx.incidents.isKnown(incidentOf(kind, topic, topicId, text));
    }

    private static Incident incidentOf(
        final Incident.Kind kind, final String topic, final UUID topicId, final String text)
    {
        return new Incident(kind, topic, topicId, -1, -1, -1, System.currentTimeMillis(), text);
    }

    @Override
    public void wanted(final int partitionIndex, final boolean isWanted)
    {
        final PartitionSlot slot = slots.get(partitionIndex);
        slot.isPaused = !isWanted;
        suspend(slot);
        ctx.events.info(slot.name + (isWanted ? ": resumed" : ": paused"));
        if (TopicState.SOURCE_DELETED != ctx.table.topicState(partitionIndex))
        {
            ctx.table.topicState(partitionIndex, isWanted ? TopicState.ACTIVE : TopicState.PAUSED);
        }
    }

    private void suspend(final PartitionSlot slot)
    {
        final FetchAgent fetch = fetch(slot.index);
        if (slot.isPaused || slot.isDeleted)
        {
            fetch.suspend(slot.index, slot.isDeleted);
        }
        else
        {
            fetch.resume(slot.index);
        }
    }

    @Override
    public void limit(final int partitionIndex, final TokenBucket bucket)
    {
        fetch(partitionIndex).limit(partitionIndex, bucket);
    }

    @Override
    public void linkRate(final long bytesPerSecond)
    {
        final long configured = ctx.config.rateLimitBytesPerSecond().orElse(TokenBucket.UNLIMITED);
        final long rate = 0 == bytesPerSecond ? configured : bytesPerSecond;
        if (rate != ctx.linkRate.rate())
        {
            ctx.linkRate.rate(rate);
            ctx.events.info(TokenBucket.UNLIMITED == rate ?
                "the link has no rate limit" : "the link is limited to " + rate + " bytes per second");
        }
    }

    @Override
    public void linkPaused(final boolean isPaused)
    {
        isLinkPaused = isPaused;
        if (null != clusterState && LinkState.SOURCE_UNAVAILABLE != clusterState)
        {
            sourceAvailable(null);
        }
    }

    @Override
    public void offsetsLost(final LeaderQuestion asked, final long nextOffset)
    {
        fetch(asked.partitionIndex()).onOffsetsLost(asked, nextOffset);
    }

    @Override
    public void gapsExpected(final LeaderQuestion asked)
    {
        fetch(asked.partitionIndex()).onGapsExpected(asked);
    }

    @Override
    public void logStart(final LeaderQuestion asked, final long logStartOffset)
    {
        fetch(asked.partitionIndex()).onLogStart(asked, logStartOffset);
    }

    @Override
    public void diverged(final LeaderQuestion asked, final int leaderEpoch, final long endOffset)
    {
        fetch(asked.partitionIndex()).onDiverged(asked, leaderEpoch, endOffset);
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
        final boolean isShownDeleted = TopicState.SOURCE_DELETED == ctx.table.topicState(partitionIndex);
        if (isListed == isShownDeleted)
        {
            final PartitionSlot slot = slots.get(partitionIndex);
            final boolean isPaused = null != slot && slot.isPaused;
            final TopicState state = !isListed ? TopicState.SOURCE_DELETED :
                isPaused ? TopicState.PAUSED : TopicState.ACTIVE;
            if (null != slot)
            {
                slot.isDeleted = !isListed;
                suspend(slot);
                follow(slot);
            }
            ctx.events.warn(names.get(partitionIndex) +
                (isListed ? ": listed by the source again" : ": the source does not list this topic id any more"));
            ctx.table.topicState(partitionIndex, state);
        }
    }

    /** What the source does not have cannot be sampled. */
    private void follow(final PartitionSlot slot)
    {
        if (slot.isDeleted)
        {
            ctx.sampler.forget(slot.index);
        }
        else
        {
            ctx.sampler.track(slot.index, slot.name.topic(), slot.name.partition());
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
        clusterState = isLinkPromoted ? LinkState.PROMOTED : null != reason ? LinkState.SOURCE_UNAVAILABLE :
            isLinkPaused ? LinkState.PAUSED : LinkState.ACTIVE;
        ctx.table.header().linkState(clusterState, reason);
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
        try
        {
            ctx.directory.begun();
        }
        catch (final JournalException ex)
        {
            // A start before it can be written asks for the first offsets of empty logs again.
            ctx.events.onError(ex);
        }
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
            if (FetchState.ACTIVE != state && FetchState.FAULTED != state && FetchState.PAUSED != state &&
                JournalState.FAULTED != ctx.table.journalState(i) &&
                TopicState.SOURCE_DELETED != ctx.table.topicState(i) &&
                TopicState.PROMOTED != ctx.table.topicState(i))
            {
                return false;
            }
        }
        return true;
    }

    private FetchAgent fetch(final int partitionIndex)
    {
        return ctx.shards.get(ctx.table.shard(partitionIndex)).fetch();
    }

    private int directWriteBytes()
    {
        final int bytes = ctx.config.journalDirectWriteBytes();
        return 0 == bytes ? Integer.MAX_VALUE : bytes;
    }

    /** Once for each topic. One that was promoted: what others left was retired before they were opened. */
    private synchronized void putAside(final LedgerPartition name, final Path earlier)
    {
        final String text = "the topic was created anew, its earlier shadow is kept under " + earlier.getParent();
        if (!isIncidentKnown(Incident.Kind.TOPIC_RECREATED, name.topic(), name.topicId(), text))
        {
            incident(Incident.Kind.TOPIC_RECREATED, name.topic(), name.topicId(), text);
        }
    }

    private PartitionLog openLog(final LedgerPartition name) throws IOException
    {
        final Path earlier = ctx.directory.retireOther(name.topic(), name.partition(), name.topicId());
        if (null != earlier)
        {
            putAside(name, earlier);
        }
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
