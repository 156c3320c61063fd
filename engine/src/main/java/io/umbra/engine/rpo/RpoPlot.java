package io.umbra.engine.rpo;

import io.umbra.engine.events.LinkEvent;
import io.umbra.engine.events.Severity;
import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.StatusText;

import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * A report as a picture, an SVG document that needs nothing else: RPO and lag on a logarithmic scale of milliseconds,
 * throughput below, times without samples in grey, events as marks with their text.
 */
public final class RpoPlot
{
    private static final int WIDTH = 1000;
    private static final int HEIGHT = 520;
    private static final int LEFT = 80;
    private static final int RIGHT = 20;
    private static final int RPO_TOP = 60;
    private static final int RPO_BOTTOM = 340;
    private static final int RATE_TOP = 380;
    private static final int RATE_BOTTOM = 470;
    private static final int TIME_TICKS = 6;
    private static final double MIN_MS = 0.1;

    private final RpoReport report;
    private final StringBuilder svg = new StringBuilder();
    private final double maxMs;
    private final double maxRate;

    private RpoPlot(final RpoReport report)
    {
        this.report = report;
        final double largest = report.spans().stream()
            .mapToDouble((span) -> Math.max(span.lagMs(), Math.max(span.sampled().max(), span.logAppendTime().max())))
            .max().orElse(1);
        maxMs = Math.pow(10, Math.max(1, Math.ceil(Math.log10(Math.max(1, largest)))));
        maxRate = Math.max(1, report.spans().stream().mapToDouble(RpoSpan::bytesPerSecond).max().orElse(1));
    }

    /**
     * The picture.
     *
     * @param report to be drawn.
     * @return an SVG document.
     */
    public static String svg(final RpoReport report)
    {
        final RpoPlot plot = new RpoPlot(report);
        plot.draw();
        return plot.svg.toString();
    }

    private void draw()
    {
        svg.append(String.format(Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" " +
            "font-family=\"sans-serif\" font-size=\"12\">%n", WIDTH, HEIGHT, WIDTH, HEIGHT));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        final RpoSummary total = report.total().sampled();
        text(LEFT, 22, "start", "Recovery point of link " + report.link() + ", " + RpoText.time(report.fromMs()) +
            " to " + RpoText.time(report.toMs()) + " UTC");
        text(LEFT, 40, "start", String.format(Locale.ROOT,
            "sampled: p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, max %.1f ms, %,d measurements",
            total.p50(), total.p99(), total.p999(), total.max(), total.count()));
        gaps();
        axes();
        line("#b0b0b0", 2, "lag, age of the oldest missing record", 0, (span) -> span.lagMs());
        line("#1f77b4", 1, "RPO p50", 1, (span) -> known(span.sampled(), span.sampled().p50()));
        line("#ff7f0e", 1, "p99", 2, (span) -> known(span.sampled(), span.sampled().p99()));
        line("#d62728", 1, "max", 3, (span) -> known(span.sampled(), span.sampled().max()));
        if (report.total().logAppendTime().count() > 0)
        {
            line("#2ca02c", 1, "p99 by LogAppendTime", 4,
                (span) -> known(span.logAppendTime(), span.logAppendTime().p99()));
        }
        throughput();
        events();
        svg.append("</svg>\n");
    }

    private void gaps()
    {
        for (final RpoReport.Gap gap : report.gaps())
        {
            svg.append(String.format(Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#eeeeee\">" +
                "<title>no samples</title></rect>%n",
                x(gap.fromMs()), RPO_TOP, x(gap.toMs()) - x(gap.fromMs()), RATE_BOTTOM - RPO_TOP));
        }
    }

