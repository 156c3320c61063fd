package io.umbra.engine.demo;

/**
 * The demo could not go on; the message says what failed and where the log is.
 */
public final class DemoFailedException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    DemoFailedException(final String message)
    {
        super(message);
    }

    DemoFailedException(final String message, final Throwable cause)
    {
        super(message, cause);
    }
}
