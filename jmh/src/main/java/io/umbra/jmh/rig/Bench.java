package io.umbra.jmh.rig;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command line {@code bin/bench COMMAND}: Umbra and its peers, measured in one run on one machine. Exit codes: 0
 * done; 1 a measurement failed; 2 usage.
 */
@Command(
    name = "bench",
    description = "Measures Umbra beside its peers, in one run.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    subcommands = {
        CatchupCommand.class, LatencyCommand.class, ScaleCommand.class, WriteCommand.class, ReplayCommand.class})
public final class Bench
{
    /**
     * Runs a benchmark and ends the process with its exit code.
     *
     * @param args the command and its options.
     */
    public static void main(final String[] args)
    {
        final CommandLine commandLine = new CommandLine(new Bench());
        commandLine.setExecutionExceptionHandler((failure, command, parsed) ->
        {
            System.err.println("bench: " + failure);
            for (final StackTraceElement element : failure.getStackTrace())
            {
                System.err.println("    at " + element);
            }
            return 1;
        });
        final int exitCode = commandLine.execute(args);
        System.out.flush();
        System.exit(exitCode);
    }
}
