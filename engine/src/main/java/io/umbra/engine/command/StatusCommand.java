package io.umbra.engine.command;

import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.status.Status;
import io.umbra.engine.status.StatusJson;
import io.umbra.engine.status.StatusReader;
import io.umbra.engine.status.StatusText;
import io.umbra.engine.watch.RecentHistory;
import io.umbra.engine.watch.WatchScreen;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/**
 * {@code umbra status CONFIG}: how the link is, whether its engine runs or not.
 */
@Command(
    name = "status",
    description = "Tells how the link is, from counters and files; never disturbs the engine, and answers too when " +
        "it is not running. Exit code 0 says that there is an answer, not that all is well: see the states in it.",
    footer = {
        "  umbra status paris.properties --watch",
        "  umbra status paris.properties --json | jq .lag    records and milliseconds behind; -1: not known"},
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer>
{
    private static final long REFRESH_MS = 1_000;

    @Spec
    private CommandSpec spec;
    @Mixin
    private ConfigFile configFile;
    @Option(names = "--json", description = "One JSON document; with --watch one in each line.")
    private boolean isJson;
    @Option(names = "--watch", description = "Again each second, until interrupted.")
    private boolean isWatch;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        final UmbraConfig config = configFile.load();
        final StatusReader reader = new StatusReader(config.journalDir(), config.linkName());
        final PrintWriter out = spec.commandLine().getOut();
        if (!isWatch)
        {
            final Status status = read(reader);
            out.print(isJson ? StatusJson.document(status.report()) + System.lineSeparator() :
                StatusText.table(status));
            out.flush();
            return Umbra.DONE;
        }
        final boolean isScreen = !isJson && Terminal.isInteractive();
        final Path ledgers = config.journalDir().resolve("ledger");
        try (ShutdownSignal signal = new ShutdownSignal();
            RecentHistory history = new RecentHistory(ledgers, System.currentTimeMillis()))
        {
            out.print(isScreen ? Terminal.CLEAR : "");
            do
            {
                out.print(isScreen ? screen(read(reader), history) : line(read(reader)));
            }
            // A reader that has gone, as head goes, ends the watch. The writer does not hear of it, the stream does.
            while (!out.checkError() && !System.out.checkError() && !signal.await(REFRESH_MS));
            out.print(isScreen ? Terminal.LEAVE : "");
            out.flush();
        }

        return Umbra.DONE;
    }

    private String line(final Status status)
    {
        return (isJson ? StatusJson.line(status.report()) : StatusText.line(status)) + System.lineSeparator();
    }

    private static String screen(final Status status, final RecentHistory history)
    {
        history.follow();
        // The last line stays free, or the terminal would scroll.
        final WatchScreen screen = new WatchScreen(Terminal.columns(), Terminal.rows() - 1, Terminal.charset());
        final StringBuilder text = new StringBuilder(Terminal.HOME);
        screen.lines(status, history, System.currentTimeMillis())
            .forEach((line) -> text.append(line).append(Terminal.END_OF_LINE));
        return text.append(Terminal.END_OF_SCREEN).toString();
    }

    private static Status read(final StatusReader reader)
    {
        try
        {
            return reader.read(System.currentTimeMillis());
        }
        catch (final UncheckedIOException ex)
        {
            throw new CommandFailedException(Umbra.ANSWER_IS_NO, "the status cannot be read: " + ex.getMessage(), ex);
        }
    }
}
