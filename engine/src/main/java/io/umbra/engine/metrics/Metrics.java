package io.umbra.engine.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Metrics in the making: samples by metric, in any order. For one scrape and one thread.
 */
final class Metrics
{
    private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();
    private final Map<String, CounterSnapshot.Builder> counters = new LinkedHashMap<>();
    private final Map<String, SummarySnapshot.Builder> summaries = new LinkedHashMap<>();
    private final Map<String, InfoSnapshot.Builder> infos = new LinkedHashMap<>();

    /** A value that goes up and down. */
    void gauge(final String name, final String help, final Labels labels, final double value)
    {
        gauges.computeIfAbsent(name, (key) -> GaugeSnapshot.builder().name(key).help(help))
            .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().labels(labels).value(value).build());
    }

    /** A value that only rises; {@code _total} is added to its name. */
    void counter(final String name, final String help, final Labels labels, final double value)
    {
        counters.computeIfAbsent(name, (key) -> CounterSnapshot.builder().name(key).help(help))
            .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().labels(labels).value(value).build());
    }

    /** A number of things and what they sum up to. */
    void summary(final String name, final String help, final Labels labels, final long count, final double sum)
    {
        summaries.computeIfAbsent(name, (key) -> SummarySnapshot.builder().name(key).help(help))
            .dataPoint(SummarySnapshot.SummaryDataPointSnapshot.builder()
                .labels(labels).count(count).sum(sum).build());
    }

    /** Quantiles alone. */
    void quantiles(final String name, final String help, final Labels labels, final Quantile... quantiles)
    {
        summaries.computeIfAbsent(name, (key) -> SummarySnapshot.builder().name(key).help(help))
            .dataPoint(SummarySnapshot.SummaryDataPointSnapshot.builder()
                .labels(labels).quantiles(Quantiles.of(quantiles)).build());
    }

    /** Names and versions, as labels; {@code _info} is added to its name. */
    void info(final String name, final String help, final Labels labels)
    {
        infos.computeIfAbsent(name, (key) -> InfoSnapshot.builder().name(key).help(help))
            .dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder().labels(labels).build());
    }

    MetricSnapshots build()
    {
        final MetricSnapshots.Builder all = MetricSnapshots.builder();
        infos.values().forEach((builder) -> all.metricSnapshot(builder.build()));
        gauges.values().forEach((builder) -> all.metricSnapshot(builder.build()));
        counters.values().forEach((builder) -> all.metricSnapshot(builder.build()));
        summaries.values().forEach((builder) -> all.metricSnapshot(builder.build()));
        return all.build();
    }
}
