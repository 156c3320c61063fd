package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.ShadowCheck;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Sources that run old releases of Kafka, and sources that still hold what much older ones wrote. */
class OldSourcesTest
{
    private static final int RECORDS_PER_PRODUCER = 120;
    private static final String TOPIC = "old";
    private static final Instant OLD_TIME = Instant.parse("2015-11-23T10:00:00Z");
    private static final String LATER_TIME = "2016-01-01T00:00:00Z";
    private static final List<String> OLD_VALUES = List.of("first", "second", "third");
    private static final TopicPartition FORMAT_0 = new TopicPartition(TOPIC, 0);
    private static final TopicPartition FORMAT_1 = new TopicPartition(TOPIC, 1);
    private static final TopicPartition FORMAT_1_GZIP = new TopicPartition(TOPIC, 2);
    private static final Set<TopicPartition> OLD_FORMATS = Set.of(FORMAT_0, FORMAT_1, FORMAT_1_GZIP);
    private static final int PARTITIONS = 5;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @ParameterizedTest
    @EnumSource(value = KafkaRelease.class, names = {"V2_4", "V3_0", "V3_3", "V3_9"})
    void aShadowOfAnOldReleaseIsIdentical(final KafkaRelease release) throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(release.cluster(dir.resolve("cluster"))))
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            final Workload.Context context = new Workload.Context()
                .cluster(cluster)
                .variants(ProducerVariant.all())
                .recordBytes(0, 100_000)
                .recordsPerProducer(RECORDS_PER_PRODUCER)
                .topic(TopicSpec.of("orders", 3))
                .topic(TopicSpec.of("audit", 2).with("message.timestamp.type", "LogAppendTime"));
            try (Workload workload = new Workload(context).createTopics();
                EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                workload.start().awaitRecords(500);
                workload.pause();
                cluster.stop(1);
                cluster.restart(1);
                workload.resume();
                workload.awaitEnd();

                Shadowed.assertIdentical(cluster, link);
                UmbraCommand.assertVerified(config);
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of("ready"), engine.stdout());
            }
            // With ZooKeeper, a broker that comes back alone leads on in the same epoch.
            final int epochs = KafkaRelease.V2_4 == release ? 1 : 2;
            assertEpochsAndTopicIds(cluster, link, Map.of("orders", 3, "audit", 2), epochs);
            LedgerView.read(config).assertContiguous();
            assertEquals(Set.of(release.fetchVersion()), KafkaRelease.fetchVersionsSeen(cluster));
        }
    }

    private static void assertEpochsAndTopicIds(
        final KafkaCluster cluster, final LinkConfig link, final Map<String, Integer> topics, final int leastEpochs)
        throws Exception
    {
        final Map<String, TopicDescription> atSource =
            cluster.admin().describeTopics(topics.keySet()).allTopicNames().get();
        for (final Map.Entry<String, Integer> topic : topics.entrySet())
        {
            for (int partition = 0; partition < topic.getValue(); partition++)
            {
                final Path shadow = link.journalDir().resolve(topic.getKey() + '-' + partition);
                final List<String> epochs = Files.readAllLines(shadow.resolve("leader-epoch-checkpoint"));
                assertTrue(Integer.parseInt(epochs.get(1)) >= leastEpochs, () -> shadow + ": " + epochs);
                final String metadata = Files.readString(shadow.resolve("partition.metadata"));
                final String id = atSource.get(topic.getKey()).topicId().toString();
                assertTrue(metadata.contains("topic_id: " + id), () -> shadow + ": " + metadata + ", not " + id);
            }
        }
    }

    /** Fetches by name do not tell one from the other: the ids of the metadata do. */
    @Test
    void aTopicCreatedAnewIsNotMixedWithTheEarlierOne() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(KafkaRelease.V3_0.cluster(dir.resolve("cluster"))))
        {
            create(cluster);
            write(cluster, 1);
            final String earlierId = topicId(cluster);
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(cluster, link);
                final List<byte[]> before = logs(link.journalDir());
                cluster.admin().deleteTopics(List.of(TOPIC)).all().get();
                final JsonNode[] last = new JsonNode[1];
                Await.until(() ->
                {
                    last[0] = UmbraCommand.json("status", config.toString(), "--json");
                    return "SOURCE_DELETED".equals(last[0].get("topics").get(0).get("state").asText());
                }, () -> "SOURCE_DELETED: " + last[0]);

                create(cluster);
                write(cluster, 2);
                write(cluster, 3);
                final Path retired = link.journalDir().resolve("retired").resolve(earlierId);
                Await.until(() -> Files.isDirectory(retired.resolve(TOPIC + '-' + (PARTITIONS - 1))),
                    engine::stderrTail);
                Shadowed.assertIdentical(cluster, link);
                UmbraCommand.assertVerified(config);
                final List<byte[]> after = logs(retired);
                for (int partition = 0; partition < PARTITIONS; partition++)
                {
                    assertTrue(before.get(partition).length > 0);
                    assertArrayEquals(before.get(partition), after.get(partition), TOPIC + '-' + partition);
                }
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertEquals(Set.of(12), KafkaRelease.fetchVersionsSeen(cluster));
        }
    }

    /** Nobody has looked at the metadata yet: the broker itself is asked before anything of an answer is taken. */
    @Test
    void whatATopicCreatedAnewHasAtTheSameOffsetsIsNotTakenForTheEarlierOnes() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(KafkaRelease.V3_0.cluster(dir.resolve("cluster"))))
        {
            create(cluster);
            write(cluster, 1);
            final String earlierId = topicId(cluster);
            final LinkConfig link = new LinkConfig(dir).source(cluster).set("topics.refresh.interval.ms", "600000");
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(cluster, link);
                final List<byte[]> before = logs(link.journalDir());
                assertEquals(0, UmbraCommand.run("pause", config.toString()).exit());
                cluster.admin().deleteTopics(List.of(TOPIC)).all().get();
                Await.until(() -> !cluster.admin().listTopics().names().get().contains(TOPIC), () -> "it to go");
                create(cluster);
                for (int seed = 2; seed < 5; seed++)
                {
                    // Beyond the shadow's end.
                    write(cluster, seed);
                }
                assertEquals(0, UmbraCommand.run("resume", config.toString()).exit());
                Told.assertTold(link, "TOPIC_RECREATED", 1, 1);
                Shadowed.assertIdentical(cluster, link);
                UmbraCommand.assertVerified(config);
                final List<byte[]> after = logs(link.journalDir().resolve("retired").resolve(earlierId));
                for (int partition = 0; partition < PARTITIONS; partition++)
                {
                    assertTrue(before.get(partition).length > 0);
                    assertArrayEquals(before.get(partition), after.get(partition), TOPIC + '-' + partition);
                }
                Told.assertTold(link, "DIVERGENCE", 0, 0);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertEquals(Set.of(12), KafkaRelease.fetchVersionsSeen(cluster));
        }
    }

    private static void create(final KafkaCluster cluster) throws Exception
    {
        cluster.admin().createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
        Await.until(() -> IntStream.range(0, PARTITIONS).allMatch((partition) ->
            Files.isDirectory(sourceDir(cluster, new TopicPartition(TOPIC, partition)))),
            () -> "the topic's directories");
    }

    private static String topicId(final KafkaCluster cluster) throws Exception
    {
        return cluster.admin().describeTopics(List.of(TOPIC)).allTopicNames().get().get(TOPIC).topicId().toString();
    }

    private static List<byte[]> logs(final Path dir) throws IOException
    {
        final List<byte[]> logs = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            final List<Path> segments = SegmentFile.of(dir.resolve(TOPIC + '-' + partition));
            assertEquals(1, segments.size());
            logs.add(Files.readAllBytes(segments.get(0)));
        }
        return logs;
    }

    @ParameterizedTest
    @EnumSource(value = KafkaRelease.class, names = {"V3_9", "CURRENT"})
    void anOldMessageFormatFaultsItsPartitionAlone(final KafkaRelease release) throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(release.cluster(dir.resolve("cluster"))))
        {
            create(cluster);
            cluster.stop(1);
            replaceLog(sourceDir(cluster, FORMAT_0), OldMessages.set(0, -1, OLD_VALUES));
            replaceLog(sourceDir(cluster, FORMAT_1), OldMessages.set(1, OLD_TIME.toEpochMilli(), OLD_VALUES));
            replaceLog(sourceDir(cluster, FORMAT_1_GZIP),
                OldMessages.compressedSet(OLD_TIME.toEpochMilli(), OLD_VALUES));
            cluster.restart(1);
            OLD_FORMATS.forEach((partition) -> assertEquals(OLD_VALUES, consume(cluster, partition)));
            write(cluster, 1);

            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                awaitFaults(config);
                assertIdenticalButFor(OLD_FORMATS, cluster, link);
                write(cluster, 2);
                assertIdenticalButFor(OLD_FORMATS, cluster, link);
                awaitFaults(config);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertNothingJournaled(link, LedgerView.read(config));
            assertAStartOffsetPastThemIsTheWayRound(cluster);
        }
    }

    private static Path sourceDir(final KafkaCluster cluster, final TopicPartition partition)
    {
        return cluster.logDir(1).resolve(partition.toString());
    }

    /** What an upgraded broker has: a segment of old messages, and a new one after it. */
    private static void replaceLog(final Path partitionDir, final byte[] messages) throws IOException
    {
        final Path log = SegmentFile.of(partitionDir).get(0);
        assertEquals(0, Files.size(log));
        Files.write(log, messages);
        Files.setLastModifiedTime(log, FileTime.from(OLD_TIME));
        for (final String suffix : List.of(".index", ".timeindex"))
        {
            Files.deleteIfExists(log.resolveSibling(log.getFileName().toString().replace(".log", suffix)));
        }
        Files.createFile(partitionDir.resolve(String.format("%020d.log", OLD_VALUES.size())));
    }

    /** The source does serve them. */
    private static List<String> consume(final KafkaCluster cluster, final TopicPartition partition)
    {
        final List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
            cluster.internalProperties(), new StringDeserializer(), new StringDeserializer()))
        {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            final long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end)
            {
                consumer.poll(Duration.ofMillis(100)).forEach((record) -> values.add(record.value()));
            }
        }
        return values;
    }

    private static void write(final KafkaCluster cluster, final long seed)
    {
        try (Workload workload = new Workload(new Workload.Context()
            .cluster(cluster)
            .seed(seed)
            .topic(TopicSpec.of(TOPIC, PARTITIONS))
            .recordsPerProducer(50)))
        {
            workload.start().awaitEnd();
        }
    }

    private static void assertIdenticalButFor(
        final Set<TopicPartition> partitions, final KafkaCluster cluster, final LinkConfig link)
    {
        assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).without(partitions).run());
    }

    /** Each of the old ones says which format it is and what can be done; the others have nothing to say. */
    private static void awaitFaults(final Path config) throws Exception
    {
        final JsonNode[] last = new JsonNode[1];
        Await.until(() ->
        {
            last[0] = UmbraCommand.json("status", config.toString(), "--json");
            final Map<Integer, String> states = new TreeMap<>();
            last[0].get("topics").get(0).get("partitions").forEach((partition) ->
                states.put(partition.get("partition").asInt(), partition.get("state").asText()));
            return Map.of(0, "FAULTED", 1, "FAULTED", 2, "FAULTED", 3, "ACTIVE", 4, "ACTIVE").equals(states);
        }, () -> "three partitions FAULTED, two ACTIVE: " + last[0]);
        final UmbraCommand.Result table = UmbraCommand.run("status", config.toString());
        for (final JsonNode partition : last[0].get("topics").get(0).get("partitions"))
        {
            final int number = partition.get("partition").asInt();
            final String error = partition.path("error").asText("");
            if (number <= FORMAT_1_GZIP.partition())
            {
                assertTrue(error.startsWith("message format " + Math.min(number, 1) + " at offset "), error);
                assertTrue(error.contains("a new link with a start.offset past it"), error);
                assertTrue(table.out().contains(error), table::toString);
            }
            else
            {
                assertEquals("", partition.path("error").isNull() ? "" : error);
            }
        }
    }

    private static void assertNothingJournaled(final LinkConfig link, final LedgerView ledger) throws IOException
    {
        for (final TopicPartition partition : OLD_FORMATS)
        {
            try (Stream<Path> logs = SegmentFile.of(link.journalDir().resolve(partition.toString())).stream())
            {
                assertEquals(0, logs.mapToLong((log) -> log.toFile().length()).sum(), partition::toString);
            }
            assertFalse(ledger.commits().anyMatch((commit) ->
                partition.toString().equals(LedgerView.partition(commit))), partition::toString);
        }
        assertTrue(ledger.commits().findAny().isPresent());
    }

    private void assertAStartOffsetPastThemIsTheWayRound(final KafkaCluster cluster) throws Exception
    {
        final LinkConfig link = new LinkConfig(Files.createDirectory(dir.resolve("later"))).source(cluster)
            .set("start.offset", "timestamp:" + LATER_TIME);
        try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
        {
            engine.awaitReady();
            assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).allowLaterStart().run());
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            final Path shadow = link.journalDir().resolve(TOPIC + '-' + partition);
            final long start = partition <= FORMAT_1_GZIP.partition() ? OLD_VALUES.size() : 0;
            assertEquals(start, new SegmentFile(SegmentFile.of(shadow).get(0)).batches().get(0).baseOffset());
        }
    }
}
