package io.umbra.engine.demo;

import org.agrona.IoUtil;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The demo's engine: its configuration, and its process, which may be killed and started again.
 */
final class DemoEngine implements AutoCloseable
{
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final List<String> JVM_OPTIONS = List.of("-Xms64m", "-Xmx256m", "-XX:MaxDirectMemorySize=1g");
    private static final List<String> COMMAND_OPTIONS = List.of("-Xmx256m", "-XX:+UseSerialGC");

    private final Path folder;
    private final Path config;
    private final Path aeronDir;
    private UmbraProcess process;
    private int runs;

    DemoEngine(final Path folder, final String link, final String bootstrapServers, final Path journalDir)
        throws IOException
    {
        this.folder = folder;
        this.config = folder.resolve("umbra.properties");
        // Named after the demo's own folder, so that it is nobody else's and can be deleted after a kill.
        this.aeronDir = (Files.isDirectory(SHARED_MEMORY) ? SHARED_MEMORY : folder).resolve(folder.getFileName());
        Files.writeString(config, String.format(
            "link.name=%s%nsource.bootstrap.servers=%s%njournal.dir=%s%naeron.dir=%s%n" +
            "topics.refresh.interval.ms=1000%ngroups.sync.interval.ms=1000%n",
            link, bootstrapServers, journalDir, aeronDir));
    }

    UmbraProcess start()
    {
        runs++;
        process = UmbraProcess.start(folder, "engine-" + runs, options(JVM_OPTIONS), "run", config.toString());

        return process;
    }

    UmbraProcess process()
    {
        return process;
    }

    /** Another command on the same configuration. */
    UmbraProcess run(final String command, final String... arguments)
    {
        final List<String> all = new ArrayList<>(List.of(command, config.toString()));
        all.addAll(List.of(arguments));

        return UmbraProcess.start(folder, command, options(COMMAND_OPTIONS), all.toArray(new String[0]));
    }

    /** SIGKILL; returns the process id that was. */
    long kill()
    {
        process.kill();

        return process.pid();
    }

    /** SIGTERM; returns whether the engine then stopped in order and in time. */
    boolean terminate(final long timeoutMs)
    {
        return process.terminate(timeoutMs) && 0 == process.exitCode();
    }

    /** Native libraries are unpacked under the demo's folder, like everything else. */
    private List<String> options(final List<String> options)
    {
        return Stream.concat(options.stream(), Stream.of("-Djava.io.tmpdir=" + folder)).toList();
    }

    /**
     * The engine does not outlive the demo, and neither does the shared memory that a killed one leaves.
     */
    @Override
    public void close()
    {
        if (null != process)
        {
            process.close();
        }
        IoUtil.delete(aeronDir.toFile(), true);
    }
}
