package io.umbra.engine.status;

import io.umbra.journal.Incident;
import io.umbra.journal.Promotion;
import io.umbra.journal.Promotions;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Puts a {@link StatusReport} together from rows of the table and from partitions on disk.
 */
final class ReportBuilder
{
    private static final long UNKNOWN = -1;
    private static final String STATE_UNKNOWN = "UNKNOWN";
    private static final String METHOD = "sampled";
    private static final StatusReport.Partition UNKNOWN_PARTITION = new StatusReport.Partition(
        -1, -1, -1, -1, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN,
        RpoSummary.NONE, STATE_UNKNOWN, null);
    private static final Base64.Encoder ID_ENCODER = Base64.getUrlEncoder().withoutPadding();

    private final Map<TopicKey, TopicRows> topics =
        new TreeMap<>(Comparator.comparing(TopicKey::name).thenComparing(TopicKey::id));

    private final List<StatusReport.Incident> incidents = new ArrayList<>();
    private final List<Promotion> promotions;
    private List<StatusReport.Metadata> metadata = List.of();
    private StatusReport.Scrub scrub = StatusReport.Scrub.NEVER;
    private StatusReport.Recorder recorder = StatusReport.Recorder.OFF;

    private record TopicKey(String name, String id)
    {
    }

    private static final class TopicRows
    {
        private final Map<Integer, StatusReport.Partition> partitions = new TreeMap<>();
        private TopicState state = TopicState.ACTIVE;
    }

    /**
     * A report with nothing in it.
     *
     * @param promotions of the journal.
     */
    ReportBuilder(final List<Promotion> promotions)
    {
        this.promotions = promotions;
    }

    /**
     * Adds a row.
     *
     * @param table   to read.
     * @param index   of the row.
     * @param agingMs 0 while the engine runs and measures the lag; otherwise the time now in milliseconds since 1970,
     *                since what may be missing grows older with nobody to measure it.
     */
    void add(final PartitionTable table, final int index, final long agingMs)
    {
        final TopicRows topic = topic(table.topic(index), table.topicId(index));
        if (TopicState.PROMOTED != topic.state)
        {
            topic.state = table.topicState(index);
        }
        // What follows is read before what leads.
        final long durable = table.journalDurableOffset(index);
        final long sampledEnd = table.sampledEndOffset(index);
        final long sampleTimeMs = table.sampleTimeMs(index);
        final long end = table.journalEndOffset(index);
        final long highWatermark = UNKNOWN == sampledEnd ? table.highWatermark(index) : sampledEnd;
        // Never against the high watermark of a response, which is as old as the last fetch.
        final long lagRecords = lagRecords(sampledEnd, end);
        final FetchState fetchState = table.fetchState(index);
        final JournalState journalState = table.journalState(index);
        final boolean isJournalWorse = journalState.severity() >= fetchState.severity();
        final String worse = isJournalWorse ? table.journalError(index) : table.fetchError(index);
        final String other = isJournalWorse ? table.fetchError(index) : table.journalError(index);
        final String error = worse.isEmpty() ? other : worse;
        final long sampledLagMs = 0 == sampleTimeMs ? UNKNOWN : table.lagMs(index);
        topic.partitions.put(table.partition(index), new StatusReport.Partition(
            table.partition(index),
            table.shard(index),
            table.leaderId(index),
            table.leaderEpoch(index),
            table.journalLogStartOffset(index),
            end,
            durable,
            table.journalLastStableOffset(index),
            highWatermark,
            lagRecords,
            0 == agingMs || UNKNOWN == sampledLagMs ? sampledLagMs : sampledLagMs + Math.max(0, agingMs - sampleTimeMs),
            LagTotals.bytes(lagRecords, table.journaledBytes(index), table.journaledRecords(index)),
            rounded(table.rpo(index)),
            TopicState.PROMOTED == topic.state ? topic.state.name() :
                isJournalWorse ? journalState.name() : fetchState.name(),
            error.isEmpty() || TopicState.PROMOTED == topic.state ? null : error));
    }

