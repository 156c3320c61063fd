package io.umbra.engine.command;

import io.umbra.engine.JournalRebuild;
import io.umbra.engine.replay.Bound;
import io.umbra.engine.replay.FlightRecording;
import io.umbra.engine.status.StatusText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code umbra replay rebuild}: a journal made anew of what was recorded.
 */
@Command(
    name = "rebuild",
    description = "Makes a journal of what was recorded, by the code that journals what is fetched: byte for byte " +
        "what it was, from the first offset that is recorded on. The journal that was recorded is not needed. " +
        "Exit code 1 if something is missing in the recording.",
    footer = {
        "  umbra replay rebuild --archive /mnt/archive --into /var/lib/umbra/rebuilt"},
    mixinStandardHelpOptions = true)
final class ReplayRebuildCommand implements Callable<Integer>
{
    @Spec
    private CommandSpec spec;
    @Mixin
    private ArchiveOption archive;
    @Mixin
    private TopicsOption topics;
    @Option(names = "--into", paramLabel = "DIR", required = true,
        description = "Directory of the new journal; empty, or not there yet.")
    private Path into;
    @Option(names = "--as-of", paramLabel = "TIME",
        description = "Leave out what was fetched after this time, such as 2026-11-23T10:00:00Z.")
    private String asOf;
    @Option(names = "--speed", paramLabel = "max|1x|10x", defaultValue = "max",
        description = "As fast as it goes, or as fast as it was recorded, or ten times that. Default: max.")
    private String speed;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        final Pattern pattern = topics.pattern();
        final double factor = factor();
        final long asOfNs = asOfNs();
        checkInto();
        final Throughput throughput = new Throughput(spec.commandLine().getErr());
        try (FlightRecording recording = archive.open())
        {
            final JournalRebuild.Result result = new JournalRebuild(
                new JournalRebuild.Context(recording, into, pattern, asOfNs, factor),
                throughput::onBytes).rebuild();
            throughput.end();
            return print(result);
        }
        catch (final IOException | UncheckedIOException ex)
        {
            throughput.end();
            throw new CommandFailedException(Umbra.ANSWER_IS_NO, "cannot rebuild: " + ex.getMessage(), ex);
        }
    }

    private int print(final JournalRebuild.Result result)
    {
        final PrintWriter out = spec.commandLine().getOut();
        result.problems().forEach(out::println);
        out.println(result.partitions() + " partitions, " + result.frames() + " frames, " +
            StatusText.bytes(result.bytes()) + " in " + result.tookMs() + " ms, " +
            Throughput.rate(result.bytes(), result.tookMs()) + ", into " + into);
        out.println(result.problems().isEmpty() ? "all that was recorded is there" :
            result.problems().size() + " things are missing in the recording, see above");
        out.flush();
        return result.problems().isEmpty() ? Umbra.DONE : Umbra.ANSWER_IS_NO;
    }

    private double factor()
    {
        switch (speed)
        {
            case "max":
                return 0;
            case "1x":
                return 1;
            case "10x":
                return 10;
            default:
                throw wrong("--speed", speed, "max, 1x or 10x");
        }
    }

    private long asOfNs()
    {
        try
        {
            return null == asOf ? Long.MAX_VALUE : Bound.nanos(asOf);
        }
        catch (final IllegalArgumentException ex)
        {
            throw wrong("--as-of", asOf, "a time such as 2026-11-23T10:00:00Z");
        }
    }

    private void checkInto()
    {
        if (!Files.exists(into))
        {
            return;
        }
        try (Stream<Path> files = Files.list(into))
        {
            if (files.findAny().isPresent())
            {
                throw wrong("--into", into.toString(), "a directory that is empty or not there");
            }
        }
        catch (final IOException ex)
        {
            throw wrong("--into", into.toString(), "a directory that is empty or not there");
        }
    }

    private ParameterException wrong(final String option, final String value, final String allowed)
    {
        return new ParameterException(
            spec.commandLine(), "option '" + option + "' has value '" + value + "': allowed is " + allowed);
    }
}
