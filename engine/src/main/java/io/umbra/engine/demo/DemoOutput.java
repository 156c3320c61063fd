package io.umbra.engine.demo;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;

/**
 * What the demo says while it runs: on a terminal one line that is written over and over, elsewhere a plain line now
 * and then.
 */
public final class DemoOutput
{
    private static final long PLAIN_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);
    /** Back to the line's begin, and the line empty. */
    private static final String LINE_START = "\r\033[K";

    private final PrintWriter out;
    private final boolean isTerminal;
    private boolean isLineOpen;
    private long lastPlainNs = System.nanoTime() - PLAIN_INTERVAL_NS;

    /**
     * An output.
     *
     * @param out        to write to.
     * @param isTerminal whether a line can be written over.
     */
    public DemoOutput(final PrintWriter out, final boolean isTerminal)
    {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    /**
     * A line that stays.
     *
     * @param line without its end.
     */
    public void say(final String line)
    {
        endProgress();
        out.println(line);
        out.flush();
    }

    void progress(final String line)
    {
        if (isTerminal)
        {
            out.print(LINE_START + line);
            isLineOpen = true;
            out.flush();
        }
        else if (System.nanoTime() - lastPlainNs >= PLAIN_INTERVAL_NS)
        {
            lastPlainNs = System.nanoTime();
            out.println("  " + line);
            out.flush();
        }
    }

    private void endProgress()
    {
        if (isLineOpen)
        {
            out.print(LINE_START);
            isLineOpen = false;
        }
    }
}
