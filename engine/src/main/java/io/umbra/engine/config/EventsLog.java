package io.umbra.engine.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where events go, and in which form: {@code events.log}.
 *
 * @param form of the events on stderr.
 * @param file absolute; gets each event as a line of JSON besides, or null.
 */
public record EventsLog(Form form, Path file)
{
    /**
     * Form of the events on stderr.
     */
    public enum Form
    {
        /** Lines for people. */
        TEXT,
        /** Lines of JSON. */
        JSON
    }

    static final String ALLOWED = "text, json (on stderr), or json:FILE (text on stderr, JSON at the end of the file)";
    private static final String FILE_PREFIX = "json:";

    static EventsLog parse(final String text)
    {
        if ("text".equals(text))
        {
            return new EventsLog(Form.TEXT, null);
        }
        if ("json".equals(text))
        {
            return new EventsLog(Form.JSON, null);
        }
        final String file = text.startsWith(FILE_PREFIX) ? text.substring(FILE_PREFIX.length()).trim() : "";
        if (file.isEmpty())
        {
            throw new IllegalArgumentException(text);
        }
        try
        {
            return new EventsLog(Form.TEXT, Path.of(file).toAbsolutePath().normalize());
        }
        catch (final InvalidPathException ex)
        {
            throw new IllegalArgumentException(text, ex);
        }
    }
}
