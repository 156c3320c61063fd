package io.umbra.engine.command;

import java.nio.charset.Charset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a person looks on.
 */
final class Terminal
{
    private static final String PROPERTY = "umbra.terminal";
    private static final String SIZE_PROPERTY = "umbra.terminal.size";
    private static final Pattern SIZE = Pattern.compile("(\\d{1,4}) (\\d{1,4})");
    private static final int DEFAULT_ROWS = 24;
    private static final int DEFAULT_COLUMNS = 80;
    /** Clears the screen and goes to its top left corner. */
    static final String CLEAR = "\033[H\033[2J\033[3J";

    /** Makes what is on the screen be written over, without a flicker. */
    static final String HOME = "\033[H\033[?25l";
    /** Ends a line of the screen: what was behind it goes. */
    static final String END_OF_LINE = "\033[K\n";
    /** Below the last line: what was there goes. */
    static final String END_OF_SCREEN = "\033[J";
    /** The cursor is seen again. */
    static final String LEAVE = "\033[?25h";

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

    /** Lines of the terminal, as it was when the command began. */
    static int rows()
    {
        return size(1, DEFAULT_ROWS);
    }

    /** Characters in a line of the terminal, as it was when the command began. */
    static int columns()
    {
        return size(2, DEFAULT_COLUMNS);
    }

    /** What the terminal can show. */
    static Charset charset()
    {
        final String name = System.getProperty("stdout.encoding", System.getProperty("native.encoding"));
        try
        {
            return null == name ? Charset.defaultCharset() : Charset.forName(name);
        }
        catch (final IllegalArgumentException ex)
        {
            return Charset.defaultCharset();
        }
    }

    private static int size(final int group, final int otherwise)
    {
        final Matcher size = SIZE.matcher(System.getProperty(SIZE_PROPERTY, ""));
        final int number = size.matches() ? Integer.parseInt(size.group(group)) : 0;
        return number > 0 ? number : otherwise;
    }
}
