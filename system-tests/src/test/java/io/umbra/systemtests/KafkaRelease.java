package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import org.apache.kafka.common.protocol.ApiKeys;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Kafka release: the one that all tests run against, and those of {@code old-brokers}. Up to 3.9 they are sources
 * here, from 4.0 on they open what is promoted.
 */
enum KafkaRelease
{
    /** With ZooKeeper, without topic ids, and before version 12, which let brokers compare histories. */
    V2_4("kafka-2.4", 11),
    /** The last before version 13, which brought topic ids into fetches. Its KRaft is a preview. */
    V3_0("kafka-3.0", 12),
    /** The first whose KRaft was said to be ready for production. */
    V3_3("kafka-3.3", 13),
    /** The last before 4.0. */
    V3_9("kafka-3.9", 17),
    /** The oldest that opens a promoted directory. */
    V4_0("kafka-4.0", 17),
    V4_1("kafka-4.1", 18),
    CURRENT(null, ApiKeys.FETCH.latestVersion());

    private static final String REQUEST_LOG = "-Dorg.slf4j.simpleLogger.log.kafka.request.logger=debug";
    /** As JSON since 2.8, as text before. */
    private static final Pattern FETCH = Pattern.compile(
        "\"requestApiKey\":1,\"requestApiVersion\":(\\d+),\"correlationId\":\\d+,\"clientId\":\"umbra-[^\"]*-shard-" +
        "|apiKey=FETCH, apiVersion=(\\d+), clientId=umbra-[^,]*-shard-");

    private final String module;
    private final int fetchVersion;

    KafkaRelease(final String module, final int fetchVersion)
    {
        this.module = module;
        this.fetchVersion = fetchVersion;
    }

    /** Highest version of fetches that its brokers offer. */
    int fetchVersion()
    {
        return fetchVersion;
    }

    /** A cluster whose brokers log each request. */
    KafkaCluster.Context cluster(final Path baseDir) throws IOException
    {
        final KafkaCluster.Context context = new KafkaCluster.Context().baseDir(baseDir).jvmArguments(REQUEST_LOG);
        if (null != module)
        {
            final String classPath = classPath();
            return V2_4 == this ? context.releaseWithZooKeeper(classPath) : context.otherRelease(classPath);
        }
        return context;
    }

    private String classPath() throws IOException
    {
        return Files.readString(
            JavaCommand.root().resolve("old-brokers").resolve(module).resolve("target").resolve("classpath"));
    }

    /** Lays the release out as its distribution does, as far as its jars go. */
    Path home(final Path dir) throws IOException
    {
        final Path libs = Files.createDirectories(dir.resolve("libs"));
        for (final String jar : classPath().trim().split(File.pathSeparator))
        {
            Files.createSymbolicLink(libs.resolve(Path.of(jar).getFileName()), Path.of(jar));
        }
        return dir;
    }

    /** The versions of the engines' fetches, by the broker's own log. */
    static Set<Integer> fetchVersionsSeen(final KafkaCluster cluster) throws IOException
    {
        final Set<Integer> versions = new TreeSet<>();
        try (Stream<String> lines = Files.lines(cluster.baseDir().resolve("broker-1").resolve("server.log")))
        {
            lines.map(FETCH::matcher).filter(Matcher::find)
                .forEach((matcher) -> versions.add(Integer.valueOf(
                    null == matcher.group(1) ? matcher.group(2) : matcher.group(1))));
        }
        return versions;
    }
}
