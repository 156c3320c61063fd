package io.umbra.engine.demo;

/**
 * The demo was told to end before its time, by Ctrl-C or SIGTERM.
 */
public final class DemoInterruptedException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    DemoInterruptedException()
    {
        super("interrupted");
    }
}