    private void axes()
    {
        for (double ms = MIN_MS; ms <= maxMs * 1.001; ms *= 10)
        {
            rule(LEFT, y(ms), WIDTH - RIGHT, y(ms));
            text(LEFT - 6, y(ms) + 4, "end", ms < 1 ? String.format(Locale.ROOT, "%.1f ms", ms) :
                ms < 1000 ? String.format(Locale.ROOT, "%.0f ms", ms) :
                String.format(Locale.ROOT, "%.0f s", ms / 1000));
        }
        rule(LEFT, RATE_BOTTOM, WIDTH - RIGHT, RATE_BOTTOM);
        text(LEFT - 6, RATE_TOP + 8, "end", StatusText.bytes(Math.round(maxRate)) + "/s");
        text(LEFT - 6, RATE_BOTTOM, "end", "0");
        for (int i = 0; i <= TIME_TICKS; i++)
        {
            final long timeMs = report.fromMs() + (report.toMs() - report.fromMs()) * i / TIME_TICKS;
            rule(x(timeMs), RPO_TOP, x(timeMs), RATE_BOTTOM);
            text(x(timeMs), RATE_BOTTOM + 18, 0 == i ? "start" : TIME_TICKS == i ? "end" : "middle",
                RpoText.time(timeMs).substring(11));
        }
    }

    private void line(
        final String color,
        final int width,
        final String name,
        final int place,
        final ToDoubleFunction<RpoSpan> value)
    {
        final StringBuilder path = new StringBuilder();
        long endMs = Long.MIN_VALUE;
        for (final RpoSpan span : report.spans())
        {
            final double ms = value.applyAsDouble(span);
            if (ms < 0)
            {
                endMs = Long.MIN_VALUE;
                continue;
            }
            path.append(String.format(Locale.ROOT, "%s%.1f %.1f H%.1f ",
                endMs == span.fromMs() ? "L" : "M", x(span.fromMs()), y(ms), x(span.toMs())));
            endMs = span.toMs();
        }
        svg.append(String.format(Locale.ROOT,
            "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%d\"/>%n",
            path.toString().trim(), color, width));
        final int x = LEFT + place * 110 + (place > 0 ? 130 : 0);
        svg.append(String.format(Locale.ROOT,
            "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"4\" fill=\"%s\"/>%n", x, HEIGHT - 16, color));
        text(x + 16, HEIGHT - 10, "start", name);
    }

    private void throughput()
    {
        for (final RpoSpan span : report.spans())
        {
            final double height = (RATE_BOTTOM - RATE_TOP) * span.bytesPerSecond() / maxRate;
            svg.append(String.format(Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#9ecae1\"/>%n",
                x(span.fromMs()), RATE_BOTTOM - height, x(span.toMs()) - x(span.fromMs()), height));
        }
        text(LEFT + 4, RATE_TOP - 6, "start", "journaled");
    }

    private void events()
    {
        for (final LinkEvent event : report.events())
        {
            final String color = Severity.INFO == event.severity() ? "#7f7f7f" :
                Severity.WARN == event.severity() ? "#ff7f0e" : "#d62728";
            svg.append(String.format(Locale.ROOT,
                "<path d=\"M%.1f %d V%d\" stroke=\"%s\" stroke-dasharray=\"3 3\"><title>%s</title></path>%n",
                x(event.timeMs()), RPO_TOP, RPO_BOTTOM, color,
                escaped(RpoText.time(event.timeMs()) + "  " + event.text())));
        }
    }

    private void rule(final double x1, final double y1, final double x2, final double y2)
    {
        svg.append(String.format(Locale.ROOT,
            "<path d=\"M%.1f %.1f L%.1f %.1f\" stroke=\"#dddddd\"/>%n", x1, y1, x2, y2));
    }

    private void text(final double x, final double y, final String anchor, final String text)
    {
        svg.append(String.format(Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#333333\">%s</text>%n",
            x, y, anchor, escaped(text)));
    }

    private double x(final long timeMs)
    {
        return LEFT + (WIDTH - RIGHT - LEFT) * (double)(timeMs - report.fromMs()) / (report.toMs() - report.fromMs());
    }

    private double y(final double ms)
    {
        final double share = Math.log10(Math.max(MIN_MS, ms) / MIN_MS) / Math.log10(maxMs / MIN_MS);
        return RPO_BOTTOM - (RPO_BOTTOM - RPO_TOP) * share;
    }

    private static double known(final RpoSummary rpo, final double value)
    {
        return rpo.count() > 0 ? value : -1;
    }

    /** XML's own characters, and control characters, which XML does not have at all. */
    private static String escaped(final String text)
    {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
            .replaceAll("\\p{Cntrl}", " ");
    }
}
