package io.umbra.engine.promotion;

import io.umbra.engine.metadata.GroupOffset;
import io.umbra.engine.metadata.MetadataTask;
import io.umbra.engine.metadata.ScramUser;
import io.umbra.engine.metadata.SourceMetadata;
import io.umbra.engine.metadata.TopicMetadata;
import io.umbra.journal.ExportPlan;
import io.umbra.journal.JournalCheckpoints;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.LogExport;
import io.umbra.journal.OpenTransaction;
import io.umbra.journal.PartitionKey;
import org.apache.kafka.common.Uuid;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Makes the plan of a promotion. Only reads.
 */
final class Planner
{
    /**
     * Leader epochs begin that much above the greatest that is known: leaders at the source may have changed a few
     * times since anyone looked, and a client that has seen a greater epoch takes a lower one for old news.
     */
    static final int EPOCH_MARGIN = 1_000;
    /** Brokers take producer ids in blocks of so many. */
    private static final long PRODUCER_ID_BLOCK = 1_000;
    /** Blocks that the source's brokers may have taken and of which no id has got into a log yet. */
    private static final long PRODUCER_ID_MARGIN = 1_000 * PRODUCER_ID_BLOCK;

    private final List<Shadow> shadows;
    private final Selection selection;
    private final SourceMetadata metadata;
    private final Cut cut;
    private final LogExport.Transfer transfer;
    private final SuperUsers superUsers;
    private final long nowMs;
    private final Map<Shadow, Map<PartitionKey, Long>> logStarts = new HashMap<>();
    private final Map<Shadow, Map<PartitionKey, JournalCheckpoints.DigestPoint>> digestPoints = new HashMap<>();
    private final Map<PartitionKey, Integer> committedEpochs = new HashMap<>();
    private final List<ConfigChange> configChanges = new ArrayList<>();
    private final List<String> notCarried = new ArrayList<>();

    /**
     * For one plan.
     *
     * @param shadows    that become nodes of the cluster.
     * @param selection  what is promoted.
     * @param metadata   of the source at the cut.
     * @param cut        where logs end.
     * @param transfer   how files get into the new directories.
     * @param superUsers of the new cluster.
     * @param nowMs      time of the promotion, milliseconds since 1970.
     */
    Planner(
        final List<Shadow> shadows,
        final Selection selection,
        final SourceMetadata metadata,
        final Cut cut,
        final LogExport.Transfer transfer,
        final SuperUsers superUsers,
        final long nowMs)
    {
        this.shadows = shadows;
        this.selection = selection;
        this.metadata = metadata;
        this.cut = cut;
        this.transfer = transfer;
        this.superUsers = superUsers;
        this.nowMs = nowMs;
    }

    PromotionPlan plan() throws IOException
    {
        for (final GroupOffset offset : metadata.groupOffsets())
        {
            committedEpochs.merge(
                new PartitionKey(offset.topic(), offset.partition()), offset.leaderEpoch(), Math::max);
        }
        final Map<PartitionKey, PlannedPartition> partitions = SideBySide.map(selection.partitions(), this::partition)
            .stream().collect(Collectors.toMap(PlannedPartition::key, (partition) -> partition));
        final List<PlannedTopic> topics = new ArrayList<>();
        for (final Map.Entry<String, SortedMap<Integer, ShadowPartition>> topic : selection.topics().entrySet())
        {
            topics.add(topic(topic.getKey(), topic.getValue(), partitions));
        }
        final GroupPositions groups = GroupPositions.of(metadata, topics);
        notCarried.addAll(groups.notCarried());
        stayBehind();

        return new PromotionPlan(
            topics,
            metadata,
            groups.groups(),
            groups.offsets(),
            groups.moved(),
            transactions(topics),
            configChanges,
            notCarried,
            nextProducerId(topics));
    }

    private PlannedPartition partition(final ShadowPartition partition) throws IOException
    {
        final PartitionKey key = partition.key();
        final Shadow shadow = partition.shadow();
        final JournalCheckpoints.DigestPoint durable = partition.isRetired() ? Shadow.noDigestPoint() :
            digestPoints(shadow).getOrDefault(key, Shadow.noDigestPoint());
        final LogExport.Context context = new LogExport.Context()
            .sourceDirectory(partition.directory())
            .targetDirectory(shadow.target().logDir().resolve(key.toString()))
            .topic(key.topic())
            .partition(key.partition())
            .topicId(partition.topicId())
            .logStartOffset(cut.logStart(partition, logStarts(shadow).getOrDefault(key, 0L)))
            .cutOffset(cut.end(partition))
            .recoveryPoint(durable.offset(), durable.digest())
            .nowMs(nowMs)
            .transfer(transfer)
            .isLive(partition.isWritten());
        final ExportPlan export = LogExport.plan(context);
        final int leaderEpoch = leaderEpoch(key, partition.sample(), export.lastEpoch());
        context.markerLeaderEpoch(leaderEpoch);

        return new PlannedPartition(
            key, shadow.target().nodeId(), leaderEpoch, partition.sample(), context, export);
    }

