package io.umbra.engine;

/**
 * The engine cannot start or go on with this configuration: one line for the operator, who must change something.
 */
public final class EngineStartException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    /**
     * With a message for the operator.
     *
     * @param message one line.
     * @param cause   may be null.
     */
    public EngineStartException(final String message, final Throwable cause)
    {
        super(message, cause);
    }
}
