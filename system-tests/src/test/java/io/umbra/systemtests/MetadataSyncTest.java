package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.engine.metadata.GroupMetadata;
import io.umbra.engine.metadata.GroupOffset;
import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.engine.metadata.MetadataTask;
import io.umbra.engine.metadata.SourceMetadata;
import io.umbra.engine.metadata.TopicMetadata;
import io.umbra.rig.Exchange;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ResponseFault;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the source has besides records gets into the metadata ledger, and is there for any time. */
class MetadataSyncTest
{
    private static final long LATEST = Long.MAX_VALUE;
    private static final int RECORDS = 50;
    private static final int MANY_GROUPS = 450;
    private static final String UNLIMITED = "1048576";
    private static final TopicPartition ORDERS_0 = new TopicPartition("orders", 0);
    private static final TopicPartition ORDERS_1 = new TopicPartition("orders", 1);
    private static final TopicPartition OTHER_0 = new TopicPartition("other", 0);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private KafkaCluster.Context cluster()
    {
        return new KafkaCluster.Context().baseDir(dir.resolve("cluster"));
    }

    private LinkConfig link(final KafkaCluster cluster)
    {
        return new LinkConfig(dir).source(cluster)
            .set("topics.exclude", "__.*,other")
            .set("groups.sync.interval.ms", "200")
            .set("acls.sync.interval.ms", "200")
            .set("quotas.sync.interval.ms", "200")
            .set("scram.sync.interval.ms", "200");
    }

    private static void create(final KafkaCluster cluster, final String topic, final Map<String, String> configs)
        throws Exception
    {
        cluster.admin().createTopics(List.of(new NewTopic(topic, 3, (short) 1).configs(configs))).all().get();
    }

    private static void write(final KafkaCluster cluster, final TopicPartition partition)
    {
        try (KafkaProducer<byte[], byte[]> producer = Producers.create(cluster, Map.of()))
        {
            for (int i = 0; i < RECORDS; i++)
            {
                producer.send(new ProducerRecord<>(partition.topic(), partition.partition(), null, new byte[10]));
            }
        }
    }

    private static Properties client(final KafkaCluster cluster, final Map<String, String> settings)
    {
        final Properties properties = cluster.internalProperties();
        properties.setProperty("auto.offset.reset", "earliest");
        properties.setProperty("enable.auto.commit", "false");
        properties.putAll(settings);
        return properties;
    }

