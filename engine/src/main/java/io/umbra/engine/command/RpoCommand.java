package io.umbra.engine.command;

import io.umbra.engine.config.Durations;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.rpo.RpoHistory;
import io.umbra.engine.rpo.RpoJson;
import io.umbra.engine.rpo.RpoPlot;
import io.umbra.engine.rpo.RpoReport;
import io.umbra.engine.rpo.RpoText;
import io.umbra.journal.ledger.LedgerException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.concurrent.Callable;

/**
 * {@code umbra rpo CONFIG}: how far the shadow was behind, at any time that the ledger remembers.
 */
@Command(
    name = "rpo",
    description = "Tells how far the shadow was behind, from the ledger, whether the engine runs or not.",
    footer = {
        "  umbra rpo paris.properties --from 12h",
        "  umbra rpo paris.properties --from 2026-11-23T09:00:00Z --to 2026-11-23T10:00:00Z --plot rpo.svg"},
    mixinStandardHelpOptions = true)
final class RpoCommand implements Callable<Integer>
{
    private static final String TIME_ALLOWED =
        "a time such as 2026-11-23T10:00:00Z, how long ago such as 90s, 15m, 12h or 7d, or now";
    private static final int TABLE_SPANS = 40;
    private static final int PLOT_SPANS = 450;
    private static final int DATA_SPANS = 2_000;

    @Spec
    private CommandSpec spec;
    @Mixin
    private ConfigFile configFile;
    @Option(names = "--from", paramLabel = "TIME", defaultValue = "1h",
        description = "A time (ISO 8601), or how long ago: 15m, 12h, 7d. An hour ago by default.")
    private String from;
    @Option(names = "--to", paramLabel = "TIME", defaultValue = "now", description = "Likewise; now by default.")
    private String to;
    @Option(names = "--step", paramLabel = "DURATION",
        description = "Length of the spans for which it is summed up; by default what suits the form.")
    private String step;
    @ArgGroup(exclusive = true)
    private Form form = new Form();

    /** In place of the table. */
    private static final class Form
    {
        @Option(names = "--json", description = "One JSON document.")
        private boolean isJson;
        @Option(names = "--csv", description = "Comma-separated values, a line for each span.")
        private boolean isCsv;
        @Option(names = "--plot", paramLabel = "FILE.svg", description = "A picture, written to this file.")
        private Path plot;
    }

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        final long nowMs = System.currentTimeMillis();
        final long fromMs = time("--from", from, nowMs);
        final long toMs = time("--to", to, nowMs);
        if (fromMs >= toMs)
        {
            throw wrong("--to", to, "a time after that of '--from', which is " + Instant.ofEpochMilli(fromMs));
        }
        final long stepMs = stepMs(toMs - fromMs);
        final UmbraConfig config = configFile.load();
        final RpoReport report = read(config, fromMs, toMs, stepMs);
        if (report.isEmpty())
        {
            throw new CommandFailedException(Umbra.ANSWER_IS_NO, "nothing was recorded from " +
                Instant.ofEpochMilli(fromMs) + " to " + Instant.ofEpochMilli(toMs), null);
        }
        final PrintWriter out = spec.commandLine().getOut();
        if (null != form.plot)
        {
            write(form.plot, RpoPlot.svg(report));
            out.println("written to " + form.plot);
        }
        else
        {
            out.print(form.isJson ? RpoJson.document(report) + System.lineSeparator() :
                form.isCsv ? RpoText.csv(report) : RpoText.table(report));
        }
        out.flush();
        return Umbra.DONE;
    }

    private static RpoReport read(final UmbraConfig config, final long fromMs, final long toMs, final long stepMs)
    {
        try
        {
            return RpoHistory.read(
                config.journalDir().resolve("ledger"), config.linkName(), fromMs, toMs, stepMs);
        }
        catch (final LedgerException ex)
        {
            throw new CommandFailedException(Umbra.ANSWER_IS_NO, "the ledger cannot be read: " + ex.getMessage(), ex);
        }
    }

    private static void write(final Path file, final String text)
    {
        try
        {
            Files.writeString(file, text);
        }
        catch (final IOException ex)
        {
            throw new CommandFailedException(Umbra.ANSWER_IS_NO, file + " cannot be written: " + ex, ex);
        }
    }

    private long stepMs(final long lengthMs)
    {
        if (null == step)
        {
            return RpoHistory.step(
                lengthMs, null != form.plot ? PLOT_SPANS : form.isJson || form.isCsv ? DATA_SPANS : TABLE_SPANS);
        }
        final String allowed = "a duration from 1s up such as 10s, 5m or 1h, which gives no more than " +
            RpoHistory.MAX_SPANS + " spans";
        try
        {
            final long stepMs = Durations.parseMs(step);
            if (stepMs < 1_000 || lengthMs / stepMs > RpoHistory.MAX_SPANS)
            {
                throw wrong("--step", step, allowed);
            }
            return stepMs;
        }
        catch (final IllegalArgumentException ex)
        {
            throw wrong("--step", step, allowed);
        }
    }

    private long time(final String option, final String text, final long nowMs)
    {
        if ("now".equals(text))
        {
            return nowMs;
        }
        try
        {
            return Instant.parse(text).toEpochMilli();
        }
        catch (final DateTimeException ex)
        {
            return ago(option, text, nowMs);
        }
    }

    private long ago(final String option, final String text, final long nowMs)
    {
        try
        {
            final long agoMs = Durations.parseMs(text);
            if (agoMs < 0 || agoMs > nowMs)
            {
                throw wrong(option, text, TIME_ALLOWED);
            }
            return nowMs - agoMs;
        }
        catch (final IllegalArgumentException ex)
        {
            throw wrong(option, text, TIME_ALLOWED);
        }
    }

    private ParameterException wrong(final String option, final String value, final String allowed)
    {
        return new ParameterException(
            spec.commandLine(), "option '" + option + "' has value '" + value + "': allowed is " + allowed);
    }
}
