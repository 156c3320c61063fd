package io.umbra.engine.promotion;

/**
 * What was asked for cannot be done, and nothing has been changed. The message is one line for the operator.
 */
public final class PromotionRefusedException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    PromotionRefusedException(final String message)
    {
        super(message);
    }

    PromotionRefusedException(final String message, final Throwable cause)
    {
        super(message, cause);
    }
}
