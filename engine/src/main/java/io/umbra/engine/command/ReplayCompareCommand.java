package io.umbra.engine.command;

import io.umbra.engine.replay.Comparison;
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

/**
 * {@code umbra replay compare}: whether a journal is what was recorded.
 */
@Command(
    name = "compare",
    description = "Compares a journal with what was recorded, byte for byte. Exit code 1 on any difference.",
    footer = {
        "  umbra replay compare --archive /mnt/archive --journal /var/lib/umbra/paris"},
    mixinStandardHelpOptions = true)
final class ReplayCompareCommand implements Callable<Integer>
{
    @Spec
    private CommandSpec spec;
    @Mixin
    private ArchiveOption archive;
    @Mixin
    private TopicsOption topics;
    @Option(names = "--journal", paramLabel = "DIR", required = true,
        description = "Directory of the journal, journal.dir of a link; its engine may be running.")
    private Path journal;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        final Pattern pattern = topics.pattern();
        if (!Files.isDirectory(journal))
        {
            throw new ParameterException(spec.commandLine(),
                "option '--journal' has value '" + journal + "': allowed is the directory of a journal");
        }
        final Throughput throughput = new Throughput(spec.commandLine().getErr());
        try (FlightRecording recording = archive.open())
        {
            final Comparison.Result result =
                new Comparison(recording, journal, pattern, throughput::onBytes).compare();
            throughput.end();
            return print(result, throughput.tookMs());
        }
        catch (final IOException | UncheckedIOException ex)
        {
            throughput.end();
            throw new CommandFailedException(Umbra.ANSWER_IS_NO, "cannot compare: " + ex.getMessage(), ex);
        }
    }

    private int print(final Comparison.Result result, final long tookMs)
    {
        final PrintWriter out = spec.commandLine().getOut();
        result.differences().forEach(out::println);
        out.println(result.partitions() + " partitions, " + result.batches() + " batches, " +
            StatusText.bytes(result.bytes()) + " compared in " + tookMs + " ms, " +
            Throughput.rate(result.bytes(), tookMs) + (0 == result.dropped() ? "" :
            "; " + result.dropped() + " batches were recorded and are below the journal's log start by now"));
        out.println(result.differences().isEmpty() ? "the journal is what was recorded" :
            result.differences().size() + " differences, see above");
        out.flush();
        return result.differences().isEmpty() ? Umbra.DONE : Umbra.ANSWER_IS_NO;
    }
}
