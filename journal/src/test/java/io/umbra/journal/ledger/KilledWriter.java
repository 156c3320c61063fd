package io.umbra.journal.ledger;

import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A process that writes a ledger, and is killed at a random moment. It counts what it has written in the first number
 * of a mapped file, after each entry, and sets the second one when it begins to open the ledger.
 */
final class KilledWriter
{
    private static final long MAX_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(60);

    private final Class<?> main;
    private final Path directory;
    private final Path progressFile;
    private final UnsafeBuffer progress;
    private final Random random;

    /**
     * A writer that has not begun.
     *
     * @param main         of the process; its arguments are the directory and the file of the progress.
     * @param directory    of the ledgers.
     * @param progressFile that is mapped.
     * @param progress     buffer on it.
     * @param random       chooses the moment.
     */
    KilledWriter(
        final Class<?> main,
        final Path directory,
        final Path progressFile,
        final UnsafeBuffer progress,
        final Random random)
    {
        this.main = main;
        this.directory = directory;
        this.progressFile = progressFile;
        this.progress = progress;
        this.random = random;
    }

    /**
     * Runs the writer and kills it.
     *
     * @param isEarly whether to kill it while it opens the ledger, rather than while it writes.
     */
    void kill(final boolean isEarly) throws IOException, InterruptedException
    {
        final long before = progress.getLongVolatile(0);
        progress.putLongVolatile(Long.BYTES, 0);
        final Path output = directory.resolve("output");
        final Process process = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + Path.of(System.getProperty("umbra.root"), "bin", "jvm.options"),
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName(),
            directory.toString(),
            progressFile.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
        try
        {
            while (progress.getLongVolatile(Long.BYTES) == 0 ||
                !isEarly && progress.getLongVolatile(0) == before)
            {
                assertTrue(process.isAlive(), () -> read(output));
                LockSupport.parkNanos(10_000);
            }
            LockSupport.parkNanos((long) (random.nextDouble() * MAX_DELAY_NS));
            assertTrue(process.isAlive(), () -> read(output));
        }
        finally
        {
            process.destroyForcibly().waitFor();
        }
    }

    private static String read(final Path file)
    {
        try
        {
            return Files.readString(file);
        }
        catch (final IOException ex)
        {
            return ex.toString();
        }
    }
}
