package io.umbra.engine.rpo;

import io.umbra.engine.events.LinkEvent;
import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.StatusText;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * A report as text for people, and as comma-separated values for spreadsheets.
 */
public final class RpoText
{
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final String UNKNOWN = "-";

    private RpoText()
    {
    }

    /**
     * A table of spans, and what happened.
     *
     * @param report to be told.
     * @return many lines, with an end of line at the end.
     */
    public static String table(final RpoReport report)
    {
        final StringBuilder text = new StringBuilder();
        final RpoSpan total = report.total();
        text.append(String.format(Locale.ROOT, "link %s   %s to %s UTC   samples cover %s of %s%n",
            report.link(), time(report.fromMs()), time(report.toMs()), duration(total.coveredMs()),
            duration(report.toMs() - report.fromMs())));
        append(text, "sampled", total.sampled());
        append(text, "by LogAppendTime", total.logAppendTime());
        text.append(String.format(Locale.ROOT, "most that was missing: %s ms, %s records, %s bytes%n%n",
            known(total.lagMs()), known(total.lagRecords()), known(total.lagBytes())));
        text.append(String.format(Locale.ROOT, "%-19s  %9s  %9s  %9s  %9s  %11s  %10s  %11s  %s%n",
            "UTC", "RPO p50", "p99", "max ms", "LAG ms", "LAG records", "records/s", "bytes/s", "STATE"));
        for (final RpoSpan span : report.spans())
        {
            final RpoSummary rpo = span.sampled();
            final boolean isKnown = rpo.count() > 0;
            text.append(String.format(Locale.ROOT, "%-19s  %9s  %9s  %9s  %9s  %11s  %10.0f  %11s  %s%n",
                time(span.fromMs()), ms(isKnown, rpo.p50()), ms(isKnown, rpo.p99()), ms(isKnown, rpo.max()),
                known(span.lagMs()), known(span.lagRecords()), span.recordsPerSecond(),
                StatusText.bytes(Math.round(span.bytesPerSecond())), span.state()));
        }
        for (final RpoReport.Gap gap : report.gaps())
        {
            text.append(String.format(Locale.ROOT,
                "no samples from %s to %s: what was missing grew older meanwhile%n",
                time(gap.fromMs()), time(gap.toMs())));
        }
        for (final LinkEvent event : report.events())
        {
            text.append(time(event.timeMs())).append("  ").append(event.text()).append(System.lineSeparator());
        }
        return text.toString();
    }

    /**
     * A line for each span, with a line of names before it. What is not known is empty.
     *
     * @param report to be told.
     * @return many lines, with an end of line at the end.
     */
    public static String csv(final RpoReport report)
    {
        final StringBuilder text = new StringBuilder("from,to,covered_ms,state,lag_ms,lag_records,lag_bytes," +
            "records,bytes,rpo_count,rpo_p50_ms,rpo_p99_ms,rpo_p999_ms,rpo_max_ms,log_append_time_count," +
            "log_append_time_p50_ms,log_append_time_p99_ms,log_append_time_p999_ms,log_append_time_max_ms\n");
        for (final RpoSpan span : report.spans())
        {
            text.append(iso(span.fromMs())).append(',').append(iso(span.toMs())).append(',')
                .append(span.coveredMs()).append(',').append(span.state()).append(',')
                .append(csv(span.lagMs())).append(',').append(csv(span.lagRecords())).append(',')
                .append(csv(span.lagBytes())).append(',')
                .append(span.records()).append(',').append(span.bytes());
            appendCsv(text, span.sampled());
            appendCsv(text, span.logAppendTime());
            text.append('\n');
        }
        return text.toString();
    }

    static String time(final long timeMs)
    {
        return TIME.format(Instant.ofEpochMilli(timeMs));
    }

    static String iso(final long timeMs)
    {
        return Instant.ofEpochMilli(timeMs).truncatedTo(ChronoUnit.MILLIS).toString();
    }

    static String duration(final long ms)
    {
        final long seconds = Math.round(ms / 1000.0);
        return String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    private static void append(final StringBuilder text, final String method, final RpoSummary rpo)
    {
        if (rpo.count() > 0)
        {
            text.append(String.format(Locale.ROOT, "RPO ms p50 %.1f  p99 %.1f  p99.9 %.1f  max %.1f  %s (%,d)%n",
                rpo.p50(), rpo.p99(), rpo.p999(), rpo.max(), method, rpo.count()));
        }
    }

    private static void appendCsv(final StringBuilder text, final RpoSummary rpo)
    {
        text.append(rpo.count() > 0 ?
            String.format(
                Locale.ROOT, ",%d,%.3f,%.3f,%.3f,%.3f", rpo.count(), rpo.p50(), rpo.p99(), rpo.p999(), rpo.max()) :
            ",0,,,,");
    }

    private static String ms(final boolean isKnown, final double value)
    {
        return isKnown ? String.format(Locale.ROOT, "%.1f", value) : UNKNOWN;
    }

    private static String known(final long value)
    {
        return value < 0 ? UNKNOWN : Long.toString(value);
    }

    private static String csv(final long value)
    {
        return value < 0 ? "" : Long.toString(value);
    }
}
