package io.umbra.engine.command;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The command line {@code umbra COMMAND}. Exit codes: 0 done; 1 it ran and the answer is no; 2 usage or configuration,
 * with one line on stderr.
 */
@Command(
    name = "umbra",
    description = "Keeps a byte-exact, offset-preserving shadow of a live Kafka cluster. 'umbra COMMAND --help' " +
        "tells of each command; docs/ of settings, operations and failover.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeList = {
        "0:done",
        "1:it ran and the answer is no",
        "2:usage or configuration; one line on stderr says what is wrong"},
    footer = {
        "  umbra demo                            the whole story, with nothing to prepare",
        "  umbra run /etc/umbra/paris.properties",
        "  umbra status /etc/umbra/paris.properties --watch"},
    subcommands = {
        DemoCommand.class, RunCommand.class, StatusCommand.class, VerifyCommand.class, PromoteCommand.class,
        LedgerCommand.class, RpoCommand.class, ReplayCommand.class, PauseCommand.class, ResumeCommand.class,
        LimitCommand.class,
        AcknowledgeCommand.class})
public final class Umbra
{
    /** The command has done what it was asked for. */
    static final int DONE = 0;
    /** The command ran, and the answer is no. */
    static final int ANSWER_IS_NO = 1;
    /** Usage or configuration. */
    static final int USAGE = 2;

    /**
     * Runs a command and ends the process with its exit code.
     *
     * @param args the command and its arguments.
     */
    public static void main(final String[] args)
    {
        int exitCode = ANSWER_IS_NO;
        try
        {
            exitCode = execute(args);
        }
        catch (final Throwable ex)
        {
            // The shutdown hook waits for this thread, whatever has ended it.
            System.err.println("umbra: " + ex);
        }
        System.out.flush();
        System.err.flush();
        ShutdownSignal.exit(exitCode);
    }

    /**
     * Runs a command in this process.
     *
     * @param args the command and its arguments.
     * @return the exit code.
     */
    public static int execute(final String... args)
    {
        return prepare(new CommandLine(new Umbra())).execute(args);
    }

    /** Errors as the contract wants them, for any of the commands. */
    static CommandLine prepare(final CommandLine commandLine)
    {
        layOut(commandLine);
        return commandLine
            .setUsageHelpAutoWidth(true)
            .setParameterExceptionHandler(Errors::onParameterException)
            .setExecutionExceptionHandler(Errors::onExecutionException);
    }

    /** Sections as a manual page has them, for a command and those below it. */
    private static void layOut(final CommandLine command)
    {
        final UsageMessageSpec usage = command.getCommandSpec().usageMessage();
        usage.synopsisHeading("Usage: ")
            .descriptionHeading("%n")
            .parameterListHeading("%nParameters:%n")
            .optionListHeading("%nOptions:%n")
            .commandListHeading("%nCommands:%n")
            .exitCodeListHeading("%nExit codes:%n")
            .footerHeading("%nExamples:%n");
        if (usage.exitCodeList().isEmpty())
        {
            usage.exitCodeList(command.getParent().getCommandSpec().usageMessage().exitCodeList());
        }
        command.getSubcommands().values().forEach(Umbra::layOut);
    }
}
