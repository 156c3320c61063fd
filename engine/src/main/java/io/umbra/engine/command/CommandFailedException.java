package io.umbra.engine.command;

/**
 * A command ran and could not do what it was asked for; the message is for the user.
 */
final class CommandFailedException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    CommandFailedException(final int exitCode, final String message, final Throwable cause)
    {
        super(message, cause);
        this.exitCode = exitCode;
    }

    int exitCode()
    {
        return exitCode;
    }
}
