package io.umbra.systemtests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** An engine ({@code umbra run}) in a process of its own. */
final class EngineProcess implements AutoCloseable
{
    private static final long EXIT_TIMEOUT_S = 60;
    private static final int TAIL_CHARS = 4000;
    private static final Pattern UNEXPECTED = Pattern.compile("\\b(ERROR|SEVERE|FATAL)\\b|Exception|\\bError:");

    private final Process process;
    private final Path errorFile;
    private final List<String> outLines = new CopyOnWriteArrayList<>();
    private final Thread shutdownHook;

    EngineProcess(final List<String> command, final Path errorFile) throws IOException
    {
        this.errorFile = errorFile;
        process = new ProcessBuilder(command).redirectError(errorFile.toFile()).start();
        shutdownHook = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(shutdownHook);
        final Thread reader = new Thread(this::readOut, "engine-stdout");
        reader.setDaemon(true);
        reader.start();
    }

    private void readOut()
    {
        try (BufferedReader reader = process.inputReader())
        {
            reader.lines().forEach(outLines::add);
        }
        catch (final IOException | UncheckedIOException ex)
        {
            // A killed process takes its pipe with it; what it said before is kept.
            outLines.add("(end of output)");
        }
    }

    /** Waits for the line {@code ready}. */
    void awaitReady() throws Exception
    {
        Await.until(() -> isReady() || !process.isAlive(), () -> "ready; standard error ends with\n" + stderrTail());
        if (!isReady())
        {
            throw new AssertionError("the engine ended with " + process.waitFor() + ":\n" + stderrTail());
        }
    }

    boolean isReady()
    {
        return outLines.contains("ready");
    }

    boolean isAlive()
    {
        return process.isAlive();
    }

    long pid()
    {
        return process.pid();
    }

    /** True when the engine ended within this time of itself. */
    boolean endsWithin(final long milliseconds) throws InterruptedException
    {
        return process.waitFor(milliseconds, TimeUnit.MILLISECONDS);
    }

    /** SIGKILL; returns when the process is gone. */
    void kill9() throws InterruptedException
    {
        process.destroyForcibly();
        awaitExit();
    }

    /** SIGTERM; returns the exit code. */
    int terminate() throws InterruptedException
    {
        // Not Process.destroy(): that closes the pipe from which what it says last is read.
        process.toHandle().destroy();
        return awaitExit();
    }

    int awaitExit() throws InterruptedException
    {
        if (!process.waitFor(EXIT_TIMEOUT_S, TimeUnit.SECONDS))
        {
            throw new AssertionError("the engine still runs after " + EXIT_TIMEOUT_S + " s:\n" + stderrTail());
        }
        return process.exitValue();
    }

    /** What the engine printed on standard output so far. */
    List<String> stdout()
    {
        return List.copyOf(outLines);
    }

    String stderr()
    {
        try
        {
            return Files.readString(errorFile);
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    /** Lines of standard error that a run without incidents must not have. */
    List<String> unexpectedLines()
    {
        return stderr().lines().filter((line) -> UNEXPECTED.matcher(line).find()).toList();
    }

    boolean said(final String regex)
    {
        return Pattern.compile(regex).matcher(stderr()).find();
    }

    String stderrTail()
    {
        final String text = stderr();
        return text.substring(Math.max(0, text.length() - TAIL_CHARS));
    }

    /** Ends the engine if the test has not: with SIGKILL, since then the test has failed. */
    @Override
    public void close()
    {
        process.destroyForcibly();
        try
        {
            process.waitFor();
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(shutdownHook);
    }
}