    private int leaderEpoch(final PartitionKey key, final SourceSample sample, final int lastEpoch)
    {
        final int known = Math.max(
            Math.max(sample.leaderEpoch(), sample.lastEpoch()),
            Math.max(lastEpoch, committedEpochs.getOrDefault(key, -1)));

        return Math.max(0, known) + EPOCH_MARGIN;
    }

    private PlannedTopic topic(
        final String name,
        final SortedMap<Integer, ShadowPartition> journaled,
        final Map<PartitionKey, PlannedPartition> planned)
    {
        final TopicMetadata known = metadata.topics().get(name);
        final UUID sourceId = journaled.isEmpty() ? known.id() : journaled.get(journaled.firstKey()).topicId();
        final boolean isNewId = 0 == sourceId.getMostSignificantBits() && 0 == sourceId.getLeastSignificantBits();
        final List<PlannedPartition> partitions = new ArrayList<>();
        for (int number = 0; number < selection.partitionCount(name); number++)
        {
            final PartitionKey key = new PartitionKey(name, number);
            final PlannedPartition partition = planned.get(key);
            final int node = shadows.get(number % shadows.size()).target().nodeId();
            partitions.add(null != partition ? partition :
                new PlannedPartition(key, node, EPOCH_MARGIN, SourceSample.UNKNOWN, null, null));
        }

        return new PlannedTopic(
            name,
            isNewId ? Uuid.randomUuid() :
                new Uuid(sourceId.getMostSignificantBits(), sourceId.getLeastSignificantBits()),
            isNewId,
            configs(name, known),
            partitions);
    }

    private SortedMap<String, String> configs(final String name, final TopicMetadata known)
    {
        if (null == known)
        {
            if (metadata.completeNs(MetadataTask.TOPICS).isPresent())
            {
                notCarried.add("settings of topic " + name + ": never read from the source" + asOf());
            }
            return new TreeMap<>();
        }
        final TopicSettings settings = TopicSettings.of(known, 1);
        configChanges.addAll(settings.changes());

        return settings.configs();
    }

    private String asOf()
    {
        return Long.MAX_VALUE == metadata.asOfNs() ? "" : " before that time";
    }

    private void stayBehind()
    {
        selection.internal().forEach((topic) -> notCarried.add(
            "topic " + topic + ": Kafka's own; the new cluster makes its own of it"));
        selection.deleted().forEach((topic) -> notCarried.add(
            "topic " + topic + ": the source had deleted it; name it with --topics to have it"));
        selection.lost().forEach((topic) -> notCarried.add(
            "topic " + topic + ": it was there then, but its shadow, or the part of the ledger that says how far it " +
                "went, is not in the journal any more"));
        if (superUsers.isEverybody())
        {
            notCarried.add("force of the " + metadata.acls().size() + " access rules: with listeners that are all " +
                "PLAINTEXT every client is User:ANONYMOUS, as the broker itself is, and so a super user");
        }
        for (final ScramUser user : metadata.scramUsers())
        {
            notCarried.add("secret of user " + user.user() + " (" + user.mechanism() +
                "): no broker tells it; set it with kafka-configs");
        }
        for (final MetadataTask task : MetadataTask.values())
        {
            if (metadata.completeNs(task).isEmpty())
            {
                final String reason = metadata.reasons().get(task);
                notCarried.add(task.label() + " of the source: " +
                    (null == reason ? "never read" + asOf() + "; see umbra status" : reason));
            }
        }
    }

    private static List<Transaction> transactions(final List<PlannedTopic> topics)
    {
        final List<Transaction> transactions = new ArrayList<>();
        for (final PlannedTopic topic : topics)
        {
            for (final PlannedPartition partition : topic.partitions())
            {
                for (final OpenTransaction open : null == partition.export() ?
                    List.<OpenTransaction>of() : partition.export().openTransactions())
                {
                    transactions.add(new Transaction(topic.name(), partition.key().partition(),
                        open.producerId(), open.producerEpoch(), open.firstOffset()));
                }
            }
        }

        return transactions;
    }

    /** Above all that were ever seen, those of logs that are gone among them. */
    private long nextProducerId(final List<PlannedTopic> topics) throws IOException
    {
        long highest = -1;
        for (final Shadow shadow : shadows)
        {
            highest = Math.max(highest, JournalDirectory.readHighestProducerId(shadow.journalDir()));
        }
        for (final PlannedTopic topic : topics)
        {
            for (final PlannedPartition partition : topic.partitions())
            {
                highest = Math.max(highest, null == partition.export() ? -1 : partition.export().highestProducerId());
            }
        }
        final long above = highest + 1 + PRODUCER_ID_MARGIN;

        return (above + PRODUCER_ID_BLOCK - 1) / PRODUCER_ID_BLOCK * PRODUCER_ID_BLOCK;
    }

    private synchronized Map<PartitionKey, Long> logStarts(final Shadow shadow) throws IOException
    {
        if (!logStarts.containsKey(shadow))
        {
            logStarts.put(shadow, shadow.logStartOffsets());
        }

        return logStarts.get(shadow);
    }

    private synchronized Map<PartitionKey, JournalCheckpoints.DigestPoint> digestPoints(final Shadow shadow)
        throws IOException
    {
        if (!digestPoints.containsKey(shadow))
        {
            digestPoints.put(shadow, shadow.digestPoints());
        }

        return digestPoints.get(shadow);
    }
}
