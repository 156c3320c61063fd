package io.umbra.engine.command;

/**
 * Whether a person looks on.
 */
final class Terminal
{
    private static final String PROPERTY = "umbra.terminal";
    /** Clears the screen and goes to its top left corner. */
    static final String CLEAR = "\033[H\033[2J\033[3J";

    /** Goes to the begin of the line and empties it. */
    static final String CLEAR_LINE = "\r\033[K";

    private Terminal()
    {
    }

    /** Whether stdout is a terminal, which bin/umbra knows better than the JVM. */
    static boolean isInteractive()
    {
        final String property = System.getProperty(PROPERTY);
        return null == property ? null != System.console() : Boolean.parseBoolean(property);
    }
}
