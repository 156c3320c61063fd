package io.umbra.jmh.rig;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process of a benchmark. Its output goes to a file; it does not outlive the benchmark.
 */
final class Child implements AutoCloseable
{
    private static final int STOP_TIMEOUT_S = 60;
    private static final int TAIL_CHARS = 4000;

    private final Process process;
    private final Path log;
    private final Thread hook;

    private Child(final Process process, final Path log)
    {
        this.process = process;
        this.log = log;
        hook = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Starts a Java program on this one's class path.
     *
     * @param log        for its output.
     * @param jvmOptions besides those of this process.
     * @param main       class of the program.
     * @param arguments  of the program.
     * @return the running process.
     * @throws IOException if it does not start.
     */
    static Child java(
        final Path log, final List<String> jvmOptions, final String main, final String... arguments) throws IOException
    {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter((argument) -> argument.startsWith("--"))
            .forEach(command::add);
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(List.of(arguments));
        return start(log, command);
    }

    /**
     * Starts any program.
     *
     * @param log     for its output.
     * @param command to run.
     * @return the running process.
     * @throws IOException if it does not start.
     */
    static Child start(final Path log, final List<String> command) throws IOException
    {
        return new Child(new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start(), log);
    }

    /**
     * Runs a program to its end.
     *
     * @param command to run.
     * @return its exit code.
     * @throws IOException          if it does not start.
     * @throws InterruptedException if interrupted.
     */
    static int run(final String... command) throws IOException, InterruptedException
    {
        return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    }

    long pid()
    {
        return process.pid();
    }

    boolean isAlive()
    {
        return process.isAlive();
    }

    String output()
    {
        try
        {
            return Files.readString(log);
        }
        catch (final IOException ex)
        {
            return ex.toString();
        }
    }

    /** Waits for its end; returns its exit code. */
    int awaitExit() throws InterruptedException
    {
        return process.waitFor();
    }

    void checkAlive() throws IOException
    {
        if (!process.isAlive())
        {
            final String output = output();
            throw new IOException("process ended with " + process.exitValue() + ":\n" +
                output.substring(Math.max(0, output.length() - TAIL_CHARS)));
        }
    }

    /** SIGTERM, and SIGKILL when that does not help. */
    @Override
    public void close()
    {
        process.toHandle().destroy();
        try
        {
            if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS))
            {
                process.destroyForcibly().waitFor();
            }
        }
        catch (final InterruptedException ex)
        {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