    /**
     * Adds a partition on disk, or puts what its files say over what the table says.
     */
    void add(final JournalPartition file)
    {
        final TopicRows topic = topic(file.topic(), file.topicId());
        final StatusReport.Partition row = topic.partitions.getOrDefault(file.partition(), UNKNOWN_PARTITION);
        final long end = UNKNOWN == file.endOffset() ? row.endOffset() : file.endOffset();
        final long lagRecords = UNKNOWN == row.lagMs() ? UNKNOWN : lagRecords(row.sourceHighWatermark(), end);
        topic.partitions.put(file.partition(), new StatusReport.Partition(
            file.partition(),
            row.shard(),
            row.leader(),
            row.leaderEpoch(),
            file.logStartOffset(),
            end,
            // The table knows of flushes since the last checkpoint.
            Math.min(Math.max(file.durableOffset(), row.durableOffset()), end),
            row.lastStableOffset(),
            row.sourceHighWatermark(),
            lagRecords,
            row.lagMs(),
            LagTotals.bytes(lagRecords, row.lagBytes(), row.lagRecords()),
            row.rpoMs(),
            row.state(),
            null == file.error() ? row.error() : file.error()));
    }

    void add(final Incident incident)
    {
        incidents.add(new StatusReport.Incident(
            incident.kind().name(), incident.topic(), incident.partition(), incident.fromOffset(), incident.toOffset(),
            Instant.ofEpochMilli(incident.timeMs()).toString(), incident.text()));
    }

    void metadata(final List<StatusReport.Metadata> tasks)
    {
        metadata = tasks;
    }

    void scrub(final StatusReport.Scrub found)
    {
        scrub = found;
    }

    private StatusReport.Scrub scrub(final boolean isRunning)
    {
        return isRunning || StatusReport.Scrub.DISABLED.equals(scrub.state()) ?
            scrub : scrub.in(StatusReport.Scrub.STOPPED);
    }

    void recorder(final StatusReport.Recorder found)
    {
        recorder = found;
    }

    StatusReport build(final TableHeader header, final boolean isRunning, final long uptimeMs)
    {
        final String clusterId = header.clusterId();
        return new StatusReport(
            header.linkName(),
            isRunning ? StatusReport.RUNNING : StatusReport.STOPPED,
            isLinkPromoted() ? LinkState.PROMOTED : header.linkState(),
            clusterId.isEmpty() ? null : clusterId,
            uptimeMs,
            isRunning ? header.bytesPerSecond() : 0,
            isRunning ? header.recordsPerSecond() : 0,
            lag(isRunning && LinkState.SOURCE_UNAVAILABLE != header.linkState()),
            new StatusReport.Rpo(
                rounded(header.rpoP50Ms()),
                rounded(header.rpoP99Ms()),
                rounded(header.rpoP999Ms()),
                rounded(header.rpoMaxMs())),
            lagBytes(),
            new StatusReport.RpoDetails(
                METHOD,
                isRunning ? rounded(header.rpo(RpoMethod.SAMPLED, RpoWindow.LAST_MINUTE)) : RpoSummary.NONE,
                isRunning ? rounded(header.rpo(RpoMethod.SAMPLED, RpoWindow.LAST_HOUR)) : RpoSummary.NONE,
                rounded(header.rpo(RpoMethod.SAMPLED, RpoWindow.SINCE_START)),
                appendTimes(header, isRunning)),
            topics(),
            List.copyOf(incidents),
            metadata,
            scrub(isRunning),
            recorder);
    }

    /** Without a table: no engine has run on this journal. */
    StatusReport build(final String linkName)
    {
        return new StatusReport(
            linkName,
            StatusReport.STOPPED,
            isLinkPromoted() ? LinkState.PROMOTED : LinkState.SOURCE_UNAVAILABLE,
            null,
            0,
            0,
            0,
            lag(false),
            new StatusReport.Rpo(0, 0, 0, 0),
            UNKNOWN,
            new StatusReport.RpoDetails(METHOD, RpoSummary.NONE, RpoSummary.NONE, RpoSummary.NONE, null),
            topics(),
            List.copyOf(incidents),
            metadata,
            scrub(false),
            recorder);
    }

    private TopicRows topic(final String name, final UUID id)
    {
        return topics.computeIfAbsent(new TopicKey(name, kafkaId(id)), (key) ->
        {
            final TopicRows rows = new TopicRows();
            rows.state = null == Promotions.of(promotions, name, id) ? TopicState.ACTIVE : TopicState.PROMOTED;
            return rows;
        });
    }

