package io.umbra.engine.command;

import io.umbra.engine.promotion.PromotedBroker;
import io.umbra.engine.promotion.Promoter;
import io.umbra.engine.promotion.PromotionProgress;
import io.umbra.engine.promotion.PromotionRefusedException;
import io.umbra.engine.promotion.PromotionReport;
import io.umbra.engine.promotion.PromotionRequest;
import io.umbra.engine.promotion.ReportJson;
import io.umbra.engine.promotion.ReportText;
import io.umbra.journal.ledger.LedgerException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;

/**
 * {@code umbra promote CONFIG --target DIR}: the shadow becomes an ordinary Apache Kafka cluster.
 */
@Command(
    name = "promote",
    exitCodeList = {
        "0:promoted; with --start: and the broker has ended by SIGTERM or SIGINT",
        "1:it failed; the shadow is whole, and the target is empty again",
        "2:refused, in one line on stderr; nothing has been changed"},
    description = "Makes an ordinary Apache Kafka cluster of the shadow, in a new directory: same topic ids, " +
        "offsets, settings, positions of consumer groups, access rules. Takes no longer for more data. For several " +
        "nodes, give CONFIG, --target, --node-id, --listeners and --controller-listener once for each.",
    footer = {
        "  umbra promote paris.properties --target /var/lib/kafka --node-id 1 \\",
        "      --listeners PLAINTEXT://db2:9092 --controller-listener CONTROLLER://db2:9093 --dry-run",
        "  the same with --drill --start      a rehearsal that serves; the link goes on",
        "  the same with --drain              planned: loses nothing",
        "  the same with --as-of 2026-11-23T10:00:00Z"},
    mixinStandardHelpOptions = true)
final class PromoteCommand implements Callable<Integer>
{
    private static final long POLL_MS = 100;

    @Spec
    private CommandSpec spec;
    @Mixin
    private PromoteOptions options;
    @Mixin
    private TopicsOption topics;
    @Option(names = "--dry-run", description = "Print the plan, and change nothing.")
    private boolean isDryRun;
    @Option(names = "--json", description = "One JSON document.")
    private boolean isJson;
    @Option(names = "--start", description =
        "Start the broker and stay with it: prints 'started' when it answers; SIGTERM and SIGINT go on to it. " +
        "The release that Umbra brings along, or that of --kafka-home.")
    private boolean isStart;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call() throws Exception
    {
        final PromotionReport report;
        final PromotionRequest request;
        try
        {
            request = options.request(topics.pattern());
            checkStart(request);
            try (Promoter promoter = new Promoter(request, progress()))
            {
                report = isDryRun ? promoter.plan() : promoter.promote();
            }
        }
        catch (final PromotionRefusedException ex)
        {
            throw new CommandFailedException(Umbra.USAGE, ex.getMessage(), ex);
        }
        catch (final IOException | LedgerException ex)
        {
            throw new CommandFailedException(Umbra.ANSWER_IS_NO, "not promoted: " + ex.getMessage(), ex);
        }
        finally
        {
            endProgress();
        }
        final PrintWriter out = spec.commandLine().getOut();
        out.print(isJson ? ReportJson.document(report) : ReportText.of(report));
        if (!isDryRun && !isJson && !isStart)
        {
            out.println();
            report.nodes().forEach((node) ->
                out.println("start it: kafka-server-start.sh " + node.serverProperties()));
        }
        out.flush();

        return isStart && !isDryRun ? start(report, request) : Umbra.DONE;
    }

    private void checkStart(final PromotionRequest request)
    {
        if (isStart && request.nodes().size() > 1)
        {
            throw new ParameterException(spec.commandLine(),
                "option '--start' is for one node; allowed is to start each of several on its own machine");
        }
        if (isStart)
        {
            request.kafka().checkStart();
        }
    }

    private int start(final PromotionReport report, final PromotionRequest request) throws Exception
    {
        final PrintWriter out = isJson ? spec.commandLine().getErr() : spec.commandLine().getOut();
        try (ShutdownSignal signal = new ShutdownSignal();
            PromotedBroker broker = PromotedBroker.start(report, report.nodes().get(0), request.kafka()))
        {
            boolean isServing = false;
            while (!signal.await(isServing ? POLL_MS : 0) && !broker.awaitEnd(isServing ? 0 : POLL_MS))
            {
                if (!isServing && broker.isServing())
                {
                    isServing = true;
                    out.println("started: process " + broker.pid() + ", " +
                        report.nodes().get(0).bootstrapServers());
                    out.flush();
                }
            }
            if (signal.isReceived())
            {
                return Umbra.DONE;
            }
            // It says why, unless it has been stopped in order.
            return 0 == broker.exitCode() ? Umbra.DONE : failed(broker);
        }
        catch (final IOException ex)
        {
            throw new CommandFailedException(
                Umbra.ANSWER_IS_NO, "promoted, but not started: " + ex.getMessage(), ex);
        }
    }

    private static int failed(final PromotedBroker broker) throws IOException
    {
        broker.isServing();
        return Umbra.ANSWER_IS_NO;
    }

    private PromotionProgress progress()
    {
        final PrintWriter err = spec.commandLine().getErr();
        if (!Terminal.isInteractive())
        {
            // All else takes no time to speak of.
            return options.isDrain() ? new ProgressLines(err, System::nanoTime) : PromotionProgress.NONE;
        }

        return (line) ->
        {
            err.print(Terminal.CLEAR_LINE + line);
            err.flush();
        };
    }

    private void endProgress()
    {
        if (Terminal.isInteractive())
        {
            spec.commandLine().getErr().print(Terminal.CLEAR_LINE);
            spec.commandLine().getErr().flush();
        }
    }
}
