package io.umbra.engine.source;

/**
 * The source does not answer, for now.
 */
public class SourceUnavailableException extends Exception
{
    private static final long serialVersionUID = 1L;

    /**
     * With a message for the operator.
     *
     * @param message one line.
     * @param cause   may be null.
     */
    public SourceUnavailableException(final String message, final Throwable cause)
    {
        super(message, cause);
    }

    /**
     * The source answers, but refuses the credentials; trying again with the same ones will not help.
     */
    public static final class Authentication extends SourceUnavailableException
    {
        private static final long serialVersionUID = 1L;

        /**
         * With a message for the operator.
         *
         * @param message one line.
         * @param cause   that Kafka's client gave.
         */
        public Authentication(final String message, final Throwable cause)
        {
            super(message, cause);
        }
    }
}
