package io.umbra.transport;

/**
 * The transport cannot be started: says what is missing and how much of it is needed.
 */
public final class TransportException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    /**
     * With a message for the operator.
     *
     * @param message one line.
     */
    public TransportException(final String message)
    {
        super(message);
    }

    /**
     * With a message for the operator and its cause.
     *
     * @param message one line.
     * @param cause   of the failure.
     */
    public TransportException(final String message, final Throwable cause)
    {
        super(message, cause);
    }
}
