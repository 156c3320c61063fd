package io.umbra.engine.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.StatusReport;
import io.umbra.engine.status.TopicState;
import io.umbra.journal.Incident;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The numbers of a status report as metrics. How many series there are does not depend on topics and partitions, save
 * for those that a scrape asks for by name.
 */
final class LinkMetrics
{
    /** Partitions of which a scrape gets series of their own. */
    static final int MAX_PARTITIONS = 1_000;
    private static final double MS_PER_SECOND = 1_000;
    private static final String RPO_HELP =
        "Age of records when they became part of the journal; quantile 1 is the largest.";

    private final Metrics metrics;
    private final String link;

    /**
     * Metrics of a link.
     *
     * @param metrics to add to.
     * @param link    its name.
     */
    LinkMetrics(final Metrics metrics, final String link)
    {
        this.metrics = metrics;
        this.link = link;
    }

    /**
     * Adds what a report says.
     *
     * @param report     of the link.
     * @param partitions of which topics each partition has series of its own.
     */
    void add(final StatusReport report, final Predicate<String> partitions)
    {
        metrics.info("umbra_link", "The link and its source.", of(
            "cluster_id", null == report.clusterId() ? "" : report.clusterId()));
        for (final LinkState state : LinkState.values())
        {
            metrics.gauge("umbra_link_state", "1 for the state that the link is in.", of("state", state.name()),
                state == report.state() ? 1 : 0);
        }
        metrics.gauge("umbra_uptime_seconds", "Time since the engine's start.", of(), seconds(report.uptimeMs()));
        metrics.gauge("umbra_lag_records", "Records that the source has and the journal has not, as sampled on a " +
            "connection of its own; NaN while it is not known.", of(), known(report.lag().records()));
        metrics.gauge("umbra_lag_bytes", "Bytes of those records, by the mean length of what was journaled; NaN " +
            "while it is not known.", of(), known(report.lagBytes()));
        metrics.gauge("umbra_lag_seconds", "Bound of the age of the oldest record that is not journaled: it grows " +
            "while the source does not answer; NaN while it is not known.", of(), seconds(report.lag().ms()));
        rpo("sampled", report.rpo().lastMinute(), report.rpo().lastHour(), report.rpo().sinceStart());
        if (null != report.rpo().logAppendTime())
        {
            rpo("log_append_time", report.rpo().logAppendTime().lastMinute(), report.rpo().logAppendTime().lastHour(),
                report.rpo().logAppendTime().sinceStart());
        }
        incidents(report);
        metadata(report);
        topics(report, partitions);
    }

    private void rpo(
        final String method, final RpoSummary lastMinute, final RpoSummary lastHour, final RpoSummary sinceStart)
    {
        rpo(method, "minute", lastMinute);
        rpo(method, "hour", lastHour);
        rpo(method, "start", sinceStart);
        metrics.counter("umbra_rpo_measurements", "Measurements of the RPO.", of("method", method), sinceStart.count());
    }

    private void rpo(final String method, final String window, final RpoSummary rpo)
    {
        final boolean isKnown = rpo.count() > 0;
        metrics.quantiles("umbra_rpo_seconds", RPO_HELP, of("method", method, "window", window),
            new Quantile(0.5, isKnown ? rpo.p50() / MS_PER_SECOND : Double.NaN),
            new Quantile(0.99, isKnown ? rpo.p99() / MS_PER_SECOND : Double.NaN),
            new Quantile(0.999, isKnown ? rpo.p999() / MS_PER_SECOND : Double.NaN),
            new Quantile(1, isKnown ? rpo.max() / MS_PER_SECOND : Double.NaN));
    }

    private void incidents(final StatusReport report)
    {
        for (final Incident.Kind kind : Incident.Kind.values())
        {
            metrics.gauge("umbra_incidents", "Incidents at the source that nobody has acknowledged.",
                of("kind", kind.name()),
                report.incidents().stream().filter((incident) -> kind.name().equals(incident.kind())).count());
        }
    }

