package io.umbra.engine.promotion;

import io.umbra.engine.metadata.GroupMetadata;
import io.umbra.engine.metadata.GroupOffset;
import io.umbra.journal.ExportedCheckpoints;
import io.umbra.journal.ExportedLog;
import io.umbra.journal.LogExport;
import io.umbra.journal.PartitionKey;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Fills the directories of the new cluster's nodes. {@link #logs()}, {@link #metadata()} and
 * {@link #finish(PromotionReport)} follow each other; without the last there is nothing a broker would start with.
 */
final class ClusterBuild
{
    /** Nodes that hold a copy of each partition of {@code __consumer_offsets}, at most. */
    private static final int OFFSETS_REPLICAS = 3;
    private static final String REPORT = "promotion-report";

    private final PromotionRequest request;
    private final List<TargetDirectory> targets;
    private final PromotionPlan plan;
    private final SuperUsers superUsers;
    private final String clusterId;
    private final Instant time;
    private final SortedMap<Integer, NodeTarget> nodes = new TreeMap<>();
    private final SortedMap<PartitionKey, ExportedLog> exported = new TreeMap<>();
    private final SortedMap<String, String> checksums = new TreeMap<>();

    ClusterBuild(
        final PromotionRequest request,
        final List<TargetDirectory> targets,
        final PromotionPlan plan,
        final SuperUsers superUsers,
        final String clusterId,
        final Instant time)
    {
        this.request = request;
        this.targets = List.copyOf(targets);
        this.plan = plan;
        this.superUsers = superUsers;
        this.clusterId = clusterId;
        this.time = time;
        targets.forEach((target) -> nodes.put(target.node().nodeId(), target.node()));
    }

    /** Exports all logs. */
    void logs() throws IOException
    {
        for (final NodeTarget node : nodes.values())
        {
            Files.createDirectories(node.logDir());
        }
        final List<PlannedPartition> partitions =
            plan.partitions().stream().filter((partition) -> null != partition.context()).toList();
        SideBySide.map(partitions, (partition) -> LogExport.export(partition.context()))
            .forEach((log) -> exported.put(log.partition(), log));
        for (final PlannedTopic topic : plan.topics())
        {
            if (topic.isNewId())
            {
                giveId(topic);
            }
        }
    }

    /** The source has no topic ids (before KIP-516), the new cluster has. */
    private void giveId(final PlannedTopic topic) throws IOException
    {
        for (final PlannedPartition partition : topic.partitions())
        {
            if (null != partition.context())
            {
                final Path file = partition.context().targetDirectory().resolve("partition.metadata");
                final Path temporary = file.resolveSibling("partition.metadata.tmp");
                Files.writeString(temporary, "version: 0\ntopic_id: " + topic.id());
                TargetDirectory.force(temporary);
                Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    /** Writes all that is not a shadowed log. */
    void metadata() throws IOException
    {
        final FormattedCluster cluster = FormattedCluster.format(
            clusterId,
            request.kafka().metadataVersion(),
            targets.get(0).node().controllerListener().name(),
            nodes.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, (node) -> node.getValue().logDir())));
        final Uuid offsetsTopicId = Uuid.randomUuid();
        final Map<Integer, List<ExportedLog>> offsetsLogs = offsetsLogs(offsetsTopicId);
        cluster.write((records) ->
        {
            plan.topics().forEach((topic) -> records.add(promoted(topic)));
            records.add(offsetsTopic(offsetsTopicId));
            plan.metadata().acls().forEach(records::add);
            plan.metadata().quotas().forEach(records::add);
            records.nextProducerId(nodes.firstKey(), plan.nextProducerId());
        });
        for (final NodeTarget node : nodes.values())
        {
            final List<ExportedLog> logs = new ArrayList<>(offsetsLogs.getOrDefault(node.nodeId(), List.of()));
            plan.partitions().stream()
                .filter((partition) -> partition.node() == node.nodeId() && null != partition.context())
                .forEach((partition) -> logs.add(exported.get(partition.key())));
            ExportedCheckpoints.write(node.logDir(), logs);
            TargetDirectory.force(node.logDir().resolve(BootstrapDirectory.BINARY_BOOTSTRAP_FILENAME));
            TargetDirectory.force(node.logDir());
            checksum(node.logDir().resolve(BootstrapDirectory.BINARY_BOOTSTRAP_FILENAME));
            checksum(node.logDir().resolve(MetaPropertiesEnsemble.META_PROPERTIES_NAME));
        }
    }

    private static PromotedTopic promoted(final PlannedTopic topic)
    {
        return new PromotedTopic(
            topic.name(),
            topic.id(),
            topic.partitions().stream()
                .map((partition) -> new PromotedTopic.Partition(
                    partition.key().partition(), List.of(partition.node()), partition.leaderEpoch()))
                .toList(),
            topic.configs());
    }

    private PromotedTopic offsetsTopic(final Uuid id)
    {
        final List<PromotedTopic.Partition> partitions = new ArrayList<>();
        for (int number = 0; number < OffsetsTopic.PARTITIONS; number++)
        {
            partitions.add(new PromotedTopic.Partition(number, offsetsReplicas(number), 0));
        }

        return new PromotedTopic(Topic.GROUP_METADATA_TOPIC_NAME, id, partitions, OffsetsTopic.CONFIGS);
    }

    /** The leaders go round. */
    private List<Integer> offsetsReplicas(final int partition)
    {
        final List<Integer> ids = List.copyOf(nodes.keySet());
        final List<Integer> replicas = new ArrayList<>();
        for (int i = 0; i < Math.min(OFFSETS_REPLICAS, ids.size()); i++)
        {
            replicas.add(ids.get((partition + i) % ids.size()));
        }

        return replicas;
    }

    /** Writes where the groups are, and returns the logs by the node that has them. */
    private Map<Integer, List<ExportedLog>> offsetsLogs(final Uuid topicId) throws IOException
    {
        final OffsetsTopic topic = new OffsetsTopic(topicId, 0, time.toEpochMilli());
        for (final GroupMetadata group : plan.groups())
        {
            topic.add(group);
        }
        for (final GroupOffset offset : plan.offsets())
        {
            topic.add(offset);
        }
        final Map<Integer, List<ExportedLog>> logs = new TreeMap<>();
        for (final int partition : topic.partitions())
        {
            final List<Integer> replicas = offsetsReplicas(partition);
            final long end = topic.write(partition, replicas.stream().map((id) -> nodes.get(id).logDir()).toList());
            final ExportedLog log = new ExportedLog(
                new PartitionKey(Topic.GROUP_METADATA_TOPIC_NAME, partition), 0, end, end, 0, 0, -1, List.of(),
                time.toEpochMilli(), 1, 0, 0, null);
            replicas.forEach((id) -> logs.computeIfAbsent(id, (node) -> new ArrayList<>()).add(log));
        }

        return logs;
    }

    SortedMap<PartitionKey, ExportedLog> exported()
    {
        return exported;
    }

    /** Of what has been written so far, by path. */
    SortedMap<String, String> checksums()
    {
        return checksums;
    }

    private void checksum(final Path file) throws IOException
    {
        checksums.put(file.toString(), Sha256.of(Files.readAllBytes(file)));
    }

    /**
     * Writes the report and, last of all, what a broker starts with.
     *
     * @param report of the promotion.
     */
    void finish(final PromotionReport report) throws IOException
    {
        final String json = ReportJson.document(report);
        final String text = ReportText.of(report);
        for (final TargetDirectory target : targets)
        {
            target.write(REPORT + ".json", json);
            target.write(REPORT + ".txt", text);
            target.write(REPORT + ".sha256",
                Sha256.of(json) + "  " + REPORT + ".json\n" + Sha256.of(text) + "  " + REPORT + ".txt\n");
        }
        for (final TargetDirectory target : targets)
        {
            target.write(NodeTarget.SERVER_PROPERTIES, serverProperties(target.node()));
        }
        for (final TargetDirectory target : targets)
        {
            target.finished();
        }
    }

    private String serverProperties(final NodeTarget node)
    {
        return new ServerProperties(
            node,
            List.copyOf(nodes.values()),
            !plan.metadata().acls().isEmpty(),
            superUsers.list(),
            request.settings(),
            List.of(
                "Written by umbra promote at " + time + ": cluster " + clusterId + ", node " + node.nodeId() + ".",
                "Start it with: kafka-server-start.sh " + node.serverProperties()))
            .text();
    }

    /**
     * Deletes the logs in the journals, which are the other names of files that are in their new place; the last thing
     * to do.
     */
    void leaveJournals() throws IOException
    {
        for (final PlannedPartition partition : plan.partitions())
        {
            if (null != partition.context())
            {
                try (Stream<Path> files = Files.walk(partition.context().sourceDirectory()))
                {
                    for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
                    {
                        Files.delete(file);
                    }
                }
            }
        }
    }
}
