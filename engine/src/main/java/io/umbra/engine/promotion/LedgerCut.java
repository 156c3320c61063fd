package io.umbra.engine.promotion;

import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.codecs.ledger.EngineEventDecoder;
import io.umbra.codecs.ledger.GapDecoder;
import io.umbra.codecs.ledger.LinkEventDecoder;
import io.umbra.codecs.ledger.LinkEventType;
import io.umbra.codecs.ledger.LogStartDecoder;
import io.umbra.codecs.ledger.PartitionOpenedDecoder;
import io.umbra.codecs.ledger.PartitionStateDecoder;
import io.umbra.codecs.ledger.PartitionStateType;
import io.umbra.codecs.ledger.RecoveredDecoder;
import io.umbra.codecs.ledger.TruncatedDecoder;
import io.umbra.engine.events.LinkEvent;
import io.umbra.engine.metadata.TopicMetadata;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerEntryHandler;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.journal.ledger.LedgerReader;
import io.umbra.journal.ledger.ShardDirectories;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Cuts all partitions at one moment of the ledgers' order: each ends with the last commit up to then. What the source
 * took back later, by a divergence, is not in the log any more and stays behind.
 */
final class LedgerCut implements Cut
{
    private static final String LEDGER = "ledger";

    private final Instant asOf;
    private final Map<Shadow, Ends> ends = new HashMap<>();

    private LedgerCut(final Instant asOf)
    {
        this.asOf = asOf;
    }

    /**
     * Reads the ledgers.
     *
     * @param shadows whose.
     * @param asOf    the moment.
     * @return the cut.
     * @throws PromotionRefusedException if a ledger does not reach back so far, or the moment has not come yet.
     */
    static LedgerCut read(final List<Shadow> shadows, final Instant asOf)
    {
        final LedgerCut cut = new LedgerCut(asOf);
        if (asOf.isAfter(Instant.now()))
        {
            throw cut.refused("allowed is a time in the past");
        }
        final long asOfNs = ChronoUnit.NANOS.between(Instant.EPOCH, asOf);
        for (final Shadow shadow : shadows)
        {
            cut.ends.put(shadow, cut.read(shadow.journalDir().resolve(LEDGER), asOfNs));
        }

        return cut;
    }

    private Ends read(final Path ledgers, final long asOfNs)
    {
        final Ends all = new Ends(asOfNs);
        ShardDirectories.list(ledgers).values().forEach((shard) -> read(shard, all));
        read(LedgerContext.linkDirectory(ledgers), all);
        if (all.firstNs > asOfNs)
        {
            throw refused(Long.MAX_VALUE == all.firstNs ? "there is no ledger in " + ledgers :
                "the ledger in " + ledgers + " begins at " + instant(all.firstNs) + "; allowed is that or later");
        }

        return all;
    }

    private static void read(final Path ledger, final Ends all)
    {
        try (LedgerReader reader = LedgerReader.open(ledger))
        {
            boolean hasMore = true;
            while (hasMore)
            {
                hasMore = reader.poll(all);
            }
        }
    }

    @Override
    public boolean isPast()
    {
        return true;
    }

    @Override
    public boolean isDeleted(final ShadowPartition partition)
    {
        final Ends all = ends.get(partition.shadow());
        final String topic = partition.key().topic();
        final Long deletedNs = all.deletions.get(topic);
        final Generation last = all.generations.get(topic);
        return null != deletedNs && (null == last || last.seenNs < deletedNs);
    }

    @Override
    public boolean had(final TopicMetadata topic)
    {
        return ends.values().stream().flatMap((all) -> all.offsets.entrySet().stream()).anyMatch((entry) ->
            entry.getKey().topicId().equals(topic.id()) && entry.getKey().topic().equals(topic.name()) &&
                entry.getValue() > 0);
    }

    @Override
    public long logStart(final ShadowPartition partition, final long logStartOffset)
    {
        return partition.isRetired() ? ends.get(partition.shadow()).logStarts.getOrDefault(key(partition), 0L) :
            logStartOffset;
    }

    /** Of several generations of a topic, the one that was the last then. */
    @Override
    public boolean isThere(final ShadowPartition partition)
    {
        final Ends all = ends.get(partition.shadow());
        final Generation last = all.generations.get(partition.key().topic());
        if (null != last && !last.topicId.equals(partition.topicId()) || partition.isRetired() && null == last)
        {
            return false;
        }
        if (!all.offsets.containsKey(key(partition)) && !all.absent.contains(key(partition)))
        {
            throw refused("what " + partition.key() + " was like then the ledger does not say any more; allowed is a " +
                "later time, or other topics");
        }

        return all.offsets.containsKey(key(partition));
    }

