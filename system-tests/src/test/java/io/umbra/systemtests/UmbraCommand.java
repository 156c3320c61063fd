package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Runs {@code umbra} commands that come to an end, each in a process of its own. */
final class UmbraCommand
{
    private static final long TIMEOUT_S = 120;
    private static final ObjectMapper JSON = new ObjectMapper();

    private UmbraCommand()
    {
    }

    /** How a command ended, and what it said. */
    record Result(int exit, String out, String err)
    {
        /** The lines of standard error that are not blank. */
        List<String> errorLines()
        {
            return err.lines().filter((line) -> !line.isBlank()).toList();
        }
    }

    static Result run(final String... arguments) throws IOException, InterruptedException
    {
        return run(JavaCommand.umbra(List.of(), List.of(arguments)));
    }

    /** Runs any command line to its end; output goes through files, so that no pipe can fill up. */
    static Result run(final List<String> command) throws IOException, InterruptedException
    {
        final Path out = Files.createTempFile("umbra-", ".out");
        final Path err = Files.createTempFile("umbra-", ".err");
        final Process process = new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
        try
        {
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS))
            {
                throw new AssertionError(
                    "still running after " + TIMEOUT_S + " s: " + command + '\n' + Files.readString(err));
            }
            return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
        }
        finally
        {
            process.destroyForcibly();
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
        }
    }

    /** Runs a command that must answer with one JSON document and exit code 0. */
    static JsonNode json(final String... arguments) throws IOException, InterruptedException
    {
        final Result result = run(arguments);
        assertEquals(0, result.exit(), () -> String.join(" ", arguments) + ": " + result);
        return JSON.readTree(result.out());
    }

    /** {@code umbra verify --deep}: shadow and source are the same. */
    static void assertVerified(final Path config) throws IOException, InterruptedException
    {
        final Result result = run("verify", config.toString(), "--deep");
        assertEquals(0, result.exit(), result::toString);
    }
}