    private void metadata(final StatusReport report)
    {
        for (final StatusReport.Metadata task : report.metadata())
        {
            metrics.gauge("umbra_metadata_faulted", "1 if the last look of a metadata task was not complete.",
                of("task", task.task()), "FAULTED".equals(task.state()) ? 1 : 0);
            if (null != task.lastComplete())
            {
                metrics.gauge("umbra_metadata_last_complete_timestamp_seconds",
                    "End of the last complete look of a metadata task.", of("task", task.task()),
                    seconds(Instant.parse(task.lastComplete()).toEpochMilli()));
            }
        }
    }

    private void topics(final StatusReport report, final Predicate<String> partitions)
    {
        count("umbra_topics", "Topics by state.",
            Arrays.stream(TopicState.values()).map(TopicState::name).toList(),
            counts(report, (topic) -> Map.of(topic.state().name(), 1)));
        count("umbra_partitions", "Partitions by state.", List.of("ACTIVE", "FAULTED", "PAUSED"),
            counts(report, (topic) ->
            {
                final Map<String, Integer> states = new TreeMap<>();
                topic.partitions().forEach((partition) -> states.merge(partition.state(), 1, Integer::sum));
                return states;
            }));
        int shown = 0;
        int omitted = 0;
        for (final StatusReport.Topic topic : report.topics())
        {
            if (!partitions.test(topic.name()))
            {
                continue;
            }
            for (final StatusReport.Partition partition : topic.partitions())
            {
                if (shown < MAX_PARTITIONS && TopicState.SOURCE_DELETED != topic.state())
                {
                    partition(topic.name(), partition);
                    shown++;
                }
                else
                {
                    omitted++;
                }
            }
        }
        metrics.gauge("umbra_partitions_omitted", "Partitions that were asked for and have no series of their own: " +
            "more than " + MAX_PARTITIONS + ", or of topics that the source has deleted.", of(), omitted);
    }

    private void partition(final String topic, final StatusReport.Partition partition)
    {
        final Labels labels = of("topic", topic, "partition", Integer.toString(partition.partition()));
        metrics.gauge("umbra_partition_lag_records", "Records of a partition that are not journaled.", labels,
            known(partition.lagRecords()));
        metrics.gauge("umbra_partition_lag_bytes", "Bytes of those, estimated.", labels, known(partition.lagBytes()));
        metrics.gauge("umbra_partition_lag_seconds", "Bound of the age of the oldest of those.", labels,
            seconds(partition.lagMs()));
        metrics.gauge("umbra_partition_end_offset", "Next offset to be journaled.", labels,
            known(partition.endOffset()));
        metrics.gauge("umbra_partition_durable_offset", "Offset below which everything is on the disk.", labels,
            known(partition.durableOffset()));
        metrics.gauge("umbra_partition_source_high_watermark", "High watermark of the source, as sampled.", labels,
            known(partition.sourceHighWatermark()));
        metrics.gauge("umbra_partition_state", "1, with the state that the partition is in.",
            labels.add("state", partition.state()), 1);
        if (partition.rpoMs().count() > 0)
        {
            metrics.gauge("umbra_partition_rpo_max_seconds",
                "Largest age of records when they became part of the journal, as sampled since the start.", labels,
                partition.rpoMs().max() / MS_PER_SECOND);
        }
    }

    private static Map<String, Integer> counts(
        final StatusReport report, final Function<StatusReport.Topic, Map<String, Integer>> states)
    {
        final Map<String, Integer> counts = new TreeMap<>();
        report.topics().forEach((topic) -> states.apply(topic)
            .forEach((state, count) -> counts.merge(state, count, Integer::sum)));
        return counts;
    }

    /** Some states always have a series, so that one can be alerted of the first that is in it. */
    private void count(
        final String name, final String help, final Iterable<String> always, final Map<String, Integer> counts)
    {
        always.forEach((state) -> counts.putIfAbsent(state, 0));
        counts.forEach((state, count) -> metrics.gauge(name, help, of("state", state), count));
    }

    private Labels of(final String... namesAndValues)
    {
        final Labels own = Labels.of("link", link);
        return 0 == namesAndValues.length ? own : own.merge(Labels.of(namesAndValues));
    }

    private static double known(final long value)
    {
        return value < 0 ? Double.NaN : value;
    }

    private static double seconds(final long ms)
    {
        return ms < 0 ? Double.NaN : ms / MS_PER_SECOND;
    }
}
