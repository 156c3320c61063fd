package io.umbra.engine.command;

import io.umbra.engine.status.StatusText;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Shows how many bytes are done and how fast, while a person looks on.
 */
final class Throughput
{
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final double GIB = 1L << 30;

    private final PrintWriter err;
    private final long beginNs = System.nanoTime();
    private long nextNs = beginNs;
    private boolean isShown;

    Throughput(final PrintWriter err)
    {
        this.err = err;
    }

    void onBytes(final long bytes)
    {
        final long nowNs = System.nanoTime();
        if (nowNs - nextNs >= 0 && Terminal.isInteractive())
        {
            nextNs = nowNs + INTERVAL_NS;
            isShown = true;
            err.print(Terminal.CLEAR_LINE + StatusText.bytes(bytes) + ", " +
                rate(bytes, TimeUnit.NANOSECONDS.toMillis(nowNs - beginNs)));
            err.flush();
        }
    }

    void end()
    {
        if (isShown)
        {
            err.print(Terminal.CLEAR_LINE);
            err.flush();
        }
    }

    long tookMs()
    {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs);
    }

    static String rate(final long bytes, final long ms)
    {
        return String.format(Locale.ROOT, "%.2f GiB/s", bytes / GIB / Math.max(1, ms) * TimeUnit.SECONDS.toMillis(1));
    }
}
