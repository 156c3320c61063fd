package io.umbra.engine.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code umbra COMMAND} in a process of its own, with the class path and the module flags of this one. Stdout and
 * stderr go to files.
 */
final class UmbraProcess implements AutoCloseable
{
    private static final String MAIN = "io.umbra.engine.command.Umbra";
    private static final int LOG_TAIL_LINES = 5;

    private final String name;
    private final Process process;
    private final Path stdout;
    private final Path stderr;

    private UmbraProcess(final String name, final Process process, final Path stdout, final Path stderr)
    {
        this.name = name;
        this.process = process;
        this.stdout = stdout;
        this.stderr = stderr;
    }

    /**
     * Starts a process.
     *
     * @param folder     for its output.
     * @param name       of the output's files.
     * @param jvmOptions besides those of this process.
     * @param arguments  of the command line.
     * @return the running process.
     */
    static UmbraProcess start(
        final Path folder, final String name, final List<String> jvmOptions, final String... arguments)
    {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter((argument) -> argument.startsWith("--"))
            .forEach(command::add);
        command.addAll(jvmOptions);
        command.addAll(List.of("-Dumbra.terminal=false", "-cp", System.getProperty("java.class.path"), MAIN));
        command.addAll(List.of(arguments));
        final Path stdout = folder.resolve(name + ".out");
        final Path stderr = folder.resolve(name + ".log");
        try
        {
            final Process process = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(stdout.toFile())
                .redirectError(ProcessBuilder.Redirect.appendTo(stderr.toFile()))
                .start();

            return new UmbraProcess(name, process, stdout, stderr);
        }
        catch (final IOException ex)
        {
            throw new DemoFailedException("the " + name + " process does not start: " + ex.getMessage(), ex);
        }
    }

    long pid()
    {
        return process.pid();
    }

    boolean isAlive()
    {
        return process.isAlive();
    }

    int exitCode()
    {
        return process.exitValue();
    }

    String output()
    {
        try
        {
            return Files.readString(stdout);
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    /** A process that should be alive is not. */
    void checkAlive()
    {
        if (!process.isAlive())
        {
            throw failed("ended with exit code " + process.exitValue());
        }
    }

    DemoFailedException failed(final String what)
    {
        return new DemoFailedException("the " + name + " process " + what + "; its log is " + stderr + logTail());
    }

    /** SIGKILL; returns when the process is gone. */
    void kill()
    {
        process.destroyForcibly();
        await(Long.MAX_VALUE);
    }

    /** SIGTERM; returns whether the process ended by itself in time. */
    boolean terminate(final long timeoutMs)
    {
        process.toHandle().destroy();

        return await(timeoutMs);
    }

    boolean await(final long timeoutMs)
    {
        try
        {
            return process.waitFor(timeoutMs, TimeUnit.MILLISECONDS);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private String logTail()
    {
        final List<String> lines = new ArrayList<>();
        try (BufferedReader reader = Files.newBufferedReader(stderr, StandardCharsets.UTF_8))
        {
            for (String line = reader.readLine(); null != line; line = reader.readLine())
            {
                lines.add(line);
            }
        }
        catch (final IOException ex)
        {
            return "";
        }
        final StringBuilder tail = new StringBuilder();
        lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size())
            .forEach((line) -> tail.append(System.lineSeparator()).append("    ").append(line));

        return tail.toString();
    }

    /**
     * The process does not outlive the demo.
     */
    @Override
    public void close()
    {
        if (process.isAlive())
        {
            kill();
        }
    }
}
