package io.umbra.engine.command;

import io.umbra.engine.replay.Bound;
import io.umbra.engine.replay.FlightRecording;
import io.umbra.engine.replay.Show;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

/**
 * {@code umbra replay show}: the messages, decoded.
 */
@Command(
    name = "show",
    description = "What was recorded, message by message: partition, offsets, leader epoch, high watermark, time of " +
        "the fetch, control messages. Exit code 1 if something of it cannot be read.",
    footer = {
        "  umbra replay show --archive /mnt/archive --topics orders --from 2026-11-23T09:59:30Z"},
    mixinStandardHelpOptions = true)
final class ReplayShowCommand implements Callable<Integer>
{
    @Spec
    private CommandSpec spec;
    @Mixin
    private ArchiveOption archive;
    @Mixin
    private TopicsOption topics;
    @Option(names = "--from", paramLabel = "TIME|POSITION",
        description = "Begin here: a time such as 2026-11-23T10:00:00Z, or a position in the recordings.")
    private String from;
    @Option(names = "--to", paramLabel = "TIME|POSITION", description = "End before this.")
    private String to;
    @Option(names = "--json", description = "One JSON document.")
    private boolean isJson;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        final Pattern pattern = topics.pattern();
        final Bound first = bound("--from", from, Bound.NONE_BELOW);
        final Bound last = bound("--to", to, Bound.NONE_ABOVE);
        try (FlightRecording recording = archive.open())
        {
            final Show show = new Show(recording, pattern, first, last);
            final PrintWriter err = spec.commandLine().getErr();
            final boolean isComplete = isJson ? show.json(System.out) :
                show.text(spec.commandLine().getOut(), (finding) -> err.println("umbra: " + finding));
            err.flush();
            return isComplete ? Umbra.DONE : Umbra.ANSWER_IS_NO;
        }
        catch (final IOException | UncheckedIOException ex)
        {
            throw new CommandFailedException(
                Umbra.ANSWER_IS_NO, "the archive cannot be read: " + ex.getMessage(), ex);
        }
    }

    private Bound bound(final String option, final String value, final Bound none)
    {
        try
        {
            return null == value ? none : Bound.parse(value);
        }
        catch (final IllegalArgumentException ex)
        {
            throw new ParameterException(spec.commandLine(),
                "option '" + option + "' has value '" + value + "': allowed is " + Bound.ALLOWED, ex);
        }
    }
}
