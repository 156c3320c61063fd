package io.umbra.journal;

/**
 * The journal directory or a partition's directory cannot be used, and trying again will not help: it is in use by
 * another engine, belongs to another cluster, link or topic, or cannot be written. The message is one line for a user.
 */
public final class JournalException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    JournalException(final String message)
    {
        super(message);
    }

    JournalException(final String message, final Throwable cause)
    {
        super(message, cause);
    }
}
