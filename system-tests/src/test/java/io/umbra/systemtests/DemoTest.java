package io.umbra.systemtests;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code umbra demo}: what it finds, and that it leaves nothing behind. */
class DemoTest
{
    private static final long INTERRUPTED_EXIT_S = 60;
    private static final int INTERRUPTED = 130;

    /** The demo's own temporary folder is made in here. */
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @AfterEach
    void nothingIsLeftBehind() throws IOException
    {
        for (final Path parent : List.of(dir, Path.of("/dev/shm")))
        {
            for (final String folder : folders())
            {
                assertFalse(Files.exists(parent.resolve(folder)), () -> parent + " has " + folder);
            }
        }
        try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses())
        {
            assertEquals(List.of(), processes
                .map((process) -> process.info().commandLine().orElse(""))
                .filter((command) -> command.contains(dir.toString()))
                .toList());
        }
    }

    @Test
    void theShadowIsIdenticalAndTakesOver() throws Exception
    {
        final Process demo = start("--seconds", "2");
        try
        {
            assertTrue(demo.waitFor(150, TimeUnit.SECONDS), this::story);
            assertEquals(0, demo.exitValue(), this::story);
        }
        finally
        {
            demo.destroyForcibly();
        }
        assertSaid("records +[1-9][0-9,]* in \\d+ topics, \\d+ partitions");
        assertSaid("bytes +\\d+\\.\\d MiB");
        assertSaid("catch-up +.* after kill -9 and a restart.*");
        assertSaid("RPO +p50 \\d+\\.\\d ms, p99 (?!0\\.0)\\d+\\.\\d ms");
        assertSaid("failover +\\d+ acknowledged records lost; the consumer read on at its next record " +
            "after (?!0\\.0)\\d+\\.\\d s \\(RTO\\)");
        assertSaid("verdict +identical");
        assertEquals(1, folders().size(), this::story);
    }

    private void assertSaid(final String regex)
    {
        assertEquals(1, story().lines().filter((line) -> line.matches(regex)).count(), this::story);
    }

    @Test
    void aDemoThatIsInterruptedCleansUp() throws Exception
    {
        final Process demo = start("--seconds", "600", "--json");
        try
        {
            Await.until(
                () -> !demo.isAlive() || Files.readString(dir.resolve("err")).contains("Workload:"), this::story);
            demo.toHandle().destroy();
            assertTrue(demo.waitFor(INTERRUPTED_EXIT_S, TimeUnit.SECONDS), this::story);
            assertEquals(INTERRUPTED, demo.exitValue(), this::story);
            // There is no result.
            assertEquals("", Files.readString(dir.resolve("out")));
        }
        finally
        {
            demo.destroyForcibly();
        }
        assertEquals(1, folders().size(), this::story);
    }

    private Process start(final String... options) throws IOException
    {
        final List<String> arguments = new ArrayList<>(List.of("demo"));
        arguments.addAll(List.of(options));

        return new ProcessBuilder(JavaCommand.umbra(List.of("-Djava.io.tmpdir=" + dir), arguments))
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(dir.resolve("out").toFile())
            .redirectError(dir.resolve("err").toFile())
            .start();
    }

    /** Names of the folders that the demo said it would use. */
    private List<String> folders()
    {
        return story().lines()
            .filter((line) -> line.startsWith("Everything is under "))
            .map((line) -> Path.of(line.substring(line.lastIndexOf(' ') + 1)).getFileName().toString())
            .toList();
    }

    private String story()
    {
        try
        {
            return Files.readString(dir.resolve("out")) + Files.readString(dir.resolve("err"));
        }
        catch (final IOException ex)
        {
            return ex.toString();
        }
    }
}
