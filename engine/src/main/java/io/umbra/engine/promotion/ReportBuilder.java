package io.umbra.engine.promotion;

import io.umbra.engine.metadata.GroupOffset;
import io.umbra.journal.ExportedLog;
import io.umbra.journal.PartitionKey;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Puts a {@link PromotionReport} together from a plan and from what has come of it.
 */
final class ReportBuilder
{
    private final PromotionRequest request;
    private final List<Shadow> shadows;
    private final PromotionPlan plan;
    private final Instant time;
    private Map<PartitionKey, ExportedLog> exported = Map.of();

    ReportBuilder(
        final PromotionRequest request, final List<Shadow> shadows, final PromotionPlan plan, final Instant time)
    {
        this.request = request;
        this.shadows = shadows;
        this.plan = plan;
        this.time = time;
    }

    /** What the exports have made. */
    void exported(final Map<PartitionKey, ExportedLog> logs)
    {
        this.exported = logs;
    }

    /**
     * The report.
     *
     * @param clusterId   of the new cluster, null for a plan.
     * @param sourceId    of the source cluster.
     * @param isRunning   whether the engine ran.
     * @param durationsMs of each phase.
     * @param checksums   of files that were written, null for a plan.
     */
    PromotionReport build(
        final String clusterId,
        final String sourceId,
        final boolean isRunning,
        final Map<String, Long> durationsMs,
        final Map<String, String> checksums)
    {
        return new PromotionReport(
            shadows.get(0).config().linkName(),
            null == clusterId,
            request.mode(),
            time.toString(),
            null == request.asOf() ? null : request.asOf().toString(),
            sourceId,
            clusterId,
            isRunning ? "running" : "stopped",
            request.kafka().metadataVersion().version(),
            request.transfer().name().toLowerCase(Locale.ROOT),
            shadows.stream().map(ReportBuilder::node).toList(),
            loss(),
            plan.nextProducerId(),
            plan.topics().stream().map(this::topic).toList(),
            plan.transactions(),
            groups(),
            plan.movedOffsets(),
            plan.configChanges(),
            plan.metadata().acls().size(),
            plan.metadata().quotas().size(),
            plan.notCarried(),
            bytes(),
            durationsMs,
            checksums);
    }

    private static PromotionReport.Node node(final Shadow shadow)
    {
        final NodeTarget target = shadow.target();
        return new PromotionReport.Node(
            target.nodeId(),
            target.dir().toString(),
            shadow.journalDir().toString(),
            target.serverProperties().toString(),
            target.listeners().stream().map(Listener::address).collect(Collectors.joining(",")));
    }

    /** The sum of what is known to be missing, and since when nothing is known. */
    private PromotionReport.Loss loss()
    {
        long records = 0;
        long ms = 0;
        long seenMs = Long.MAX_VALUE;
        for (final PlannedPartition partition : plan.partitions())
        {
            records += Math.max(0, partition.lossRecords());
            ms = Math.max(ms, lossMs(partition));
            seenMs = Math.min(seenMs, partition.sample().sampleTimeMs());
        }
        final boolean isKnown = seenMs > 0 && Long.MAX_VALUE != seenMs;

        return new PromotionReport.Loss(
            records,
            ms,
            isKnown ? Math.max(0, time.toEpochMilli() - seenMs) : -1,
            isKnown ? Instant.ofEpochMilli(seenMs).toString() : null);
    }

    private static long lossMs(final PlannedPartition partition)
    {
        final long records = partition.lossRecords();
        return records > 0 ? Math.max(0, partition.sample().lagMs()) : records;
    }

    private PromotionReport.Topic topic(final PlannedTopic topic)
    {
        return new PromotionReport.Topic(
            topic.name(),
            topic.id().toString(),
            topic.configs(),
            topic.partitions().stream().map(this::partition).toList());
    }

    private PromotionReport.Partition partition(final PlannedPartition partition)
    {
        final ExportedLog log = exported.get(partition.key());
        final SourceSample sample = partition.sample();
        final boolean hasLog = null != partition.export();

        return new PromotionReport.Partition(
            partition.key().partition(),
            partition.node(),
            null == log ? partition.logStartOffset() : log.logStartOffset(),
            null == log ? partition.endOffset() : log.endOffset(),
            null == log ? partition.promotedEndOffset() : log.promotedEndOffset(),
            hasLog ? partition.export().lastEpoch() : -1,
            partition.leaderEpoch(),
            Long.toHexString(null != log ? log.digest() : hasLog ? partition.export().digest() : 0),
            sample.sourceHighWatermark(),
            0 == sample.sampleTimeMs() ? null : Instant.ofEpochMilli(sample.sampleTimeMs()).toString(),
            partition.lossRecords(),
            lossMs(partition),
            null != log ? log.damage() : hasLog ? partition.export().damage() : null);
    }

    private List<PromotionReport.Group> groups()
    {
        final Map<String, Long> counts = plan.offsets().stream()
            .collect(Collectors.groupingBy(GroupOffset::groupId, Collectors.counting()));

        return plan.groups().stream()
            .map((group) -> new PromotionReport.Group(
                group.groupId(), group.type(), counts.getOrDefault(group.groupId(), 0L).intValue()))
            .toList();
    }

    private PromotionReport.Bytes bytes()
    {
        long linked = 0;
        long copied = 0;
        for (final PlannedPartition partition : plan.partitions())
        {
            final ExportedLog log = exported.get(partition.key());
            if (null != log)
            {
                linked += log.bytesLinked();
                copied += log.bytesCopied();
            }
            else if (null != partition.export())
            {
                linked += partition.export().bytesToLink();
                copied += partition.export().bytesToCopy();
            }
        }

        return new PromotionReport.Bytes(linked, copied);
    }
}
