package io.umbra.engine.source;

/**
 * What went wrong, with its causes, in one line for the operator.
 */
final class Causes
{
    private Causes()
    {
    }

    static String oneLine(final Throwable throwable)
    {
        final StringBuilder text = new StringBuilder(String.valueOf(throwable.getMessage()));
        for (Throwable cause = throwable.getCause(); null != cause; cause = cause.getCause())
        {
            if (null != cause.getMessage() && text.indexOf(cause.getMessage()) < 0)
            {
                text.append(": ").append(cause.getMessage());
            }
        }
        return text.toString().replace('\n', ' ');
    }
}