    /** A member of a group, of the protocol given, that reads some records and commits in between. */
    private static void consume(
        final KafkaCluster cluster, final String group, final String protocol, final long offset)
    {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
            client(cluster, Map.of("group.id", group, "group.protocol", protocol)),
            new ByteArrayDeserializer(), new ByteArrayDeserializer()))
        {
            consumer.subscribe(List.of(ORDERS_0.topic()));
            int read = 0;
            while (read < RECORDS)
            {
                read += consumer.poll(Duration.ofMillis(100)).count();
            }
            consumer.commitSync(Map.of(ORDERS_0, new OffsetAndMetadata(offset, Optional.of(0), "by " + protocol)));
        }
    }

    private static void commit(final KafkaCluster cluster, final String group, final Map<TopicPartition, Long> offsets)
        throws Exception
    {
        final Map<TopicPartition, OffsetAndMetadata> commits = new TreeMap<>(MetadataSyncTest::compare);
        offsets.forEach((partition, offset) -> commits.put(partition, new OffsetAndMetadata(offset)));
        cluster.admin().alterConsumerGroupOffsets(group, commits).all().get();
    }

    private static int compare(final TopicPartition one, final TopicPartition other)
    {
        return one.toString().compareTo(other.toString());
    }

    private static SourceMetadata awaitMetadata(final LinkConfig link, final Predicate<SourceMetadata> condition)
        throws Exception
    {
        final SourceMetadata[] last = new SourceMetadata[1];
        Await.until(() ->
        {
            last[0] = MetadataHistory.read(link.journalDir(), LATEST);
            return condition.test(last[0]);
        }, () -> String.valueOf(last[0]));
        return last[0];
    }

    private static JsonNode awaitTask(final LinkConfig link, final String task, final String state) throws Exception
    {
        return StatusView.await(link.write(), (status) ->
            null != status.metadata(task) && state.equals(status.metadata(task).get("state").asText())).metadata(task);
    }

    /** Time of a look that has begun and ended after this method was called. */
    private static long awaitLook(final LinkConfig link, final MetadataTask task) throws Exception
    {
        long timeNs = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
        for (int i = 0; i < 2; i++)
        {
            final long afterNs = timeNs;
            timeNs = awaitMetadata(link, (metadata) -> metadata.completeNs(task).orElse(0) > afterNs)
                .completeNs(task).orElseThrow();
        }
        return timeNs;
    }

    private static Map<String, Long> offsets(final SourceMetadata metadata, final String group)
    {
        final Map<String, Long> offsets = new TreeMap<>();
        metadata.groupOffsets().stream().filter((offset) -> group.equals(offset.groupId()))
            .forEach((offset) -> offsets.put(offset.topic() + '-' + offset.partition(), offset.offset()));
        return offsets;
    }

    @Test
    void topicsHaveWhatTheirBrokersSetToo() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(cluster().property("log.retention.ms", "360000000")))
        {
            cluster.admin().incrementalAlterConfigs(Map.of(
                new ConfigResource(ConfigResource.Type.BROKER, ""), List.of(new AlterConfigOp(
                    new ConfigEntry("message.max.bytes", UNLIMITED), AlterConfigOp.OpType.SET)))).all().get();
            create(cluster, "orders", Map.of("cleanup.policy", "compact,delete", "segment.ms", "123456"));
            create(cluster, "other", Map.of());
            final LinkConfig link = link(cluster);
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                final TopicMetadata orders = awaitMetadata(link, (metadata) ->
                    UNLIMITED.equals(config(metadata, "orders", "max.message.bytes"))).topics().get("orders");
                assertEquals(cluster.admin().describeTopics(List.of("orders")).allTopicNames().get().get("orders")
                    .topicId().toString(), kafkaId(orders));
                assertEquals(3, orders.partitions());
                assertEquals("compact,delete", orders.configs().get("cleanup.policy"));
                assertEquals("123456", orders.configs().get("segment.ms"));
                assertEquals("360000000", orders.configs().get("retention.ms"));
                assertTrue(orders.brokerConfigs().containsAll(Set.of("retention.ms", "max.message.bytes")));
                assertFalse(orders.brokerConfigs().contains("segment.ms"));
                assertFalse(orders.configs().containsKey("compression.type"), "a default of Kafka's own");
                assertEquals(Set.of("orders"), MetadataHistory.read(link.journalDir(), LATEST).topics().keySet());

                cluster.admin().createPartitions(Map.of("orders", NewPartitions.increaseTo(5))).all().get();
                cluster.admin().incrementalAlterConfigs(Map.of(
                    new ConfigResource(ConfigResource.Type.TOPIC, "orders"), List.of(
                        new AlterConfigOp(new ConfigEntry("segment.ms", ""), AlterConfigOp.OpType.DELETE),
                        new AlterConfigOp(new ConfigEntry("retention.ms", "7"), AlterConfigOp.OpType.SET))))
                    .all().get();
                final SourceMetadata changed = awaitMetadata(link, (metadata) ->
                    5 == metadata.topics().get("orders").partitions() &&
                    "7".equals(config(metadata, "orders", "retention.ms")));
                assertFalse(changed.topics().get("orders").configs().containsKey("segment.ms"));
                assertFalse(changed.topics().get("orders").brokerConfigs().contains("retention.ms"));

                // Its shadow is kept, and is worth little without its settings.
                cluster.admin().deleteTopics(List.of("orders")).all().get();
                StatusView.await(link.write(), (status) ->
                    "SOURCE_DELETED".equals(status.topic("orders").get("state").asText()));
                awaitLook(link, MetadataTask.TOPICS);
                assertEquals("7", config(MetadataHistory.read(link.journalDir(), LATEST), "orders", "retention.ms"));
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
            }
            assertEquals("DISABLED", StatusView.of(link).metadata("acls").get("state").asText());
            assertEquals("the source has no authorizer", StatusView.of(link).metadata("acls").get("error").asText());
            assertEquals("OK", StatusView.of(link).metadata("quotas").get("state").asText());
            assertTrue(UmbraCommand.run("status", link.write().toString()).out()
                .contains("acls    DISABLED, as of -, 0 acls: the source has no authorizer"));
        }
    }

    private static String config(final SourceMetadata metadata, final String topic, final String name)
    {
        final TopicMetadata found = metadata.topics().get(topic);
        return null == found ? null : found.configs().get(name);
    }

    private static String kafkaId(final TopicMetadata topic)
    {
        return new Uuid(
            topic.id().getMostSignificantBits(), topic.id().getLeastSignificantBits()).toString();
    }

    @Test
    void offsetsOfGroupsAreThereForAnyTime() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(cluster()))
        {
            create(cluster, "orders", Map.of());
            create(cluster, "other", Map.of());
            write(cluster, ORDERS_0);
            consume(cluster, "classics", "classic", 20);
            consume(cluster, "moderns", "consumer", 30);
            commit(cluster, "mixed", Map.of(ORDERS_0, 1L, ORDERS_1, 2L, OTHER_0, 3L));
            commit(cluster, "not-mine", Map.of(ORDERS_0, 1L));
            for (int i = 0; i < MANY_GROUPS; i++)
            {
                commit(cluster, "many-" + i, Map.of(ORDERS_0, (long) i));
            }
            final LinkConfig link = link(cluster).set("groups.exclude", "not-.*");
            final long earlyNs;
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                earlyNs = awaitLook(link, MetadataTask.GROUPS);
                final SourceMetadata early = MetadataHistory.read(link.journalDir(), earlyNs);
                assertEquals(3 + MANY_GROUPS, early.groups().size());
                assertEquals(4 + MANY_GROUPS, early.groupOffsets().size());
                assertTrue(early.groupOffsets().contains(
                    new GroupOffset("classics", "orders", 0, 20, 0, "by classic")));
                assertTrue(early.groupOffsets().contains(
                    new GroupOffset("moderns", "orders", 0, 30, 0, "by consumer")));
                assertEquals(Map.of("orders-0", 1L, "orders-1", 2L), offsets(early, "mixed"));
                assertEquals(
                    new GroupMetadata("classics", "classic", "consumer", "Empty"), early.groups().get("classics"));
                assertEquals(
                    new GroupMetadata("moderns", "consumer", "consumer", "Empty"), early.groups().get("moderns"));
                final JsonNode counts = awaitTask(link, "groups", "OK").get("counts");
                assertEquals(3 + MANY_GROUPS, counts.get("groups").asInt());
                assertEquals(4 + MANY_GROUPS, counts.get("offsets").asInt());

                commit(cluster, "mixed", Map.of(ORDERS_0, 11L));
                cluster.admin().deleteConsumerGroupOffsets("mixed", Set.of(ORDERS_1)).all().get();
                cluster.admin().deleteConsumerGroups(List.of("many-7")).all().get();
                awaitMetadata(link, (metadata) -> Map.of("orders-0", 11L).equals(offsets(metadata, "mixed")) &&
                    !metadata.groups().containsKey("many-7") && offsets(metadata, "many-7").isEmpty());
                engine.kill9();
            }

            // While nobody looks.
            cluster.admin().deleteConsumerGroups(List.of("many-8")).all().get();
            commit(cluster, "mixed", Map.of(ORDERS_0, 12L));
            assertEquals(Map.of("orders-0", 11L), offsets(MetadataHistory.read(link.journalDir(), LATEST), "mixed"));
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                final SourceMetadata later = awaitMetadata(link, (metadata) ->
                    Map.of("orders-0", 12L).equals(offsets(metadata, "mixed")) &&
                    !metadata.groups().containsKey("many-8"));
                assertEquals(1 + MANY_GROUPS, later.groups().size());
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
            }

            final SourceMetadata early = MetadataHistory.read(link.journalDir(), earlyNs);
            assertEquals(Map.of("orders-0", 1L, "orders-1", 2L), offsets(early, "mixed"));
            assertEquals(Map.of("orders-0", 7L), offsets(early, "many-7"));
            assertEquals(earlyNs, early.completeNs(MetadataTask.GROUPS).orElseThrow());
            final long earliestNs = MetadataHistory.earliestNs(link.journalDir()).orElseThrow();
            assertTrue(earliestNs < earlyNs);
            assertTrue(MetadataHistory.read(link.journalDir(), earliestNs - 1).completeNs().isEmpty());
            assertLedgerIsReadable(link, earlyNs);
        }
    }

    private static void assertLedgerIsReadable(final LinkConfig link, final long earlyNs) throws Exception
    {
        final String config = link.write().toString();
        final List<String> lines = UmbraCommand.run("ledger", config, "--metadata").out().lines().toList();
        assertTrue(lines.stream().anyMatch((line) ->
            line.endsWith("GROUP_OFFSET  [\"mixed\",\"orders\",0]  {\"offset\":11}")), lines::toString);
        assertTrue(lines.stream().anyMatch((line) ->
            line.endsWith("GROUP_OFFSET  [\"mixed\",\"orders\",1]  removed")), lines::toString);
        boolean isLookShown = false;
        for (final JsonNode entry : UmbraCommand.json("ledger", config, "--metadata", "--json").get("entries"))
        {
            isLookShown |= "MetadataRound".equals(entry.get("type").asText()) &&
                "GROUPS".equals(entry.get("task").asText()) && earlyNs == entry.get("completeNs").asLong();
        }
        assertTrue(isLookShown);
        assertFalse(UmbraCommand.run("ledger", config).out().contains("GROUP_OFFSET"));
    }

    /** Of a share group the start of each partition can be read; what it has acknowledged beyond it cannot. */
    @Test
    void shareGroupsHaveTheirStartOffsets() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(cluster()))
        {
            create(cluster, "orders", Map.of());
            cluster.admin().incrementalAlterConfigs(Map.of(
                new ConfigResource(ConfigResource.Type.GROUP, "sharers"), List.of(new AlterConfigOp(
                    new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET)))).all().get();
            final Properties properties = client(cluster, Map.of("group.id", "sharers"));
            properties.remove("auto.offset.reset");
            properties.remove("enable.auto.commit");
            try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(
                properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()))
            {
                consumer.subscribe(List.of("orders"));
                // A broker stores the start that the acknowledgements before the last ones led to.
                for (int round = 1, read = 0; round <= 2; round++)
                {
                    write(cluster, ORDERS_0);
                    while (read < round * RECORDS)
                    {
                        read += consumer.poll(Duration.ofMillis(100)).count();
                        consumer.commitSync();
                    }
                }
            }
            final LinkConfig link = link(cluster);
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                final SourceMetadata metadata = awaitMetadata(link, (found) ->
                    offsets(found, "sharers").getOrDefault("orders-0", 0L) >= RECORDS);
                assertEquals(GroupMetadata.SHARE, metadata.groups().get("sharers").type());
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
            }
        }
    }

    /** A source that is falling apart lists less than it has; and noise must not be the end of the admin client. */
    @Test
    void aGroupThatIsNotListedIsNotTakenForGone() throws Exception
    {
        try (ProxiedSource source = new ProxiedSource(dir.resolve("cluster"), 1))
        {
            create(source.cluster(), "orders", Map.of());
            commit(source.cluster(), "mixed", Map.of(ORDERS_0, 1L, ORDERS_1, 2L));
            commit(source.cluster(), "short-lived", Map.of(ORDERS_0, 3L));
            final LinkConfig link = link(source.cluster());
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                awaitMetadata(link, (metadata) -> 2 == metadata.groups().size());
                source.proxy().fault((exchange) -> ApiKeys.LIST_GROUPS != exchange.request().apiKey() ? null :
                    ResponseFault.Answer.of(exchange.encode(new ListGroupsResponseData())));
                source.cluster().admin().deleteConsumerGroups(List.of("short-lived")).all().get();
                commit(source.cluster(), "mixed", Map.of(ORDERS_0, 4L));
                awaitMetadata(link, (metadata) -> !metadata.groups().containsKey("short-lived"));
                awaitLook(link, MetadataTask.GROUPS);
                final SourceMetadata metadata = MetadataHistory.read(link.journalDir(), LATEST);
                assertEquals(Set.of("mixed"), metadata.groups().keySet());
                assertEquals(Map.of("orders-0", 4L, "orders-1", 2L), offsets(metadata, "mixed"));

                final AtomicInteger told = new AtomicInteger();
                source.proxy().fault((exchange) ->
                {
                    if (ApiKeys.DESCRIBE_CLUSTER != exchange.request().apiKey())
                    {
                        return null;
                    }
                    told.incrementAndGet();
                    return ResponseFault.Answer.of(Exchange.frame(new byte[20]));
                });
                Await.until(() -> told.get() > 2, engine::stderrTail);
                source.proxy().fault(null);
                commit(source.cluster(), "mixed", Map.of(ORDERS_0, 5L));
                awaitMetadata(link, (found) -> Long.valueOf(5).equals(offsets(found, "mixed").get("orders-0")));
                awaitTask(link, "groups", "OK");
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    /** Nothing more may be written: what was known stays, the reason is said, and it goes on when there is room. */
    @Test
    void withoutRoomItWaits() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(cluster()))
        {
            create(cluster, "orders", Map.of());
            commit(cluster, "mixed", Map.of(ORDERS_0, 0L));
            final LinkConfig link = link(cluster).set("journal.min.free.bytes", "1048576GiB");
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                final JsonNode task = awaitTask(link, "groups", "FAULTED");
                assertTrue(task.get("error").asText().contains("journal.min.free.bytes, 1073741824 MiB"),
                    task::toString);
                assertTrue(task.get("lastComplete").isNull());
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertTrue(MetadataHistory.read(link.journalDir(), LATEST).groups().isEmpty());
            link.set("journal.min.free.bytes", "0");
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                final JsonNode task = awaitTask(link, "groups", "OK");
                assertTrue(Instant.parse(task.get("lastComplete").asText()).isBefore(Instant.now().plusSeconds(1)));
                assertEquals(Set.of("mixed"), MetadataHistory.read(link.journalDir(), LATEST).groups().keySet());
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"V2_4", "V3_3"})
    void anOldSourceGivesWhatItHas(final KafkaRelease release) throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(release.cluster(dir.resolve("cluster"))))
        {
            create(cluster, "orders", Map.of("retention.ms", "12345678"));
            commit(cluster, "mixed", Map.of(ORDERS_0, 0L, ORDERS_1, 1L));
            final LinkConfig link = link(cluster);
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                awaitTask(link, "topics", "OK");
                awaitTask(link, "groups", "OK");
                awaitTask(link, "acls", "DISABLED");
                final JsonNode scram = awaitTask(link, "scram", "UNSUPPORTED");
                assertTrue(scram.get("error").asText().startsWith("the source is too old for it: "), scram::toString);
                awaitTask(link, "quotas", KafkaRelease.V2_4 == release ? "UNSUPPORTED" : "OK");
                final SourceMetadata metadata = MetadataHistory.read(link.journalDir(), LATEST);
                assertEquals("12345678", config(metadata, "orders", "retention.ms"));
                assertEquals(Map.of("orders-0", 0L, "orders-1", 1L), offsets(metadata, "mixed"));
                assertEquals(GroupMetadata.CLASSIC, metadata.groups().get("mixed").type());
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
            }
        }
    }
}
