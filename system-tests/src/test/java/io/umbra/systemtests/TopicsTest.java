package io.umbra.systemtests;

import io.umbra.rig.FreePorts;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Topics that come, go, grow, and come again under the same name. */
class TopicsTest
{
    private static final int LARGE_BYTES = 24 * 1024 * 1024;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path clusterDir;
    private static KafkaCluster cluster;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @BeforeAll
    static void startTheSource()
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(clusterDir)
            .property("auto.create.topics.enable", "false")
            .property("socket.request.max.bytes", Integer.toString(64 * 1024 * 1024)));
    }

    @AfterAll
    static void stopTheSource()
    {
        cluster.close();
    }

    private static Uuid create(final String topic, final int partitions) throws Exception
    {
        return cluster.admin().createTopics(List.of(new NewTopic(topic, partitions, (short)1))).topicId(topic).get();
    }

    private static void delete(final String topic) throws Exception
    {
        cluster.admin().deleteTopics(List.of(topic)).all().get();
        Await.until(() -> !cluster.admin().listTopics().names().get().contains(topic), () -> topic + " deleted");
    }

    private LinkConfig link(final String topics)
    {
        return new LinkConfig(dir).source(cluster).set("topics.include", topics);
    }

    private static Path log(final Path partition)
    {
        return partition.resolve("00000000000000000000.log");
    }

    @Test
    void newTopicsAndAddedPartitionsAreShadowedFromTheirBeginning() throws Exception
    {
        create("grow", 1);
        final LinkConfig link = link("grow.*");
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            SourceRecords.write(cluster, "grow", 0, 3);
            cluster.admin().createPartitions(Map.of("grow", NewPartitions.increaseTo(3))).all().get();
            SourceRecords.write(cluster, "grow", 2, 5);
            // The longest name that Kafka allows: the directory's is longer still.
            final String longest = "grow" + "x".repeat(249 - "grow".length());
            create(longest, 2);
            SourceRecords.write(cluster, longest, 1, 4);
            StatusView.await(config, (status) ->
                5 == status.endOffset("grow", 2) && 4 == status.endOffset(longest, 1));
            Shadowed.assertIdentical(cluster, link);
            UmbraCommand.assertVerified(config);
            assertEquals(0, engine.terminate(), engine::stderrTail);
            delete(longest);
            delete("grow");
        }
    }

    @Test
    void aTopicCreatedAnewIsANewGenerationAndTheOldOneIsKeptApart() throws Exception
    {
        final String topic = "again";
        final Uuid firstId = create(topic, 2);
        SourceRecords.write(cluster, topic, 0, 7);
        // Within one look at the metadata.
        final LinkConfig link = link(topic).set("topics.refresh.interval.ms", "3000");
        final Path config = link.write();
        final byte[] firstBytes;
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> 7 == status.endOffset(topic, 0));
            firstBytes = Files.readAllBytes(log(link.journalDir().resolve(topic + "-0")));
            delete(topic);
            final Uuid secondId = create(topic, 1);
            SourceRecords.write(cluster, topic, 0, 3);
            final StatusView status = StatusView.await(config, (view) -> 3 == view.endOffset(topic, 0) &&
                secondId.toString().equals(view.topic(topic).get("id").asText()));
            assertEquals(1, status.incidents("TOPIC_RECREATED").size(), status::toString);
            Told.assertTold(link, "TOPIC_RECREATED", 1, 1);
            Shadowed.assertIdentical(cluster, link);
            UmbraCommand.assertVerified(config);
            final Path retired = link.journalDir().resolve("retired").resolve(firstId.toString());
            assertEquals(-1, Arrays.mismatch(
                firstBytes, Files.readAllBytes(log(retired.resolve(topic + "-0")))));
            assertTrue(Files.exists(log(retired.resolve(topic + "-1"))));
            assertFalse(Files.exists(link.journalDir().resolve(topic + "-1")));
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.unexpectedLines());
        }
        assertEquals(Map.of("again-0", 1L, "again-1", 1L), Told.retired(config));
        delete(topic);
    }

    @Test
    void aTopicCreatedAnewWhileTheEngineIsDownIsANewGenerationToo() throws Exception
    {
        final String topic = "meanwhile";
        final Uuid firstId = create(topic, 2);
        SourceRecords.write(cluster, topic, 0, 7);
        SourceRecords.write(cluster, topic, 1, 8);
        final LinkConfig link = link(topic);
        Shadowed.catchUp(new EngineLauncher(dir), cluster, link);
        final byte[] secondLog = Files.readAllBytes(log(link.journalDir().resolve(topic + "-1")));
        delete(topic);
        final Uuid secondId = create(topic, 1);
        SourceRecords.write(cluster, topic, 0, 4);
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            Shadowed.assertIdentical(cluster, link);
            Told.assertTold(link, "TOPIC_RECREATED", 1, 1);
            assertEquals(secondId.toString(), StatusView.of(config).topic(topic).get("id").asText());
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.unexpectedLines());
        }
        assertEquals(Map.of(topic + "-0", 1L, topic + "-1", 1L), Told.retired(config));
        final Path retired = link.journalDir().resolve("retired").resolve(firstId.toString());
        assertTrue(Files.exists(log(retired.resolve(topic + "-0"))));
        assertEquals(-1, Arrays.mismatch(secondLog, Files.readAllBytes(log(retired.resolve(topic + "-1")))));
        final UmbraCommand.Result plan = UmbraCommand.run("promote", config.toString(), "--dry-run",
            "--target", dir.resolve("target").toString(), "--node-id", "1",
            "--listeners", "PLAINTEXT://127.0.0.1:" + FreePorts.next(),
            "--controller-listener", "CONTROLLER://127.0.0.1:" + FreePorts.next());
        assertEquals(0, plan.exit(), plan::toString);
        assertTrue(plan.out().contains(topic + "-0") && !plan.out().contains(topic + "-1"), plan::out);
        delete(topic);
    }

    @Test
    void topicsDeletedWhileTheEngineIsDownAreKeptOrDeletedAsIfItRan() throws Exception
    {
        final String topic = "absent";
        final String other = "absent2";
        create(topic, 2);
        create(other, 1);
        SourceRecords.write(cluster, topic, 0, 6);
        SourceRecords.write(cluster, other, 0, 3);
        final LinkConfig link = link("absent.*");
        Shadowed.catchUp(new EngineLauncher(dir), cluster, link);
        delete(topic);
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            Told.assertTold(link, "TOPIC_DELETED", 1, 1);
            assertDeleted(topic, config);
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.unexpectedLines());
        }
        assertEquals(Map.of(), Told.retired(config));
        // Neither the next start nor one that does not want the topic says it again.
        for (final String included : List.of("absent.*", "absent.+"))
        {
            link.set("topics.include", included).write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                look(config, included.endsWith("*") ? "absent3" : "absent4", 4);
                assertEquals(included.endsWith("+"), null == StatusView.of(config).topic(topic));
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertTrue(Files.size(log(link.journalDir().resolve(topic + "-0"))) > 0);
        }
        link.set("topics.include", "absent.*").set("on.topic.delete", "mirror").write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            Await.until(() -> !Files.exists(link.journalDir().resolve(topic + "-0")) &&
                !Files.exists(link.journalDir().resolve(topic + "-1")), () -> "the shadow is deleted");
            Told.assertTold(link, "TOPIC_DELETED", 1, 2);
            assertDeleted(topic, config);
            Shadowed.assertIdentical(cluster, link, other);
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.unexpectedLines());
        }
        assertEquals(Map.of(topic + "-0", 1L, topic + "-1", 1L), Told.retired(config));
        for (final String left : List.of(other, "absent3", "absent4"))
        {
            delete(left);
        }
    }

    /** The engine looks at the metadata this often: each time it finds one partition more. */
    private static void look(final Path config, final String topic, final int times) throws Exception
    {
        create(topic, 1);
        for (int partitions = 1; partitions <= times; partitions++)
        {
            final int last = partitions - 1;
            if (last > 0)
            {
                cluster.admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions))).all().get();
            }
            StatusView.await(config, (status) -> null != status.topic(topic) &&
                null != status.topic(topic).get("partitions").get(last));
        }
    }

    private static void assertDeleted(final String topic, final Path config) throws Exception
    {
        final StatusView status = StatusView.of(config);
        assertEquals("SOURCE_DELETED", status.topic(topic).get("state").asText(), status::toString);
        assertEquals(6, status.endOffset(topic, 0), status::toString);
        assertEquals("SOURCE_DELETED", status.partition(topic, 0).get("state").asText(), status::toString);
    }

    @Test
    void aDeletedTopicIsKeptAndItsPartitionsComeToRest() throws Exception
    {
        final String topic = "kept";
        create(topic, 1);
        create("kept2", 1);
        SourceRecords.write(cluster, topic, 0, 6);
        final LinkConfig link = link("kept.*");
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> 6 == status.endOffset(topic, 0));
            delete(topic);
            final StatusView status = StatusView.await(config, (view) ->
                1 == view.incidents("TOPIC_DELETED").size());
            assertEquals("SOURCE_DELETED", status.topic(topic).get("state").asText(), status::toString);
            Told.assertTold(link, "TOPIC_DELETED", 1, 1);
            SourceRecords.write(cluster, "kept2", 0, 3);
            StatusView.await(config, (view) -> 3 == view.endOffset("kept2", 0));
            assertTrue(Files.size(log(link.journalDir().resolve(topic + "-0"))) > 0);
            assertEquals(0, engine.terminate(), engine::stderrTail);
            delete("kept2");
        }
    }

    @Test
    void aDeletedTopicIsDeletedTooWithMirror() throws Exception
    {
        final String topic = "mirrored";
        create(topic, 2);
        create("mirrored2", 1);
        SourceRecords.write(cluster, topic, 0, 6);
        final LinkConfig link = link("mirrored.*").set("on.topic.delete", "mirror");
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> 6 == status.endOffset(topic, 0));
            delete(topic);
            StatusView.await(config, (view) -> 1 == view.incidents("TOPIC_DELETED").size());
            Await.until(() -> !Files.exists(link.journalDir().resolve(topic + "-0")) &&
                !Files.exists(link.journalDir().resolve(topic + "-1")), () -> "the shadow is deleted");
            Told.assertTold(link, "TOPIC_DELETED", 1, 1);
            SourceRecords.write(cluster, "mirrored2", 0, 3);
            StatusView.await(config, (view) -> 3 == view.endOffset("mirrored2", 0));
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.unexpectedLines());
            delete("mirrored2");
        }
        assertEquals(Map.of("mirrored-0", 1L, "mirrored-1", 1L), Told.retired(config));
    }

    @Test
    void batchesBeyondTheFetchSizesAreTakenWhenTheTopicAllowsThem() throws Exception
    {
        final String topic = "raised";
        create(topic, 1);
        SourceRecords.write(cluster, topic, 0, 3);
        final LinkConfig link = link(topic);
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            cluster.admin().incrementalAlterConfigs(Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, topic), List.of(new AlterConfigOp(
                    new ConfigEntry("max.message.bytes", Integer.toString(2 * LARGE_BYTES)),
                    AlterConfigOp.OpType.SET)))).all().get();
            final Properties properties = cluster.internalProperties();
            properties.setProperty(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(2 * LARGE_BYTES));
            properties.setProperty(ProducerConfig.BUFFER_MEMORY_CONFIG, Integer.toString(4 * LARGE_BYTES));
            try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()))
            {
                final byte[] value = new byte[LARGE_BYTES];
                new Random(5).nextBytes(value);
                producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
            }
            SourceRecords.write(cluster, topic, 0, 2);
            StatusView.await(config, (status) -> 6 == status.endOffset(topic, 0));
            Shadowed.assertIdentical(cluster, link);
            assertEquals(0, engine.terminate(), engine::stderrTail);
            delete(topic);
        }
    }

    @Test
    void aFilterThatWasChangedHoldsFromTheNextStart() throws Exception
    {
        create("filter-a", 1);
        create("filter-b", 1);
        SourceRecords.write(cluster, "filter-a", 0, 3);
        SourceRecords.write(cluster, "filter-b", 0, 4);
        final LinkConfig link = link("filter-a");
        try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
        {
            engine.awaitReady();
            StatusView.await(link.write(), (status) -> 3 == status.endOffset("filter-a", 0));
            assertNull(StatusView.of(link.write()).topic("filter-b"));
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        SourceRecords.write(cluster, "filter-a", 0, 3);
        final Path config = link.set("topics.include", "filter-b").write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> 4 == status.endOffset("filter-b", 0));
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        // What was shadowed is still there, as it was.
        assertEquals(3, StatusView.of(config).endOffset("filter-a", 0));
        link.set("topics.include", "filter-.*");
        Shadowed.catchUp(new EngineLauncher(dir), cluster, link);
        delete("filter-a");
        delete("filter-b");
    }
}