    private boolean isLinkPromoted()
    {
        return promotions.stream().anyMatch(Promotion::isWholeLink);
    }

    private List<StatusReport.Topic> topics()
    {
        final List<StatusReport.Topic> result = new ArrayList<>(topics.size());
        topics.forEach((key, rows) ->
        {
            final boolean isFaulted = rows.partitions.values().stream()
                .anyMatch((partition) -> FetchState.FAULTED.name().equals(partition.state()));
            final TopicState state = isFaulted && TopicState.ACTIVE == rows.state ? TopicState.FAULTED : rows.state;
            result.add(new StatusReport.Topic(key.name(), key.id(), state, List.copyOf(rows.partitions.values())));
        });

        return result;
    }

    /** The sum of what is known to be missing; unknown rather than nothing when some partition could not be asked. */
    private StatusReport.Lag lag(final boolean isSourceKnown)
    {
        long records = 0;
        long ms = 0;
        boolean isRecordsKnown = isSourceKnown || !topics.isEmpty();
        boolean isMsKnown = isRecordsKnown;
        for (final TopicRows topic : topics.values())
        {
            if (TopicState.SOURCE_DELETED == topic.state || TopicState.PROMOTED == topic.state)
            {
                // What the source has more will not come.
                continue;
            }
            for (final StatusReport.Partition partition : topic.partitions.values())
            {
                records += Math.max(0, partition.lagRecords());
                ms = Math.max(ms, partition.lagMs());
                isRecordsKnown &= UNKNOWN != partition.lagRecords();
                isMsKnown &= UNKNOWN != partition.lagMs();
            }
        }

        return new StatusReport.Lag(
            0 == records && !isRecordsKnown ? UNKNOWN : records,
            0 == ms && !isMsKnown ? UNKNOWN : ms);
    }

    /** Unknown if it is for one partition that lacks records: less than there is would be worse than no number. */
    private long lagBytes()
    {
        long bytes = 0;
        boolean isKnown = !topics.isEmpty();
        for (final TopicRows topic : topics.values())
        {
            if (TopicState.SOURCE_DELETED != topic.state && TopicState.PROMOTED != topic.state)
            {
                for (final StatusReport.Partition partition : topic.partitions.values())
                {
                    bytes += Math.max(0, partition.lagBytes());
                    isKnown &= UNKNOWN != partition.lagBytes();
                }
            }
        }

        return isKnown ? bytes : UNKNOWN;
    }

    private static StatusReport.RpoWindows appendTimes(final TableHeader header, final boolean isRunning)
    {
        final RpoSummary sinceStart = header.rpo(RpoMethod.LOG_APPEND_TIME, RpoWindow.SINCE_START);
        if (0 == sinceStart.count())
        {
            return null;
        }

        return new StatusReport.RpoWindows(
            isRunning ? rounded(header.rpo(RpoMethod.LOG_APPEND_TIME, RpoWindow.LAST_MINUTE)) : RpoSummary.NONE,
            isRunning ? rounded(header.rpo(RpoMethod.LOG_APPEND_TIME, RpoWindow.LAST_HOUR)) : RpoSummary.NONE,
            rounded(sinceStart));
    }

    private static long lagRecords(final long highWatermark, final long endOffset)
    {
        return UNKNOWN == highWatermark || UNKNOWN == endOffset ? UNKNOWN : Math.max(0, highWatermark - endOffset);
    }

    private static RpoSummary rounded(final RpoSummary summary)
    {
        return new RpoSummary(
            summary.count(),
            rounded(summary.p50()),
            rounded(summary.p99()),
            rounded(summary.p999()),
            rounded(summary.max()));
    }

    private static double rounded(final double value)
    {
        return Double.isFinite(value) ? Math.round(value * 1000) / 1000.0 : 0;
    }

    /** As Kafka writes an id: 16 bytes in the URL alphabet of base 64. */
    static String kafkaId(final UUID id)
    {
        return ID_ENCODER.encodeToString(ByteBuffer.allocate(2 * Long.BYTES)
            .putLong(id.getMostSignificantBits())
            .putLong(id.getLeastSignificantBits())
            .array());
    }
}
