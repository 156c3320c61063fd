package io.umbra.engine.watch;

import io.umbra.engine.events.LinkEvent;
import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.Status;
import io.umbra.engine.status.StatusReport;
import io.umbra.engine.status.StatusText;

import java.nio.charset.Charset;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One look at a link that fits a terminal: state, throughput, RPO, the partitions that are worst, and what happened of
 * late. Everything has its place, so that the eye finds it again.
 */
public final class WatchScreen
{
    private static final int MIN_COLUMNS = 40;
    private static final int LABEL = 11;
    private static final int RATES = 44;
    private static final int MAX_SPARKLINE = 60;
    private static final int MAX_WORST = 8;
    private static final int MAX_INCIDENTS = 4;
    private static final int MIN_EVENTS = 3;
    private static final String ACTIVE = "ACTIVE";
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC);

    private final int columns;
    private final int rows;
    private final Sparkline sparkline;

    private record Row(String name, StatusReport.Partition partition)
    {
    }

    /**
     * A screen.
     *
     * @param columns characters in a line.
     * @param rows    lines, 0 for as many as it takes.
     * @param charset of the terminal.
     */
    public WatchScreen(final int columns, final int rows, final Charset charset)
    {
        this.columns = Math.max(MIN_COLUMNS, columns);
        this.rows = rows;
        sparkline = Sparkline.in(charset);
    }

    /**
     * What to show.
     *
     * @param status  of the link.
     * @param history of late.
     * @param nowMs   milliseconds since 1970.
     * @return lines, none longer or more than the screen takes.
     */
    public List<String> lines(final Status status, final RecentHistory history, final long nowMs)
    {
        final List<String> lines = new ArrayList<>();
        final StatusReport report = status.report();
        head(lines, status, nowMs);
        measures(lines, report, history);
        worst(lines, report);
        incidents(lines, report);
        events(lines, history);
        final int shown = rows > 0 ? Math.min(rows, lines.size()) : lines.size();
        return lines.subList(0, shown).stream()
            .map((line) -> line.substring(0, Math.min(columns, line.length())))
            .toList();
    }

    private void head(final List<String> lines, final Status status, final long nowMs)
    {
        final StatusReport report = status.report();
        lines.add(String.format(Locale.ROOT, "%s   %s   engine %s   up %s   %s UTC",
            report.link(), report.state(), report.engine(), duration(report.uptimeMs()), time(nowMs)));
        final Map<String, Integer> states = new TreeMap<>();
        report.topics().forEach((topic) -> topic.partitions()
            .forEach((partition) -> states.merge(partition.state(), 1, Integer::sum)));
        final StringBuilder counts = new StringBuilder(String.format(Locale.ROOT, "source %s   %,d topics",
            null == report.clusterId() ? "-" : report.clusterId(), report.topics().size()));
        states.forEach((state, count) -> counts.append(String.format(Locale.ROOT, "   %,d %s", count, state)));
        lines.add(counts.toString());
        if (!status.error().isEmpty())
        {
            lines.add("error: " + status.error());
        }
        lines.add("");
    }

    private void measures(final List<String> lines, final StatusReport report, final RecentHistory history)
    {
        final int width = Math.min(MAX_SPARKLINE, columns - LABEL - RATES);
        lines.add(label("journaled") + padded(
            String.format(Locale.ROOT, "%s/s   %,d records/s", StatusText.bytes(report.bytesPerSecond()),
                report.recordsPerSecond())) +
            sparkline.of(history.bytesPerSecond(), width));
        lines.add(label("missing") + String.format(Locale.ROOT, "%s records   %s   %s ms",
            known(report.lag().records()),
            report.lagBytes() < 0 ? "? bytes" : StatusText.bytes(report.lagBytes()), known(report.lag().ms())));
        lines.add("");
        lines.add(label("RPO, ms") + String.format(Locale.ROOT, "%10s %10s %10s %10s", "p50", "p99", "p99.9", "max"));
        lines.add(label("  minute") + rpo(report.rpo().lastMinute()) + "   " +
            sparkline.of(history.rpoP99Ms(), Math.min(width, columns - LABEL - RATES - 3)));
        lines.add(label("  hour") + rpo(report.rpo().lastHour()));
        lines.add(label("  start") + rpo(report.rpo().sinceStart()));
        lines.add("");
    }

    private void worst(final List<String> lines, final StatusReport report)
    {
        final List<Row> worst = new ArrayList<>();
        report.topics().forEach((topic) -> topic.partitions().stream()
            .filter((partition) -> !ACTIVE.equals(partition.state()) || partition.lagRecords() > 0)
            .forEach((partition) -> worst.add(new Row(topic.name() + "-" + partition.partition(), partition))));
        if (worst.isEmpty())
        {
            lines.add("no partition lacks records");
            lines.add("");
            return;
        }
        worst.sort(Comparator
            .comparing((Row row) -> ACTIVE.equals(row.partition.state()))
            .thenComparing((row) -> -row.partition.lagMs())
            .thenComparing((row) -> -row.partition.lagRecords())
            .thenComparing(Row::name));
        final List<Row> shown = worst.subList(0, Math.min(MAX_WORST, worst.size()));
        final int width = Math.max("PARTITION".length(), Math.min(columns / 2,
            shown.stream().mapToInt((row) -> row.name.length()).max().orElse(0)));
        lines.add(String.format(Locale.ROOT, "%-" + width + "s  %10s  %12s  %s",
            "PARTITION", "LAG ms", "LAG records", "STATE"));
        for (final Row row : shown)
        {
            lines.add(String.format(Locale.ROOT, "%-" + width + "s  %10s  %12s  %s%s",
                row.name.substring(Math.max(0, row.name.length() - width)), known(row.partition.lagMs()),
                known(row.partition.lagRecords()), row.partition.state(),
                null == row.partition.error() ? "" : "  " + row.partition.error()));
        }
        if (worst.size() > shown.size())
        {
            lines.add(String.format(Locale.ROOT, "and %,d more", worst.size() - shown.size()));
        }
        lines.add("");
    }

    private void incidents(final List<String> lines, final StatusReport report)
    {
        final List<StatusReport.Incident> incidents = report.incidents();
        final int count = incidents.size();
        if (0 == count)
        {
            return;
        }
        lines.add(String.format(Locale.ROOT, "INCIDENTS that nobody has acknowledged: %,d", count));
        for (final StatusReport.Incident incident : incidents.subList(Math.max(0, count - MAX_INCIDENTS), count))
        {
            lines.add(incident.time() + "  " + incident.kind() + "  " + incident.topic() +
                (incident.partition() < 0 ? "" : "-" + incident.partition()) + ": " + incident.text());
        }
        lines.add("");
    }

    private void events(final List<String> lines, final RecentHistory history)
    {
        if (null != history.problem())
        {
            lines.add("no events: " + history.problem());
            return;
        }
        final List<LinkEvent> events = history.events();
        final int room = rows > 0 ? Math.max(MIN_EVENTS, rows - lines.size() - 1) : events.size();
        if (!events.isEmpty())
        {
            lines.add("EVENTS");
        }
        events.subList(Math.max(0, events.size() - room), events.size())
            .forEach((event) -> lines.add(time(event.timeMs()) + "  " + event.text()));
    }

    private static String rpo(final RpoSummary rpo)
    {
        return 0 == rpo.count() ?
            String.format(Locale.ROOT, "%10s %10s %10s %10s", "-", "-", "-", "-") :
            String.format(Locale.ROOT, "%10.1f %10.1f %10.1f %10.1f", rpo.p50(), rpo.p99(), rpo.p999(), rpo.max());
    }

    private static String label(final String text)
    {
        return String.format(Locale.ROOT, "%-" + LABEL + "s", text);
    }

    private static String padded(final String text)
    {
        return String.format(Locale.ROOT, "%-" + RATES + "s", text);
    }

    private static String known(final long value)
    {
        return value < 0 ? "?" : String.format(Locale.ROOT, "%,d", value);
    }

    private static String time(final long timeMs)
    {
        return TIME.format(Instant.ofEpochMilli(timeMs));
    }

    private static String duration(final long ms)
    {
        final long seconds = ms / 1000;
        return String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}
