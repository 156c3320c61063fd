package io.umbra.engine.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The entries of a configuration file as typed values: each method takes a key's value or its default, checks it, and
 * throws a {@link ConfigException} that says what is allowed.
 */
final class ConfigValues
{
    private final Map<String, String> entries;

    ConfigValues(final Map<String, String> entries)
    {
        this.entries = entries;
    }

    boolean has(final ConfigKey key)
    {
        return entries.containsKey(key.key());
    }

    /** The value as text without the space around it; never empty for a required key. */
    String text(final ConfigKey key)
    {
        final String value = entries.get(key.key());
        if (null == value)
        {
            if (null == key.defaultValue())
            {
                throw new ConfigException(key.key(), null, "a value; the key is required");
            }

            return key.defaultValue();
        }
        if (null == key.defaultValue() && value.isBlank())
        {
            throw new ConfigException(key.key(), value, "anything but an empty value; the key is required");
        }

        return value.trim();
    }

    long size(final ConfigKey key, final long min, final long max)
    {
        final String allowed = "a number of bytes, or of KiB, MiB or GiB, from " + min +
            (Long.MAX_VALUE == max ? " up" : " to " + max);
        return ranged(key, Size::parse, min, max, allowed);
    }

    long millis(final ConfigKey key, final long min, final long max)
    {
        return ranged(key, Long::parseLong, min, max, "a number of milliseconds from " + min + " to " + max);
    }

    boolean bool(final ConfigKey key)
    {
        return parse(key, "true or false", (text) ->
        {
            if (!"true".equals(text) && !"false".equals(text))
            {
                throw new IllegalArgumentException(text);
            }

            return Boolean.valueOf(text);
        });
    }

    <E extends Enum<E>> E choice(final ConfigKey key, final Class<E> type)
    {
        final StringBuilder allowed = new StringBuilder();
        for (final E constant : type.getEnumConstants())
        {
            final String name = constant.name().toLowerCase(Locale.ROOT);
            if (name.equals(text(key)))
            {
                return constant;
            }
            allowed.append(allowed.length() > 0 ? ", " : "").append(name);
        }

        throw new ConfigException(key.key(), text(key), "one of " + allowed);
    }

    Path path(final ConfigKey key, final Path otherwise)
    {
        if (text(key).isEmpty())
        {
            return otherwise;
        }
        try
        {
            return Path.of(text(key)).toAbsolutePath().normalize();
        }
        catch (final InvalidPathException ex)
        {
            throw new ConfigException(key.key(), text(key), "the path of a directory");
        }
    }

    /** Any form that has a parser; the parser throws IllegalArgumentException for what is not allowed. */
    <T> T parse(final ConfigKey key, final String allowed, final Function<String, T> parser)
    {
        try
        {
            return parser.apply(text(key));
        }
        catch (final ConfigException ex)
        {
            throw ex;
        }
        catch (final IllegalArgumentException ex)
        {
            throw new ConfigException(key.key(), text(key), allowed);
        }
    }

    private long ranged(
        final ConfigKey key,
        final Function<String, Long> parser,
        final long min,
        final long max,
        final String allowed)
    {
        final long value = parse(key, allowed, parser);
        if (value < min || value > max)
        {
            throw new ConfigException(key.key(), text(key), allowed);
        }

        return value;
    }
}
