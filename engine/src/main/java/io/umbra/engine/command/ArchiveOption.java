package io.umbra.engine.command;

import io.umbra.engine.replay.FlightRecording;
import io.umbra.transport.recording.ArchiveDirectory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The option that says which flight recording is meant.
 */
final class ArchiveOption
{
    @Spec(Target.MIXEE)
    private CommandSpec spec;
    @Option(names = "--archive", paramLabel = "DIR", required = true,
        description = "Directory of the flight recorder, archive.dir of a link; its engine may be running.")
    private Path archive;

    /** The archive, for the caller to close. */
    FlightRecording open() throws IOException
    {
        if (!ArchiveDirectory.exists(archive))
        {
            throw new ParameterException(spec.commandLine(), "option '--archive' has value '" + archive +
                "': allowed is the directory of a flight recorder, and there is no archive.catalog in it");
        }
        return FlightRecording.open(archive);
    }
}
