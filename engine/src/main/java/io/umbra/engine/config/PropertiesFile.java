package io.umbra.engine.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Reads a Java properties file in UTF-8, and does not let a key that stands there twice pass.
 */
final class PropertiesFile
{
    private PropertiesFile()
    {
    }

    static Map<String, String> read(final Path file)
    {
        if (Files.isDirectory(file))
        {
            throw ConfigException.ofFile(file, "is a directory, not a configuration file", null);
        }
        final Map<String, String> entries = new TreeMap<>();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8))
        {
            new OnceOnlyProperties(entries).load(reader);
        }
        catch (final ConfigException ex)
        {
            throw ex.in(file);
        }
        catch (final NoSuchFileException ex)
        {
            throw ConfigException.ofFile(file, "there is no such configuration file", ex);
        }
        catch (final AccessDeniedException ex)
        {
            throw ConfigException.ofFile(file, "the configuration file may not be read: permission denied", ex);
        }
        catch (final CharacterCodingException ex)
        {
            throw ConfigException.ofFile(file, "the configuration file is not UTF-8 text", ex);
        }
        catch (final IllegalArgumentException ex)
        {
            throw ConfigException.ofFile(file, "the configuration file is malformed: " + ex.getMessage(), ex);
        }
        catch (final IOException ex)
        {
            throw ConfigException.ofFile(file, "the configuration file cannot be read: " + ex.getMessage(), ex);
        }

        return entries;
    }

    /**
     * Properties keep the last of two values without a word; the parser's calls of put tell.
     */
    private static final class OnceOnlyProperties extends Properties
    {
        private static final long serialVersionUID = 1L;
        private final transient Map<String, String> entries;

        OnceOnlyProperties(final Map<String, String> entries)
        {
            this.entries = entries;
        }

        @Override
        public synchronized Object put(final Object key, final Object value)
        {
            final String name = (String) key;
            if (null != entries.putIfAbsent(name, (String) value))
            {
                throw new ConfigException(name, (String) value, "one value; the key stands there twice");
            }

            return null;
        }

        @Override
        public synchronized boolean equals(final Object other)
        {
            return this == other;
        }

        @Override
        public synchronized int hashCode()
        {
            return System.identityHashCode(this);
        }
    }
}
