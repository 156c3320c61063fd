package io.umbra.engine.command;

import io.umbra.engine.config.ConfigException;
import io.umbra.engine.EngineStartException;
import io.umbra.journal.JournalException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * What the command line says when something is wrong: one line on stderr for what the user can put right, and a stack
 * trace in the log for what he cannot.
 */
final class Errors
{
    private static final Logger LOGGER = LoggerFactory.getLogger(Errors.class);

    private Errors()
    {
    }

    static int onParameterException(final ParameterException ex, final String[] args)
    {
        final CommandLine commandLine = ex.getCommandLine();
        final StringBuilder message = new StringBuilder(ex.getMessage());
        if (!commandLine.getSubcommands().isEmpty())
        {
            message.append("; allowed is ").append(String.join(", ", commandLine.getSubcommands().keySet()));
        }
        else
        {
            message.append("; '").append(commandLine.getCommandSpec().qualifiedName()).append(" --help' tells more");
        }
        print(commandLine, message.toString());

        return Umbra.USAGE;
    }

    static int onExecutionException(final Exception ex, final CommandLine commandLine, final ParseResult result)
    {
        if (isForTheUser(ex))
        {
            print(commandLine, ex.getMessage());
            return Umbra.USAGE;
        }
        if (ex instanceof CommandFailedException failed)
        {
            commandLine.getErr().println("umbra: " + ex.getMessage());
            return failed.exitCode();
        }
        LOGGER.error("{} failed", commandLine.getCommandSpec().qualifiedName(), ex);
        print(commandLine, null == ex.getMessage() ? ex.toString() : ex.getMessage());

        return Umbra.ANSWER_IS_NO;
    }

    private static boolean isForTheUser(final Exception ex)
    {
        return ex instanceof ConfigException || ex instanceof JournalException || ex instanceof EngineStartException;
    }

    private static void print(final CommandLine commandLine, final String message)
    {
        commandLine.getErr().println("umbra: " + message.trim().replaceAll("\\s*\\R\\s*", " "));
        commandLine.getErr().flush();
    }
}
