package io.umbra.engine.config;

import org.agrona.BitUtil;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.zip.CRC32C;

/**
 * The forms of single values that are more than a number or a choice: each parser throws IllegalArgumentException for
 * what is not allowed.
 */
final class ConfigForms
{
    static final long DAY_MS = 86_400_000L;
    static final int MAX_SHARDS = 256;
    static final String SHARDS_ALLOWED = "auto or a number from 1 to " + MAX_SHARDS;
    static final String OPEN_PARTITIONS_ALLOWED = "auto or a number from 1 up";
    static final String LINK_NAME_ALLOWED =
        "1 to 64 letters, digits, dots, dashes and underscores, the first one a letter or digit";
    static final String RATE_LIMIT_ALLOWED = "none, or a number of bytes, or of KiB, MiB or GiB, from 1 up";
    static final String TERM_LENGTH_ALLOWED = "a power of two from 64KiB to 1GiB";
    static final String METRICS_LISTEN_ALLOWED = "off or HOST:PORT such as 127.0.0.1:9404";

    static final String BOOTSTRAP_ALLOWED = "HOST:PORT pairs with commas between, such as broker1:9092,broker2:9092";

    private static final String REGEX_ALLOWED = "comma-separated regular expressions";
    private static final long DEFAULT_FETCH_BUFFER_BYTES =
        Size.parse(ConfigKey.FETCH_BUFFER_BYTES.defaultValue());
    private static final int MIN_TERM_LENGTH = 64 * 1024;
    private static final int MAX_TERM_LENGTH = 1024 * 1024 * 1024;
    private static final int MAX_PORT = 65_535;
    private static final Pattern LINK_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern BOOTSTRAP_SERVERS =
        Pattern.compile("\\s*[^\\s,/]+:\\d{1,5}\\s*(,\\s*[^\\s,/]+:\\d{1,5}\\s*)*");
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private ConfigForms()
    {
    }

    static String parseLinkName(final String text)
    {
        if (!LINK_NAME.matcher(text).matches())
        {
            throw new IllegalArgumentException(text);
        }

        return text;
    }

    static TopicFilter names(final ConfigValues values, final ConfigKey includes, final ConfigKey excludes)
    {
        return new TopicFilter(patterns(values, includes), patterns(values, excludes));
    }

    private static List<Pattern> patterns(final ConfigValues values, final ConfigKey key)
    {
        final String text = values.text(key);
        try
        {
            return TopicFilter.parse(text);
        }
        catch (final PatternSyntaxException ex)
        {
            throw new ConfigException(
                key.key(), text, REGEX_ALLOWED + ", and '" + ex.getPattern() + "' is none: " + ex.getDescription());
        }
    }

    static String parseBootstrapServers(final String text)
    {
        if (!BOOTSTRAP_SERVERS.matcher(text).matches())
        {
            throw new IllegalArgumentException(text);
        }

        return text;
    }

    static int parseShards(final String text)
    {
        if ("auto".equals(text))
        {
            return Math.min(MAX_SHARDS, Runtime.getRuntime().availableProcessors());
        }
        final int shards = Integer.parseInt(text);
        if (shards < 1 || shards > MAX_SHARDS)
        {
            throw new IllegalArgumentException(text);
        }

        return shards;
    }

    static int parseOpenPartitions(final String text)
    {
        final int partitions = "auto".equals(text) ? OpenFilesLimit.partitions() : Integer.parseInt(text);
        if (partitions < 1)
        {
            throw new IllegalArgumentException(text);
        }
        return partitions;
    }

    static OptionalLong parseRateLimit(final String text)
    {
        if ("none".equals(text))
        {
            return OptionalLong.empty();
        }
        final long limit = Size.parse(text);
        if (limit < 1)
        {
            throw new IllegalArgumentException(text);
        }

        return OptionalLong.of(limit);
    }

    static int parseTermLength(final String text)
    {
        final long length = Size.parse(text);
        if (length < MIN_TERM_LENGTH || length > MAX_TERM_LENGTH || !BitUtil.isPowerOfTwo((int) length))
        {
            throw new IllegalArgumentException(text);
        }

        return (int) length;
    }

    static Optional<InetSocketAddress> parseListen(final String text)
    {
        if ("off".equals(text))
        {
            return Optional.empty();
        }
        final int colon = text.lastIndexOf(':');
        if (colon < 1)
        {
            throw new IllegalArgumentException(text);
        }
        final int port = Integer.parseInt(text.substring(colon + 1));
        if (port < 0 || port > MAX_PORT)
        {
            throw new IllegalArgumentException(text);
        }
        final String host = text.substring(0, colon).replaceFirst("^\\[(.*)]$", "$1");

        return Optional.of(InetSocketAddress.createUnresolved(host, port));
    }

    /** Without a value of its own it follows fetch.max.bytes: one response in hand, and one on the wire. */
    static long fetchBufferBytes(final ConfigValues values, final int fetchMaxBytes)
    {
        if (!values.has(ConfigKey.FETCH_BUFFER_BYTES))
        {
            return Math.max(DEFAULT_FETCH_BUFFER_BYTES, 2L * fetchMaxBytes);
        }

        return values.size(ConfigKey.FETCH_BUFFER_BYTES, fetchMaxBytes, Long.MAX_VALUE);
    }

    /** Different for every journal, so that two links, or two engines on one machine, do not meet. */
    static Path defaultAeronDir(final String linkName, final Path journalDir)
    {
        final CRC32C crc = new CRC32C();
        crc.update(journalDir.toString().getBytes(StandardCharsets.UTF_8));
        final Path parent =
            Files.isDirectory(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));

        return parent.resolve(String.format("umbra-%s-%08x", linkName, crc.getValue()));
    }
}
