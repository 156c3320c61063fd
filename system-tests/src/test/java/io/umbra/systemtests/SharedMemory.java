package io.umbra.systemtests;

import org.agrona.IoUtil;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Directories for the engines' media drivers. An engine that is killed leaves its own behind until the next start; the
 * last one of a test is removed when the tests end.
 */
final class SharedMemory
{
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Set<Path> DIRECTORIES = ConcurrentHashMap.newKeySet();

    static
    {
        Runtime.getRuntime().addShutdownHook(new Thread(
            () -> DIRECTORIES.forEach((directory) -> IoUtil.delete(directory.toFile(), true)), "shared-memory"));
    }

    private SharedMemory()
    {
    }

    static Path newDirectory()
    {
        final Path directory = Path.of(
            "/dev/shm", "umbra-test-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet());
        DIRECTORIES.add(directory);
        return directory;
    }
}
