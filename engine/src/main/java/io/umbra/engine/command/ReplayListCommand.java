package io.umbra.engine.command;

import io.umbra.engine.replay.FlightRecording;
import io.umbra.engine.replay.Listing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;

/**
 * {@code umbra replay list}: the recordings, their times, positions and sizes.
 */
@Command(
    name = "list",
    description = "The recordings of a flight recorder: shard, time span, positions, bytes.",
    footer = {
        "  umbra replay list --archive /var/lib/umbra/paris/archive"},
    mixinStandardHelpOptions = true)
final class ReplayListCommand implements Callable<Integer>
{
    @Spec
    private CommandSpec spec;
    @Mixin
    private ArchiveOption archive;
    @Option(names = "--json", description = "One JSON document.")
    private boolean isJson;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        try (FlightRecording recording = archive.open())
        {
            final Listing listing = Listing.of(recording);
            final PrintWriter out = spec.commandLine().getOut();
            out.print(isJson ? listing.json() : listing.text());
            out.flush();
            return Umbra.DONE;
        }
        catch (final IOException | UncheckedIOException ex)
        {
            throw new CommandFailedException(
                Umbra.ANSWER_IS_NO, "the archive cannot be read: " + ex.getMessage(), ex);
        }
    }
}
