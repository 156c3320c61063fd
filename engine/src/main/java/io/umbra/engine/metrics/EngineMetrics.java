package io.umbra.engine.metrics;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.umbra.engine.status.StatusReport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Everything that the engine shows to Prometheus, in its text format. Any thread; a scrape reads counters and tables
 * and disturbs nobody.
 */
public final class EngineMetrics
{
    /** Content type of {@link #text}: version 0.0.4 of the text format. */
    public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    private final Source source;

    /**
     * Where the numbers come from; all of it may be asked by any thread.
     *
     * @param link         name of the link.
     * @param status       as {@code umbra status} tells it.
     * @param counters     of the shards.
     * @param events       how many there were, by severity: {@code info}, {@code warn}, {@code error}.
     * @param journalSpace bytes that are free for the journal.
     */
    public record Source(
        String link,
        Supplier<StatusReport> status,
        Supplier<List<ShardCounter>> counters,
        Map<String, LongSupplier> events,
        LongSupplier journalSpace)
    {
    }

    /**
     * Nothing is read before the first scrape.
     *
     * @param source of the numbers.
     */
    public EngineMetrics(final Source source)
    {
        this.source = source;
    }

    /**
     * All metrics as of now.
     *
     * @param partitions of which topics, by name, each partition has series of its own; of no more than a thousand
     *                   partitions.
     * @return text in UTF-8, of {@link #CONTENT_TYPE}.
     * @throws IOException                 never, but the writer says so.
     * @throws java.io.UncheckedIOException if the status cannot be read.
     */
    public byte[] text(final Predicate<String> partitions) throws IOException
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.write(out, snapshots(partitions), EscapingScheme.UNDERSCORE_ESCAPING);
        return out.toByteArray();
    }

    private MetricSnapshots snapshots(final Predicate<String> partitions)
    {
        final Metrics metrics = new Metrics();
        new LinkMetrics(metrics, source.link).add(source.status.get(), partitions);
        final List<ShardCounter> counters = source.counters.get();
        for (final CounterFamily family : CounterFamily.values())
        {
            add(metrics, family, counters);
        }
        source.events.forEach((severity, count) -> metrics.counter(
            "umbra_log_events", "Events told to the operator, repeated errors each time.",
            Labels.of("link", source.link, "severity", severity), count.getAsLong()));
        metrics.gauge("umbra_journal_free_bytes", "Space that is free on the file system of the journal.",
            Labels.of("link", source.link), source.journalSpace.getAsLong());
        ProcessMetrics.add(metrics);
        return metrics.build();
    }

    /** A broker that went and came back has two counters; it is one series. */
    private void add(final Metrics metrics, final CounterFamily family, final List<ShardCounter> counters)
    {
        final Map<Labels, Double> values = new LinkedHashMap<>();
        counters.stream()
            .filter((counter) -> family.typeId() == counter.typeId())
            .forEach((counter) -> values.merge(
                labels(counter), family.scaled(counter.value().getAsLong()), Double::sum));
        values.forEach((labels, value) ->
        {
            if (family.isCounter())
            {
                metrics.counter(family.metric(), family.help(), labels, value);
            }
            else
            {
                metrics.gauge(family.metric(), family.help(), labels, value);
            }
        });
    }

    private Labels labels(final ShardCounter counter)
    {
        Labels labels = Labels.of("link", source.link);
        if (ShardCounter.NO_SHARD != counter.shard())
        {
            labels = labels.add("shard", Integer.toString(counter.shard()));
        }
        if (ShardCounter.NO_BROKER != counter.broker())
        {
            labels = labels.add("broker", Integer.toString(counter.broker()));
        }
        if (null != counter.agent())
        {
            labels = labels.add("agent", counter.agent());
        }
        return labels;
    }
}
