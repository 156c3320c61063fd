package io.umbra.engine.promotion;

import org.apache.kafka.server.common.MetadataVersion;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The Kafka release that will open a promoted directory, and the metadata version that is written for it: a release
 * opens those of earlier ones from 4.0 on, and none of later ones.
 */
public final class KafkaRelease
{
    private static final Pattern JAR =
        Pattern.compile("kafka(?:-server-common|_2\\.1[23])-(\\d+)\\.(\\d+)[.-].*\\.jar");
    private static final int OLDEST_MAJOR = 4;

    private final Path home;
    private final MetadataVersion metadataVersion;

    private KafkaRelease(final Path home, final MetadataVersion metadataVersion)
    {
        this.home = home;
        this.metadataVersion = metadataVersion;
    }

    /**
     * The release that Umbra brings along.
     *
     * @return it.
     */
    public static KafkaRelease bundled()
    {
        return new KafkaRelease(null, MetadataVersion.latestProduction());
    }

    /**
     * An installed one.
     *
     * @param home its directory, with {@code bin} and {@code libs}.
     * @return it.
     * @throws PromotionRefusedException if there is none, or one that is too old.
     */
    public static KafkaRelease of(final Path home)
    {
        final Matcher found = find(home);
        final int major = Integer.parseInt(found.group(1));
        final String release = found.group(1) + "." + found.group(2);
        if (major < OLDEST_MAJOR)
        {
            throw new PromotionRefusedException("option '--kafka-home' has value '" + home + "': that is Kafka " +
                release + "; allowed is 4.0 or later");
        }

        return new KafkaRelease(home.toAbsolutePath().normalize(), metadataVersion(release));
    }

    private static Matcher find(final Path home)
    {
        try (Stream<Path> jars = Files.list(home.resolve("libs")))
        {
            return jars.map((jar) -> JAR.matcher(jar.getFileName().toString()))
                .filter(Matcher::matches)
                .findFirst()
                .orElseThrow(() -> notHome(home, null));
        }
        catch (final IOException ex)
        {
            throw notHome(home, ex);
        }
    }

    private static PromotionRefusedException notHome(final Path home, final IOException cause)
    {
        return new PromotionRefusedException("option '--kafka-home' has value '" + home +
            "': allowed is the directory of a Kafka distribution; there is no kafka-server-common-*.jar in its libs",
            cause);
    }

    /** A later release than Umbra knows opens what the latest known one writes. */
    private static MetadataVersion metadataVersion(final String release)
    {
        try
        {
            return MetadataVersion.fromVersionString(release, false);
        }
        catch (final IllegalArgumentException ex)
        {
            return MetadataVersion.latestProduction();
        }
    }

    /**
     * Looks whether its broker can be started.
     *
     * @throws PromotionRefusedException if not.
     */
    public void checkStart()
    {
        if (null != home && !Files.isExecutable(startScript()))
        {
            throw new PromotionRefusedException("option '--kafka-home' has value '" + home +
                "': with --start allowed is the directory of a Kafka distribution that can be started; " +
                startScript() + " is no program");
        }
    }

    /** Starts a broker with the settings in a file; null for the release that Umbra brings along. */
    Path startScript()
    {
        return null == home ? null : home.resolve("bin").resolve("kafka-server-start.sh");
    }

    MetadataVersion metadataVersion()
    {
        return metadataVersion;
    }
}
