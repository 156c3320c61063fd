package io.umbra.engine.command;

import io.umbra.engine.promotion.PromotionProgress;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Progress where no person looks on, in lines: each step as it begins, and every few seconds how it goes on.
 */
final class ProgressLines implements PromotionProgress
{
    static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);

    private final PrintWriter out;
    private final LongSupplier nanoClock;
    private String last = "";
    private long lastNs;

    /**
     * Nothing told yet.
     *
     * @param out       takes the lines.
     * @param nanoClock nanoseconds, from any begin.
     */
    ProgressLines(final PrintWriter out, final LongSupplier nanoClock)
    {
        this.out = out;
        this.nanoClock = nanoClock;
    }

    @Override
    public void onProgress(final String line)
    {
        final long nowNs = nanoClock.getAsLong();
        if (!step(line).equals(step(last)) || !line.equals(last) && nowNs - lastNs >= INTERVAL_NS)
        {
            last = line;
            lastNs = nowNs;
            out.println(line);
            out.flush();
        }
    }

    /** What stands before the colon is the step, what comes behind it how it goes on. */
    private static String step(final String line)
    {
        return line.split(":", 2)[0];
    }
}