    @Override
    public long end(final ShadowPartition partition)
    {
        return ends.get(partition.shadow()).offsets.get(key(partition));
    }

    private static LedgerPartition key(final ShadowPartition partition)
    {
        return new LedgerPartition(partition.key().topic(), partition.key().partition(), partition.topicId());
    }

    private PromotionRefusedException refused(final String why)
    {
        return new PromotionRefusedException("option '--as-of' has value '" + asOf + "': " + why);
    }

    private static Instant instant(final long timeNs)
    {
        return Instant.ofEpochSecond(0, timeNs);
    }

    /** Of the topics that had a name one after the other, the one that was journaled last. */
    private static final class Generation
    {
        private UUID topicId;
        private long seenNs = Long.MIN_VALUE;

        void seen(final UUID id, final long timeNs)
        {
            if (timeNs >= seenNs)
            {
                topicId = id;
                seenNs = timeNs;
            }
        }
    }

    /** Takes every entry of every shard. */
    private static final class Ends implements LedgerEntryHandler
    {
        private final Map<LedgerPartition, Long> offsets = new HashMap<>();
        private final Map<LedgerPartition, Long> logStarts = new HashMap<>();
        private final Map<String, Generation> generations = new HashMap<>();
        private final Map<String, Long> deletions = new HashMap<>();
        /** Partitions that are known not to have been there: they had ended, or began later. */
        private final Set<LedgerPartition> absent = new HashSet<>();
        private final long asOfNs;
        private long firstNs = Long.MAX_VALUE;

        Ends(final long asOfNs)
        {
            this.asOfNs = asOfNs;
        }

        @Override
        public void onEngineEvent(final long index, final EngineEventDecoder entry)
        {
            seen(entry.timeNs());
        }

        @Override
        public void onPartitionOpened(
            final long index, final LedgerPartition partition, final PartitionOpenedDecoder entry)
        {
            logStarts.merge(partition, entry.logStartOffset(), Math::max);
            end(partition, entry.timeNs(), entry.endOffset());
            if (entry.timeNs() > asOfNs && !offsets.containsKey(partition) &&
                entry.endOffset() == entry.logStartOffset())
            {
                absent.add(partition);
            }
        }

        @Override
        public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
        {
            end(partition, entry.commitTimeNs(), entry.lastOffset() + 1);
        }

        @Override
        public void onRecovered(final long index, final LedgerPartition partition, final RecoveredDecoder entry)
        {
            end(partition, entry.timeNs(), entry.lastOffset() + 1);
        }

        @Override
        public void onTruncated(final long index, final LedgerPartition partition, final TruncatedDecoder entry)
        {
            seen(entry.timeNs());
            if (entry.timeNs() <= asOfNs)
            {
                offsets.put(partition, entry.toOffset());
            }
            else
            {
                offsets.computeIfPresent(partition, (key, end) -> Math.min(end, entry.toOffset()));
            }
        }

        @Override
        public void onGap(final long index, final LedgerPartition partition, final GapDecoder entry)
        {
            end(partition, entry.timeNs(), entry.toOffset());
        }

        @Override
        public void onLogStart(final long index, final LedgerPartition partition, final LogStartDecoder entry)
        {
            logStarts.merge(partition, entry.logStartOffset(), Math::max);
            seen(entry.timeNs());
        }

        @Override
        public void onPartitionState(
            final long index, final LedgerPartition partition, final PartitionStateDecoder entry)
        {
            seen(entry.timeNs());
            if (PartitionStateType.RETIRED == entry.state() && entry.timeNs() <= asOfNs)
            {
                offsets.remove(partition);
                absent.add(partition);
            }
        }

        @Override
        public void onLinkEvent(final long index, final LinkEventDecoder entry)
        {
            if (LinkEventType.TOPIC_DELETED == entry.eventType() && entry.timeNs() <= asOfNs)
            {
                deletions.merge(LinkEvent.of(entry).topic(), entry.timeNs(), Math::max);
            }
        }

        private void end(final LedgerPartition partition, final long timeNs, final long offset)
        {
            seen(timeNs);
            if (timeNs <= asOfNs)
            {
                offsets.put(partition, offset);
                generations.computeIfAbsent(partition.topic(), (topic) -> new Generation())
                    .seen(partition.topicId(), timeNs);
            }
        }

        private void seen(final long timeNs)
        {
            firstNs = Math.min(firstNs, timeNs);
        }
    }
}
