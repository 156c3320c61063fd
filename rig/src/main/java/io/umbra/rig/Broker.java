package io.umbra.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One broker process: its directory, how it is started, and how it ends. Not thread safe; {@link KafkaCluster} guards
 * it.
 */
final class Broker
{
    private static final int LOG_TAIL_BYTES = 4096;
    private final int id;
    private final List<String> command;
    private final Path logFile;
    private final Path dataDir;
    private final int internalPort;
    private Process process;

    Broker(final int id, final List<String> command, final Path logFile, final Path dataDir, final int internalPort)
    {
        this.id = id;
        this.command = command;
        this.logFile = logFile;
        this.dataDir = dataDir;
        this.internalPort = internalPort;
    }

    int id()
    {
        return id;
    }

    Path dataDir()
    {
        return dataDir;
    }

    /** Port of the listener that is never secured. */
    int internalPort()
    {
        return internalPort;
    }

    void start()
    {
        if (isAlive())
        {
            throw new IllegalStateException("broker " + id + " is running already");
        }
        try
        {
            process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()))
                .start();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException("broker " + id + " does not start", ex);
        }
    }

    boolean isAlive()
    {
        return null != process && process.isAlive();
    }

    long pid()
    {
        if (null == process)
        {
            throw new IllegalStateException("broker " + id + " was never started");
        }
        return process.pid();
    }

    /** SIGKILL; returns when the process is gone. */
    void kill()
    {
        if (null != process)
        {
            process.destroyForcibly();
            await(Duration.ofSeconds(30));
        }
    }

    /** SIGTERM: a controlled shutdown. */
    void stop(final Duration timeout)
    {
        if (null != process)
        {
            // Not Process.destroy(): that closes standard input, and the guard in the broker would take it for our end.
            process.toHandle().destroy();
            if (!await(timeout))
            {
                final String tail = logTail();
                kill();
                throw new IllegalStateException(
                    "broker " + id + " did not stop within " + timeout + " and was killed:\n" + tail);
            }
        }
    }

    private boolean await(final Duration timeout)
    {
        try
        {
            return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The last few KiB of what the broker logged. */
    String logTail()
    {
        try
        {
            final byte[] bytes = Files.exists(logFile) ? Files.readAllBytes(logFile) : new byte[0];
            final int from = Math.max(0, bytes.length - LOG_TAIL_BYTES);
            return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
        }
        catch (final IOException ex)
        {
            return "(log " + logFile + " cannot be read: " + ex + ')';
        }
    }
}
