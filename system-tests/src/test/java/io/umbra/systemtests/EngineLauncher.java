package io.umbra.systemtests;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts engines; each gets a file for its standard error in the work directory. */
final class EngineLauncher
{
    private final Path workDir;
    private final List<String> jvmArguments = new ArrayList<>();
    private List<String> wrapper = List.of();
    private int started;

    EngineLauncher(final Path workDir)
    {
        this.workDir = workDir;
    }

    EngineLauncher jvmArgument(final String argument)
    {
        jvmArguments.add(argument);
        return this;
    }

    /**
     * Runs engines in a mount namespace of their own.
     *
     * @param mounts shell commands that change it before the engine starts.
     */
    EngineLauncher inMountNamespace(final String mounts)
    {
        wrapper = MountNamespace.wrapper(mounts);
        return this;
    }

    /** Runs engines in the network namespace of a process. */
    EngineLauncher inNetworkOf(final long pid)
    {
        wrapper = List.of("nsenter", "--net=/proc/" + pid + "/ns/net", "--");
        return this;
    }

    EngineProcess start(final Path config) throws IOException
    {
        started++;
        final List<String> command = new ArrayList<>(wrapper);
        command.addAll(JavaCommand.umbra(jvmArguments, List.of("run", config.toString())));
        return new EngineProcess(command, workDir.resolve("engine-" + started + ".err"));
    }
}
