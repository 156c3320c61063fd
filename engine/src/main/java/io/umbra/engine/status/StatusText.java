package io.umbra.engine.status;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * A status for people: the link in a few lines, then a table of partitions, then a line of totals.
 */
public final class StatusText
{
    private static final String UNKNOWN = "-";
    private static final long KIB = 1024;
    private static final String[] HEADINGS = {
        "TOPIC", "PARTITION", "SHARD", "LEADER", "EPOCH", "LOG-START", "END", "DURABLE", "STABLE", "SOURCE-HW", "LAG",
        "LAG-MS", "STATE"};

    private StatusText()
    {
    }

    /**
     * The whole picture.
     *
     * @param status to be told.
     * @return text of many lines, with an end of line at its end.
     */
    public static String table(final Status status)
    {
        final StatusReport report = status.report();
        final StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "link %s   engine %s   state %s   cluster %s   up %s%n",
            report.link(), report.engine(), report.state(),
            null == report.clusterId() ? UNKNOWN : report.clusterId(), duration(report.uptimeMs())));
        text.append(String.format(Locale.ROOT, "%s/s   %,d records/s   lag %s records, %s ms   " +
                "RPO ms p50 %.1f  p99 %.1f  p99.9 %.1f  max %.1f%n",
            bytes(report.bytesPerSecond()), report.recordsPerSecond(),
            number(report.lag().records()), number(report.lag().ms()),
            report.rpoMs().p50(), report.rpoMs().p99(), report.rpoMs().p999(), report.rpoMs().max()));
        appendRpo(text, "last minute", report.rpo().lastMinute());
        appendRpo(text, "last hour", report.rpo().lastHour());
        if (null != report.rpo().logAppendTime())
        {
            appendRpo(text, "since start, by LogAppendTime", report.rpo().logAppendTime().sinceStart());
        }
        if (!status.error().isEmpty())
        {
            text.append("error: ").append(status.error()).append(System.lineSeparator());
        }
        for (final StatusReport.Incident incident : report.incidents())
        {
            text.append(String.format(Locale.ROOT, "incident: %s %s %s: %s%n", incident.time(), incident.kind(),
                incident.partition() < 0 ? incident.topic() : incident.topic() + "-" + incident.partition(),
                incident.text()));
        }
        for (final StatusReport.Metadata task : report.metadata())
        {
            text.append(String.format(Locale.ROOT, "metadata: %-6s  %s, as of %s, %s%n", task.task(), task.state(),
                null == task.lastComplete() ? UNKNOWN : task.lastComplete(), counts(task)));
        }
        if (!StatusReport.Scrub.DISABLED.equals(report.scrub().state()) || !report.scrub().findings().isEmpty())
        {
            appendScrub(text, report.scrub());
        }
        if (!StatusReport.Recorder.OFF_STATE.equals(report.recorder().state()))
        {
            text.append(String.format(Locale.ROOT, "recorder: %s since %s, %s%s%n", report.recorder().state(),
                report.recorder().since(), report.recorder().dir(),
                null == report.recorder().error() ? "" : ": " + report.recorder().error()));
        }
        text.append(System.lineSeparator());
        appendPartitions(text, report);
        appendTotals(text, report);

        return text.toString();
    }

    /**
     * The picture in one line, for a stream of answers.
     *
     * @param status to be told.
     * @return one line without its end.
     */
    public static String line(final Status status)
    {
        final StatusReport report = status.report();
        final String line = String.format(Locale.ROOT,
            "%s %s %s  %d topics %d partitions  %s/s %d records/s  lag %s records %s ms  rpo p50 %.1f p99 %.1f ms",
            report.link(), report.engine(), report.state(), report.topics().size(), report.partitionCount(),
            bytes(report.bytesPerSecond()), report.recordsPerSecond(),
            number(report.lag().records()), number(report.lag().ms()),
            report.rpoMs().p50(), report.rpoMs().p99());

        return status.error().isEmpty() ? line : line + "  error: " + status.error();
    }

    /**
     * A number of bytes for people.
     *
     * @param bytes 0 or more.
     * @return for example {@code 1.5 GiB}.
     */
    public static String bytes(final long bytes)
    {
        if (bytes < KIB)
        {
            return bytes + " B";
        }
        double amount = bytes;
        int unit = -1;
        while (amount >= KIB && unit < 3)
        {
            amount /= KIB;
            unit++;
        }

        return String.format(Locale.ROOT, "%.1f %ciB", amount, "KMGT".charAt(unit));
    }

    private static void appendScrub(final StringBuilder text, final StatusReport.Scrub scrub)
    {
        text.append(String.format(Locale.ROOT, "scrub: %s, pass %d: %s of %s read, %s compared with the source, " +
                "%s, last completed %s, %d findings%n",
            scrub.state(), scrub.pass(), bytes(scrub.progressBytes()), bytes(scrub.totalBytes()),
            bytes(scrub.comparedBytes()), null == scrub.partition() ? "all done" : "now " + scrub.partition(),
            null == scrub.lastCompleted() ? UNKNOWN : scrub.lastCompleted(),
            scrub.findings().size() + scrub.moreFindings()));
        if (null != scrub.error())
        {
            text.append("scrub: left out: ").append(scrub.error()).append(System.lineSeparator());
        }
        for (final StatusReport.ScrubFinding finding : scrub.findings())
        {
            text.append(String.format(Locale.ROOT, "scrub: found %s %s %s-%d offset %d (to %d): %s position %d: %s%n",
                finding.time(), finding.kind(), finding.topic(), finding.partition(), finding.offset(),
                finding.lastOffset(), finding.segment(), finding.position(), finding.text()));
        }
    }

    private static void appendRpo(final StringBuilder text, final String what, final RpoSummary rpo)
    {
        if (rpo.count() > 0)
        {
            text.append(String.format(Locale.ROOT, "RPO ms p50 %.1f  p99 %.1f  p99.9 %.1f  max %.1f  %s (%,d)%n",
                rpo.p50(), rpo.p99(), rpo.p999(), rpo.max(), what, rpo.count()));
        }
    }

    private static void appendPartitions(final StringBuilder text, final StatusReport report)
    {
        final List<String[]> rows = new ArrayList<>();
        rows.add(HEADINGS);
        final List<String> errors = new ArrayList<>();
        errors.add("");
        for (final StatusReport.Topic topic : report.topics())
        {
            for (final StatusReport.Partition partition : topic.partitions())
            {
                rows.add(cells(topic, partition));
                errors.add(null == partition.error() ? "" : "  " + partition.error());
            }
        }
        final int[] widths = new int[HEADINGS.length];
        for (final String[] row : rows)
        {
            for (int i = 0; i < widths.length; i++)
            {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (int i = 0; i < rows.size(); i++)
        {
            appendRow(text, rows.get(i), widths);
            text.append(errors.get(i)).append(System.lineSeparator());
        }
    }

    private static String[] cells(final StatusReport.Topic topic, final StatusReport.Partition partition)
    {
        final String state = TopicState.ACTIVE == topic.state() || TopicState.FAULTED == topic.state() ?
            partition.state() : topic.state() + "/" + partition.state();
        return new String[]{
            topic.name(),
            Integer.toString(partition.partition()),
            plain(partition.shard()),
            plain(partition.leader()),
            plain(partition.leaderEpoch()),
            plain(partition.logStartOffset()),
            plain(partition.endOffset()),
            plain(partition.durableOffset()),
            plain(partition.lastStableOffset()),
            plain(partition.sourceHighWatermark()),
            plain(partition.lagRecords()),
            plain(partition.lagMs()),
            state};
    }

    private static void appendRow(final StringBuilder text, final String[] row, final int[] widths)
    {
        for (int i = 0; i < row.length; i++)
        {
            // Names to the left, numbers to the right; the state ends the line.
            if (0 == i)
            {
                text.append(row[i]).append(" ".repeat(widths[i] - row[i].length()));
            }
            else if (row.length - 1 == i)
            {
                text.append("  ").append(row[i]);
            }
            else
            {
                text.append("  ").append(" ".repeat(widths[i] - row[i].length())).append(row[i]);
            }
        }
    }

    private static void appendTotals(final StringBuilder text, final StatusReport report)
    {
        final Map<String, Integer> states = new TreeMap<>();
        report.topics().forEach((topic) -> topic.partitions()
            .forEach((partition) -> states.merge(partition.state(), 1, Integer::sum)));
        text.append(String.format(Locale.ROOT, "%d topics, %d partitions", report.topics().size(),
            report.partitionCount()));
        states.forEach((state, count) -> text.append(", ").append(count).append(' ').append(state));
        text.append(System.lineSeparator());
    }

    private static String counts(final StatusReport.Metadata task)
    {
        final StringJoiner counts = new StringJoiner(", ");
        task.counts().forEach((name, count) -> counts.add(String.format(Locale.ROOT, "%,d %s", count, name)));
        return counts + (null == task.error() ? "" : ": " + task.error());
    }

    private static String plain(final long value)
    {
        return value < 0 ? UNKNOWN : Long.toString(value);
    }

    private static String number(final long value)
    {
        return value < 0 ? "unknown" : String.format(Locale.ROOT, "%,d", value);
    }

    private static String duration(final long ms)
    {
        final long seconds = ms / 1000;
        return String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}
