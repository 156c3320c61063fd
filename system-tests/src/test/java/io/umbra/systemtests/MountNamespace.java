package io.umbra.systemtests;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Small file systems without touching the machine: mounts that only one process and its children see. */
final class MountNamespace
{
    private MountNamespace()
    {
    }

    /** Skips the test where the kernel or the container does not let an ordinary user have a mount namespace. */
    static void assumeAvailable() throws IOException, InterruptedException
    {
        final List<String> command = new ArrayList<>(wrapper("mount -t tmpfs -o size=1m tmpfs /dev/shm"));
        command.add("true");
        boolean available;
        try
        {
            available = 0 == UmbraCommand.run(command).exit();
        }
        catch (final IOException ex)
        {
            available = false;
        }
        Assumptions.assumeTrue(available, "no mount namespaces here");
    }

    /** What to put before a command line. */
    static List<String> wrapper(final String mounts)
    {
        return List.of("unshare", "--mount", "--map-root-user", "sh", "-c", mounts + " && exec \"$@\"", "sh");
    }

    /** A path as the process sees it. */
    static Path of(final long pid, final Path path)
    {
        return Path.of("/proc", Long.toString(pid), "root").resolve(Path.of("/").relativize(path));
    }
}
