package io.umbra.engine.command;

import io.umbra.engine.demo.Demo;
import io.umbra.engine.demo.DemoFailedException;
import io.umbra.engine.demo.DemoInterruptedException;
import io.umbra.engine.demo.DemoOptions;
import io.umbra.engine.demo.DemoOutput;
import io.umbra.engine.demo.DemoResult;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.concurrent.Callable;

/**
 * {@code umbra demo}: the whole story on this machine.
 */
@Command(
    name = "demo",
    exitCodeList = {
        "0:all is identical, and the failover served it",
        "1:it is not, or something failed; the last lines say what",
        "2:usage; one line on stderr says what is wrong",
        "130:interrupted; everything is cleaned up"},
    description = "Shows it all here in about a minute: a real Kafka cluster, a live workload, the engine, " +
        "kill -9 and a restart, a verification of every byte, the end of the source and the failover. Nothing to " +
        "prepare, nothing is left behind.",
    footer = {
        "  umbra demo",
        "  umbra demo --brokers 3 --seconds 60 --keep"},
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer>
{
    private static final int INTERRUPTED = 130;
    private static final int MAX_BROKERS = 3;
    private static final int MAX_SECONDS = 3_600;

    @Spec
    private CommandSpec spec;
    @Option(names = "--brokers", paramLabel = "N", defaultValue = "1",
        description = "Brokers of the source: 1 to 3; 1 by default.")
    private int brokers;
    @Option(names = "--seconds", paramLabel = "N", defaultValue = "15",
        description = "How long the live workload runs, in seconds: 1 to 3600; 15 by default.")
    private int seconds;
    @Option(names = "--keep", description = "Keep the temporary folder, journal and logs included.")
    private boolean isKeepingFiles;
    @Option(names = "--json", description = "One JSON document on stdout; the story goes to stderr.")
    private boolean isJson;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        check("--brokers", brokers, MAX_BROKERS);
        check("--seconds", seconds, MAX_SECONDS);
        final CommandLine commandLine = spec.commandLine();
        final PrintWriter out = commandLine.getOut();
        final DemoOutput output = new DemoOutput(
            isJson ? commandLine.getErr() : out, !isJson && Terminal.isInteractive());
        try (ShutdownSignal signal = new ShutdownSignal())
        {
            final DemoOptions options = new DemoOptions(brokers, seconds, isKeepingFiles);
            final DemoResult result = new Demo(options, output, signal::isReceived).run();
            out.print(isJson ? result.json() + System.lineSeparator() : result.text());
            out.flush();

            return result.identical() ? Umbra.DONE : Umbra.ANSWER_IS_NO;
        }
        catch (final DemoInterruptedException ex)
        {
            output.say("Interrupted; everything is cleaned up");
            return INTERRUPTED;
        }
        catch (final DemoFailedException ex)
        {
            output.say("");
            throw new CommandFailedException(Umbra.ANSWER_IS_NO, ex.getMessage(), ex);
        }
    }

    private void check(final String option, final int value, final int max)
    {
        if (value < 1 || value > max)
        {
            throw new ParameterException(spec.commandLine(),
                "option '" + option + "' has value '" + value + "': allowed is a number from 1 to " + max);
        }
    }
}
