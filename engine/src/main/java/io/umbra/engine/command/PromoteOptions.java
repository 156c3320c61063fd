package io.umbra.engine.command;

import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.promotion.KafkaRelease;
import io.umbra.engine.promotion.PromotionRequest;
import io.umbra.engine.source.SourceSettings;
import io.umbra.journal.LogExport;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What is to be promoted, whereto and how.
 */
final class PromoteOptions
{
    @Spec(Target.MIXEE)
    private CommandSpec spec;
    @Parameters(arity = "1..*", paramLabel = "CONFIG", description = "The link's configuration, one for each node.")
    private List<Path> configs;
    @Option(names = "--target", paramLabel = "DIR", required = true,
        description = "Directory of the new node; must be empty or not exist.")
    private List<Path> targets;
    @Option(names = "--node-id", paramLabel = "N", required = true, description = "Id of the new node, from 0 up.")
    private List<Integer> nodeIds;
    @Option(names = "--listeners", paramLabel = "NAME://HOST:PORT", required = true,
        description = "Where clients reach it, such as PLAINTEXT://db1:9092; comma-separated.")
    private List<String> listeners;
    @Option(names = "--controller-listener", paramLabel = "NAME://HOST:PORT", required = true,
        description = "Where controllers reach it, such as CONTROLLER://db1:9093.")
    private List<String> controllerListeners;
    @Option(names = "--as-of", paramLabel = "TIME",
        description = "Cut all partitions as they were at this time, such as 2026-11-23T10:00:00Z.")
    private String asOf;
    @Option(names = "--drain",
        description = "Wait until all that the source has is here. Stop producers and consumers before.")
    private boolean isDrain;
    @Option(names = "--drain-timeout", paramLabel = "SECONDS", defaultValue = "300",
        description = "How long to wait for that, in seconds from 1 up; 300 by default.")
    private int drainTimeoutS;
    @Option(names = "--drill", description = "A rehearsal: the link goes on, undisturbed.")
    private boolean isDrill;
    @Option(names = "--link", description = "Hard links; the shadow stays whole. The default.")
    private boolean isLink;
    @Option(names = "--copy", description = "Copies: onto another file system, too.")
    private boolean isCopy;
    @Option(names = "--move", description = "Hard links, and the shadow's logs are deleted at the end.")
    private boolean isMove;
    @Option(names = "--kafka-home", paramLabel = "DIR",
        description = "The Kafka that will open it, 4.0 or later; by default the release that Umbra brings along.")
    private Path kafkaHome;
    @Option(names = "--super-users", paramLabel = "LIST",
        description = "super.users of the new cluster, such as User:admin;User:ANONYMOUS. Needed with access rules.")
    private String superUsers;
    @Option(names = "--properties", paramLabel = "FILE",
        description = "Settings to be merged into server.properties: TLS, SASL, whatever the machine needs.")
    private Path propertiesFile;
    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "One such setting; wins over --properties.")
    private Map<String, String> settings = new TreeMap<>();

    PromotionRequest request(final Pattern topics)
    {
        if (isDrain && null != asOf)
        {
            throw wrong(
                "option '--drain' goes with the present, option '--as-of' with the past: allowed is one of them");
        }
        if (isDrain && isDrill)
        {
            throw wrong("option '--drain' is for the real thing: allowed is that or '--drill'");
        }
        if (drainTimeoutS < 1)
        {
            throw wrong("option '--drain-timeout' has value '" + drainTimeoutS + "': allowed is a number from 1 up");
        }

        return new PromotionRequest(
            nodes(),
            topics,
            asOf(),
            isDrain ? Duration.ofSeconds(drainTimeoutS) : null,
            isDrill,
            transfer(),
            superUsers,
            properties(),
            null == kafkaHome ? KafkaRelease.bundled() : KafkaRelease.of(kafkaHome));
    }

    /** Whether it is to wait until all is here. */
    boolean isDrain()
    {
        return isDrain;
    }

    private List<PromotionRequest.Node> nodes()
    {
        final int count = configs.size();
        for (final List<?> list : List.of(targets, nodeIds, listeners, controllerListeners))
        {
            if (list.size() != count)
            {
                throw wrong("CONFIG, --target, --node-id, --listeners and --controller-listener are given " + count +
                    ", " + targets.size() + ", " + nodeIds.size() + ", " + listeners.size() + " and " +
                    controllerListeners.size() + " times: allowed is once each for every node");
            }
        }
        final List<PromotionRequest.Node> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++)
        {
            nodes.add(new PromotionRequest.Node(
                UmbraConfig.load(configs.get(i), SourceSettings.knownNames()),
                targets.get(i),
                nodeIds.get(i),
                listeners.get(i),
                controllerListeners.get(i)));
        }

        return nodes;
    }

    private Instant asOf()
    {
        try
        {
            return null == asOf ? null : Instant.parse(asOf);
        }
        catch (final DateTimeParseException ex)
        {
            throw wrong("option '--as-of' has value '" + asOf + "': allowed is a time such as 2026-11-23T10:00:00Z");
        }
    }

    private LogExport.Transfer transfer()
    {
        if ((isLink ? 1 : 0) + (isCopy ? 1 : 0) + (isMove ? 1 : 0) > 1)
        {
            throw wrong("allowed is one of '--link', '--copy' and '--move'");
        }
        if (isMove && (isDrill || null != asOf))
        {
            throw wrong("option '--move' takes logs out of the shadow: not allowed with '" +
                (isDrill ? "--drill" : "--as-of") + "'");
        }

        return isMove ? LogExport.Transfer.MOVE : isCopy ? LogExport.Transfer.COPY : LogExport.Transfer.LINK;
    }

    private Properties properties()
    {
        final Properties properties = new Properties();
        if (null != propertiesFile)
        {
            try (Reader reader = Files.newBufferedReader(propertiesFile, StandardCharsets.UTF_8))
            {
                properties.load(reader);
            }
            catch (final IOException | IllegalArgumentException ex)
            {
                throw wrong("option '--properties' has value '" + propertiesFile +
                    "': allowed is a Java properties file: " + ex);
            }
        }
        properties.putAll(settings);

        return properties;
    }

    private ParameterException wrong(final String message)
    {
        return new ParameterException(spec.commandLine(), message);
    }
}
