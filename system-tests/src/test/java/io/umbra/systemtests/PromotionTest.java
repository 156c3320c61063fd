package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.engine.metadata.SourceMetadata;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Future;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A source that is gone, a shadow that is promoted, and ordinary clients that go on with a stock broker on it. One
 * broker serves all tests, in the order given, since the last ones restart it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PromotionTest
{
    private static final int RECORDS = 3_000;
    private static final int CLASSIC_READ = 1_000;
    private static final int MODERN_READ = 700;
    private static final String ORDERS = "orders";
    private static final String ACCOUNTS = "accounts";
    private static final String PRICES = "prices";
    private static final TopicPartition ACCOUNTS_0 = new TopicPartition(ACCOUNTS, 0);
    private static final ClientQuotaEntity QUOTA_ENTITY = new ClientQuotaEntity(Map.of("client-id", "reporting"));

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path dir;
    private final Set<String> classicLeft = allValues();
    private final Set<String> modernLeft = allValues();
    private final Set<String> committed = new HashSet<>();
    private final Set<Long> sourceProducerIds = new TreeSet<>();
    private Map<String, String> sourceTopicIds;
    private PromotedNode node;
    private JsonNode report;

    private static Set<String> allValues()
    {
        final Set<String> values = new HashSet<>();
        for (int i = 0; i < RECORDS; i++)
        {
            values.add("order " + i);
        }
        return values;
    }

    @BeforeAll
    void promote() throws Exception
    {
        final LinkConfig link = new LinkConfig(dir)
            .set("groups.sync.interval.ms", "200")
            .set("quotas.sync.interval.ms", "200")
            .set("journal.segment.bytes", "65536");
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            fill(source);
            link.source(source);
            final EngineLauncher launcher = new EngineLauncher(dir);
            try (EngineProcess engine = launcher.start(link.write()))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(source, link);
                Await.until(() -> isMetadataThere(link), () -> "groups and quotas of the source");
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
        node = new PromotedNode(dir.resolve("promoted"), 7);
        final UmbraCommand.Result result = node.promote(link.write(), "--json");
        assertEquals(0, result.exit(), result::toString);
        report = new ObjectMapper().readTree(result.out());
        node.start();
    }

    private void fill(final KafkaCluster source) throws Exception
    {
        source.admin().createTopics(List.of(
            new NewTopic(ORDERS, 3, (short)1).configs(Map.of(
                "segment.bytes", "1048576", "retention.ms", "987654321", "min.insync.replicas", "2")),
            new NewTopic(ACCOUNTS, 1, (short)1),
            new NewTopic(PRICES, 1, (short)1).configs(Map.of("cleanup.policy", "compact")))).all().get();
        sourceTopicIds = topicIds(source.admin());
        source.admin().alterClientQuotas(List.of(new ClientQuotaAlteration(QUOTA_ENTITY,
            List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", 123_456.0))))).all().get();
        // Asked for two in-sync replicas, the only one would refuse.
        try (KafkaProducer<byte[], byte[]> producer = Producers.create(source, Map.of("acks", "1",
            "enable.idempotence", "false")))
        {
            for (int i = 0; i < RECORDS; i++)
            {
                producer.send(new ProducerRecord<>(ORDERS, i % 3, null, bytes("order " + i)));
            }
        }
        try (KafkaProducer<byte[], byte[]> producer = Producers.create(source, Map.of()))
        {
            for (int i = 0; i < 100; i++)
            {
                producer.send(new ProducerRecord<>(PRICES, 0, bytes("key " + i % 10), bytes("price " + i)));
            }
        }
        transactions(source);
        read(source, "classic", CLASSIC_READ, classicLeft);
        read(source, "consumer", MODERN_READ, modernLeft);
        // A group that is further than all that will ever be there.
        source.admin().alterConsumerGroupOffsets("ahead",
            Map.of(ACCOUNTS_0, new OffsetAndMetadata(1_000_000))).all().get();
        source.admin().describeProducers(List.of(ACCOUNTS_0, new TopicPartition(PRICES, 0))).all().get()
            .values().forEach((state) -> state.activeProducers().stream()
                .map(ProducerState::producerId).forEach(sourceProducerIds::add));
    }

    /** One that commits, one that aborts, one that does not get to either. */
    private void transactions(final KafkaCluster source) throws Exception
    {
        final KafkaProducer<byte[], byte[]> hanging = Producers.create(source,
            Map.of("transactional.id", "hanging", "transaction.timeout.ms", "900000"));
        hanging.initTransactions();
        hanging.beginTransaction();
        hanging.send(new ProducerRecord<>(ACCOUNTS, 0, null, bytes("hanging"))).get();
        try (KafkaProducer<byte[], byte[]> producer =
            Producers.create(source, Map.of("transactional.id", "ending")))
        {
            producer.initTransactions();
            for (int i = 0; i < 20; i++)
            {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(ACCOUNTS, 0, null, bytes("account " + i))).get();
                if (0 == i % 2)
                {
                    producer.commitTransaction();
                    committed.add("account " + i);
                }
                else
                {
                    producer.abortTransaction();
                }
            }
        }
        hanging.close(Duration.ZERO);
    }

    private static void read(
        final KafkaCluster source, final String protocol, final int count, final Set<String> left)
    {
        try (KafkaConsumer<byte[], byte[]> consumer =
            Reading.consumer(source, Reading.group("readers-" + protocol, protocol)))
        {
            left.removeAll(Reading.take(consumer, ORDERS, count));
        }
    }

    private static boolean isMetadataThere(final LinkConfig link)
    {
        final SourceMetadata metadata = MetadataHistory.read(link.journalDir(), Long.MAX_VALUE);
        return metadata.groupOffsets().stream().map((offset) -> offset.groupId()).distinct().count() == 3 &&
            1 == metadata.quotas().size();
    }

    private static Map<String, String> topicIds(final Admin admin) throws Exception
    {
        final Map<String, String> ids = new TreeMap<>();
        admin.describeTopics(List.of(ORDERS, ACCOUNTS, PRICES)).allTopicNames().get()
            .forEach((name, topic) -> ids.put(name, topic.topicId().toString()));
        return ids;
    }

    private static byte[] bytes(final String text)
    {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @AfterAll
    void stop()
    {
        if (null != node)
        {
            node.close();
        }
    }

    @Test
    @Order(1)
    void theNewClusterHasTopicsSettingsAndQuotasOfTheSource() throws Exception
    {
        try (Admin admin = node.admin())
        {
            assertEquals(sourceTopicIds, topicIds(admin));
            assertEquals(report.get("clusterId").asText(), admin.describeCluster().clusterId().get());
            final ConfigResource orders = new ConfigResource(ConfigResource.Type.TOPIC, ORDERS);
            final Config config =
                admin.describeConfigs(List.of(orders)).all().get().get(orders);
            assertEquals("987654321", config.get("retention.ms").value());
            assertEquals(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, config.get("retention.ms").source());
            // There is one broker.
            assertEquals("1", config.get("min.insync.replicas").value());
            assertEquals("min.insync.replicas", report.get("configChanges").get(0).get("name").asText());
            final ConfigResource prices = new ConfigResource(ConfigResource.Type.TOPIC, PRICES);
            assertEquals("compact",
                admin.describeConfigs(List.of(prices)).all().get().get(prices).get("cleanup.policy").value());
            assertEquals(Map.of(QUOTA_ENTITY, Map.of("consumer_byte_rate", 123_456.0)),
                admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get());
        }
    }

    @Test
    @Order(2)
    void noLogWasScanned()
    {
        assertFalse(node.logText().contains("Recovering unflushed segment"), node::logText);
        assertFalse(node.logText().contains("rebuilding index"), node::logText);
        assertFalse(node.logText().contains("-stray"), node::logText);
    }

    @Test
    @Order(3)
    void aClassicGroupGoesOnAtItsNextRecord()
    {
        goesOn("classic", classicLeft);
    }

    @Test
    @Order(3)
    void aGroupOfKip848GoesOnAtItsNextRecord()
    {
        goesOn("consumer", modernLeft);
    }

    /** None twice, none missing. */
    private void goesOn(final String protocol, final Set<String> left)
    {
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Reading.group("readers-" + protocol, protocol)))
        {
            final List<String> values = Reading.take(consumer, ORDERS, left.size());
            assertEquals(left, new HashSet<>(values));
            assertEquals(left.size(), values.size());
        }
    }

    @Test
    @Order(4)
    void consumersOfCommittedRecordsSeeExactlyThose()
    {
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of("isolation.level", "read_committed")))
        {
            final List<String> values = Reading.texts(Reading.all(consumer, ACCOUNTS));
            assertEquals(committed, new HashSet<>(values));
            assertEquals(committed.size(), values.size());
        }
        final JsonNode aborted = report.get("transactions");
        assertEquals(1, aborted.size(), report::toPrettyString);
        assertEquals(ACCOUNTS, aborted.get(0).get("topic").asText());
        assertEquals(0, aborted.get(0).get("firstOffset").asLong());
    }

    @Test
    @Order(4)
    void anOffsetBehindTheEndIsPutBackToIt() throws Exception
    {
        try (Admin admin = node.admin();
            KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
        {
            final long end = consumer.endOffsets(List.of(ACCOUNTS_0)).get(ACCOUNTS_0);
            assertEquals(end, admin.listConsumerGroupOffsets("ahead").partitionsToOffsetAndMetadata().get()
                .get(ACCOUNTS_0).offset());
            final JsonNode moved = report.get("movedOffsets").get(0);
            assertEquals("ahead", moved.get("group").asText());
            assertEquals(1_000_000, moved.get("committed").asLong());
            assertEquals(end, moved.get("promoted").asLong());
        }
    }

    @Test
    @Order(5)
    void producersOfEveryKindWriteAtOnce() throws Exception
    {
        final List<String> written = new ArrayList<>();
        write("plain", Map.of("enable.idempotence", "false"), written);
        // More than one, so that an id that the source had given away would come again.
        for (int i = 0; i < 5; i++)
        {
            write("idempotent " + i, Map.of(), written);
        }
        write("transactional", Map.of("transactional.id", "ending"), written);
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of("isolation.level", "read_committed"));
            Admin admin = node.admin())
        {
            // The coordinator writes the marker of the commit after it has answered.
            Await.until(() -> Reading.all(consumer, ACCOUNTS).size() >= committed.size() + written.size(),
                node::logTail);
            final List<String> values = Reading.texts(Reading.all(consumer, ACCOUNTS));
            assertEquals(committed.size() + written.size(), values.size());
            assertEquals(written, values.subList(committed.size(), values.size()));
            final long highest = sourceProducerIds.stream().mapToLong(Long::longValue).max().orElseThrow();
            final List<Long> above = admin.describeProducers(List.of(ACCOUNTS_0)).all().get().get(ACCOUNTS_0)
                .activeProducers().stream()
                .map(ProducerState::producerId)
                .filter((id) -> id > highest)
                .toList();
            assertEquals(6, above.size());
        }
    }

    private void write(final String name, final Map<String, String> settings, final List<String> written)
        throws Exception
    {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(settings))
        {
            final boolean isTransactional = settings.containsKey("transactional.id");
            if (isTransactional)
            {
                producer.initTransactions();
                producer.beginTransaction();
            }
            final List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < 3; i++)
            {
                sent.add(producer.send(new ProducerRecord<>(ACCOUNTS, 0, null, bytes(name + i))));
                written.add(name + i);
            }
            for (final Future<RecordMetadata> future : sent)
            {
                assertTrue(future.get().hasOffset());
            }
            if (isTransactional)
            {
                producer.commitTransaction();
            }
        }
    }

    @Test
    @Order(6)
    void theReportSaysWhatIsThere() throws Exception
    {
        final JsonNode file = new ObjectMapper().readTree(node.dir().resolve("promotion-report.json").toFile());
        assertEquals(report, file);
        assertTrue(Files.readString(node.dir().resolve("promotion-report.txt")).contains("orders-2"));
        assertEquals(0, report.get("loss").get("records").asLong());
        assertEquals("failover", report.get("mode").asText());
        assertEquals(3, report.get("topics").size());
        for (final JsonNode topic : report.get("topics"))
        {
            assertEquals(sourceTopicIds.get(topic.get("name").asText()), topic.get("id").asText());
            for (final JsonNode partition : topic.get("partitions"))
            {
                assertTrue(partition.get("digest").asText().length() > 8, partition::toString);
                assertTrue(partition.get("sourceHighWatermark").asLong() > 0, partition::toString);
                assertTrue(partition.get("leaderEpoch").asInt() >= 1_000, partition::toString);
            }
        }
    }

    @Test
    @Order(7)
    void nothingIsLostWhenTheBrokerRestarts() throws Exception
    {
        final List<String> before = everything();
        assertEquals(0, endedWith(node.terminate()), node::logTail);
        node.start();
        assertEquals(before, everything());
        node.kill9();
        node.start();
        assertEquals(before, everything());
    }

    /** SIGTERM's own code is what an orderly stop ends with. */
    private static int endedWith(final int exit)
    {
        return 143 == exit ? 0 : exit;
    }

    private List<String> everything()
    {
        final List<String> all = new ArrayList<>();
        for (final String topic : List.of(ORDERS, ACCOUNTS, PRICES))
        {
            try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
            {
                final List<ConsumerRecord<byte[], byte[]>> records = Reading.all(consumer, topic);
                records.stream()
                    .map((record) -> topic + record.partition() + "@" + record.offset() + Reading.text(record))
                    .sorted()
                    .forEach(all::add);
            }
        }
        return all;
    }
}
