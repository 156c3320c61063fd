package io.umbra.engine.command;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * SIGTERM or SIGINT, as something that the main thread waits for. The JVM holds its end back until the command has
 * cleaned up and {@link #exit(int)} was called, and then ends with that exit code, where a JVM ended by a signal would
 * otherwise say 128 and the signal's number.
 */
final class ShutdownSignal implements AutoCloseable
{
    private static final AtomicReference<ShutdownSignal> RECEIVED = new AtomicReference<>();

    private final CountDownLatch received = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::onShutdown, "umbra-shutdown");
    private volatile int exitCode;

    ShutdownSignal()
    {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether the process was told to end. */
    boolean isReceived()
    {
        return 0 == received.getCount();
    }

    /**
     * Waits for the signal.
     *
     * @param timeoutMs milliseconds to wait at most.
     * @return true when the process was told to end.
     */
    boolean await(final long timeoutMs)
    {
        try
        {
            return received.await(timeoutMs, TimeUnit.MILLISECONDS);
        }
        catch (final InterruptedException ex)
        {
            // Somebody else's way of telling this thread to end.
            Thread.currentThread().interrupt();
            received.countDown();
            return true;
        }
    }

    /**
     * Ends the process; the last thing that the main thread does.
     *
     * @param code to exit with.
     */
    static void exit(final int code)
    {
        final ShutdownSignal signal = RECEIVED.get();
        if (null == signal)
        {
            System.exit(code);
        }
        else
        {
            signal.exitCode = code;
            signal.finished.countDown();
        }
    }

    private void onShutdown()
    {
        RECEIVED.set(this);
        received.countDown();
        try
        {
            finished.await();
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(exitCode);
    }

    /**
     * Stops listening, unless the signal has come.
     */
    @Override
    public void close()
    {
        try
        {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        catch (final IllegalStateException ex)
        {
            // The JVM is ending already and the hook waits for exit, whether or not it has come to say so.
            RECEIVED.set(this);
            received.countDown();
        }
    }
}
