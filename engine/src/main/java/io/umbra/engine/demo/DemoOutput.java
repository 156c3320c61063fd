package io.umbra.engine.demo;

import java.io.PrintWriter;

/**
 * What the demo says while it runs. Progress is one line that is written over and over on a terminal, and nothing into
 * a pipe.
 */
public final class DemoOutput
{
    /** Back to the line's begin, and the line empty. */
    private static final String LINE_START = "\r\033[K";

    private final PrintWriter out;
    private final boolean isTerminal;
    private boolean isLineOpen;

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
