package io.umbra.journal;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** Small files of keys and values, in the format of {@link Properties} and without its date. */
final class PropertiesText
{
    private PropertiesText()
    {
    }

    static void append(final StringBuilder text, final String key, final String value)
    {
        final String escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
        text.append(key).append('=').append(escaped.startsWith(" ") ? "\\" : "").append(escaped).append('\n');
    }

    /** A value that must be there. */
    static String value(final Properties properties, final String key)
    {
        final String value = properties.getProperty(key);
        if (value == null)
        {
            throw new IllegalArgumentException(key + " is missing");
        }
        return value;
    }

    /** Reads a file; one that is malformed is an I/O error that names it. */
    static Properties read(final Path file) throws IOException
    {
        final Properties properties = new Properties();
        try
        {
            properties.load(new StringReader(Files.readString(file, StandardCharsets.UTF_8)));
        }
        catch (final IllegalArgumentException ex)
        {
            throw new IOException(file + " is malformed: " + ex.getMessage(), ex);
        }
        return properties;
    }
}
