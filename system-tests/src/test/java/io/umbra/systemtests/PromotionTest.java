package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.engine.metadata.SourceMetadata;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
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
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.stream.Stream;

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
    private static final List<String> TOPICS = List.of(ORDERS, ACCOUNTS, PRICES);
    private static final TopicPartition ACCOUNTS_0 = new TopicPartition(ACCOUNTS, 0);
    private static final ClientQuotaEntity QUOTA_ENTITY = new ClientQuotaEntity(Map.of("client-id", "reporting"));
    private static final AclBinding RULE = new AclBinding(
        new ResourcePattern(ResourceType.TOPIC, ORDERS, PatternType.LITERAL),
        new AccessControlEntry("User:auditor", "*", AclOperation.READ, AclPermissionType.ALLOW));

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path dir;
    private final Set<String> classicLeft = allValues();
    private final Set<String> modernLeft = allValues();
    private final Set<String> committed = new HashSet<>();
    private final Set<Long> sourceProducerIds = new TreeSet<>();
    private final Map<String, Long> sourceEnds = new TreeMap<>();
    private Map<String, String> sourceTopicIds;
    private List<String> sourceRecords;
    private ProducerState hanging;
    private PromotedNode node;
    private JsonNode plan;
    private JsonNode report;
    private String firstLog;

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
            .set("acls.sync.interval.ms", "200")
            .set("scram.sync.interval.ms", "200")
            .set("journal.segment.bytes", "4096")
            // What is fetched at once goes into one segment.
            .set("fetch.partition.max.bytes", "4096");
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))
            .property("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
            .property("super.users", "User:ANONYMOUS")))
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
        final Map<String, String> before = Fingerprint.of(link.journalDir());
        plan = promote(link, "--dry-run", "--json");
        assertFalse(Files.exists(node.dir()));
        assertEquals(before, Fingerprint.of(link.journalDir()));
        report = promote(link, "--json");
        assertEquals(before, withoutPromotions(Fingerprint.of(link.journalDir())));
        assertLinked(link);
        node.start();
        firstLog = node.logText();
        // Whatever comes is on a broker whose first start ended like this.
        node.kill9();
        node.start();
    }

    private JsonNode promote(final LinkConfig link, final String... options) throws Exception
    {
        final UmbraCommand.Result result = node.promote(link.write(), options);
        assertEquals(0, result.exit(), result::toString);
        return new ObjectMapper().readTree(result.out());
    }

    private static Map<String, String> withoutPromotions(final Map<String, String> sums)
    {
        sums.keySet().removeIf((file) -> file.startsWith("promoted/"));
        return sums;
    }

    /** The segments are the shadow's own files, and the broker goes on in one behind them. */
    private void assertLinked(final LinkConfig link) throws Exception
    {
        long bytes = 0;
        int count = 0;
        for (final Map.Entry<String, Long> end : sourceEnds.entrySet())
        {
            final Path promoted = node.logDir().resolve(end.getKey());
            for (final Path segment : SegmentFile.of(link.journalDir().resolve(end.getKey())))
            {
                assertTrue(Files.isSameFile(segment, promoted.resolve(segment.getFileName())), segment::toString);
                bytes += Files.size(segment);
                count++;
            }
            assertEquals(promoted.resolve(String.format("%020d.log", end.getValue())),
                SegmentFile.active(promoted).file());
        }
        assertTrue(count > 2 * sourceEnds.size(), count + " segments");
        assertTrue(report.get("bytes").get("linked").asLong() >= bytes, report.get("bytes")::toString);
        assertTrue(report.get("bytes").get("copied").asLong() < bytes / 2, report.get("bytes")::toString);
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
        source.admin().createAcls(List.of(RULE)).all().get();
        source.admin().alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
            "auditor", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "secret"))).all().get();
        // Asked for two in-sync replicas, the only one would refuse.
        try (KafkaProducer<byte[], byte[]> producer = Producers.create(source, Map.of("acks", "1",
            "enable.idempotence", "false", "batch.size", "1024")))
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
        share(source);
        source.admin().describeProducers(List.of(ACCOUNTS_0)).all().get().get(ACCOUNTS_0).activeProducers()
            .forEach((state) ->
            {
                sourceProducerIds.add(state.producerId());
                hanging = state.currentTransactionStartOffset().isPresent() ? state : hanging;
            });
        try (KafkaConsumer<byte[], byte[]> consumer = Reading.consumer(source, Map.of()))
        {
            sourceRecords = everything(consumer);
            for (final String topic : TOPICS)
            {
                Reading.all(consumer, topic);
                consumer.endOffsets(consumer.assignment())
                    .forEach((partition, end) -> sourceEnds.put(partition.toString(), end));
            }
        }
    }

    /** A share group. */
    private static void share(final KafkaCluster source) throws Exception
    {
        final Properties properties = source.internalProperties();
        properties.setProperty("group.id", "sharers");
        try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(
            properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()))
        {
            consumer.subscribe(List.of(PRICES));
            Await.until(() ->
            {
                consumer.poll(Duration.ofMillis(100));
                return source.admin().listGroups().all().get().stream()
                    .anyMatch((group) -> "sharers".equals(group.groupId()));
            }, () -> "a share group");
        }
    }

    /** One that commits, one that aborts, one that does not get to either. */
    private void transactions(final KafkaCluster source) throws Exception
    {
        final KafkaProducer<byte[], byte[]> open = Producers.create(source,
            Map.of("transactional.id", "hanging", "transaction.timeout.ms", "900000"));
        open.initTransactions();
        open.beginTransaction();
        open.send(new ProducerRecord<>(ACCOUNTS, 0, null, bytes("hanging"))).get();
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
        open.close(Duration.ZERO);
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
        return metadata.groupOffsets().stream().map((offset) -> offset.groupId())
            .filter((group) -> !"sharers".equals(group)).distinct().count() == 3 &&
            metadata.groups().containsKey("sharers") && 1 == metadata.quotas().size() &&
            1 == metadata.acls().size() && 1 == metadata.scramUsers().size();
    }

    private static Map<String, String> topicIds(final Admin admin) throws Exception
    {
        final Map<String, String> ids = new TreeMap<>();
        admin.describeTopics(TOPICS).allTopicNames().get()
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
    void aDryRunSaysWhatWillBe()
    {
        assertTrue(plan.get("isDryRun").asBoolean());
        assertEquals(sourceEnds, ends(plan, "endOffset"));
        assertEquals(1, plan.get("transactions").size(), plan::toPrettyString);
        final JsonNode open = plan.get("transactions").get(0);
        assertEquals(ACCOUNTS, open.get("topic").asText());
        assertEquals(0, open.get("partition").asInt());
        assertEquals(hanging.producerId(), open.get("producerId").asLong());
        assertEquals(hanging.producerEpoch(), open.get("producerEpoch").asInt());
        assertEquals(hanging.currentTransactionStartOffset().getAsLong(), open.get("firstOffset").asLong());
        final JsonNode moved = moved(plan);
        assertEquals(1_000_000, moved.get("committed").asLong());
        // Behind the marker that ends what is open.
        assertEquals(sourceEnds.get(ACCOUNTS_0.toString()) + 1, moved.get("promoted").asLong());
        final String left = plan.get("notCarried").toString();
        assertTrue(left.contains("secret of user auditor (SCRAM-SHA-256)"), left);
        assertTrue(left.contains("positions of share group sharers"), left);
        assertEquals(0, plan.get("loss").get("records").asLong());
        assertEquals(0, plan.get("loss").get("ms").asLong());
        assertTrue(plan.get("loss").get("unknownMs").asLong() > 0, plan::toPrettyString);
        assertEquals(plan.get("loss").get("lastSeen"), report.get("loss").get("lastSeen"));
        assertTrue(plan.get("bytes").get("linked").asLong() > 0, plan::toPrettyString);
        assertEquals(withoutTimes(report), withoutTimes(plan));
    }

    /** The position of the group that is further than all that is there. */
    private static JsonNode moved(final JsonNode document)
    {
        for (final JsonNode moved : document.get("movedOffsets"))
        {
            if ("ahead".equals(moved.get("group").asText()))
            {
                return moved;
            }
        }
        throw new AssertionError(document.toPrettyString());
    }

    private static Map<String, Long> ends(final JsonNode document, final String field)
    {
        final Map<String, Long> ends = new TreeMap<>();
        document.get("topics").forEach((topic) -> topic.get("partitions").forEach((partition) -> ends.put(
            topic.get("name").asText() + '-' + partition.get("partition").asInt(), partition.get(field).asLong())));
        return ends;
    }

    /** All that is the same in a plan and in what has come of it. */
    private static JsonNode withoutTimes(final JsonNode document)
    {
        final ObjectNode rest = document.deepCopy();
        // Of bytes a plan counts logs alone.
        rest.remove(List.of("isDryRun", "time", "clusterId", "durationsMs", "checksums", "bytes"));
        ((ObjectNode)rest.get("loss")).remove("unknownMs");
        return rest;
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
            assertEquals(List.of(RULE), List.copyOf(admin.describeAcls(AclBindingFilter.ANY).values().get()));
        }
        // Markers are not among them.
        assertEquals(sourceRecords, everything());
    }

    @Test
    @Order(2)
    void noLogWasScanned() throws Exception
    {
        for (final String scan : List.of("Recovering unflushed segment", "rebuilding index", "-stray"))
        {
            assertFalse(firstLog.contains(scan), firstLog);
        }
        final List<String> logs;
        try (Stream<Path> dirs = Files.list(node.logDir()))
        {
            logs = dirs.filter((log) -> Files.exists(log.resolve("partition.metadata")))
                .map((log) -> log.getFileName().toString())
                // Those that the broker has made since.
                .filter((log) -> firstLog.contains("Completed load of Log(dir=" + node.logDir().resolve(log) + ","))
                .toList();
        }
        assertTrue(logs.containsAll(sourceEnds.keySet()), logs::toString);
        assertTrue(firstLog.contains("Skipping recovery of " + logs.size() + " logs from " + node.logDir() +
            " since clean shutdown file was found"), firstLog);
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
            final JsonNode moved = moved(report);
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
            // A new cluster begins to give ids away where the source had begun: without more ado, those of the
            // transactional producers would have come again here, with numbers that are in the log already.
            assertTrue(sourceProducerIds.size() >= 2, sourceProducerIds::toString);
            assertTrue(highest < 6, sourceProducerIds::toString);
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
        assertEquals(sourceEnds, ends(report, "endOffset"));
        assertEquals(sourceEnds, ends(report, "sourceHighWatermark"));
        assertEquals("failover", report.get("mode").asText());
        assertEquals(3, report.get("topics").size());
        for (final JsonNode topic : report.get("topics"))
        {
            assertEquals(sourceTopicIds.get(topic.get("name").asText()), topic.get("id").asText());
            for (final JsonNode partition : topic.get("partitions"))
            {
                assertTrue(partition.get("digest").asText().length() > 8, partition::toString);
                assertFalse(partition.get("sampledAt").isNull(), partition::toString);
                assertTrue(partition.get("leaderEpoch").asInt() >= 1_000, partition::toString);
            }
        }
    }

    @Test
    @Order(7)
    void nothingIsLostWhenTheBrokerRestarts() throws Exception
    {
        final List<Object> before = state();
        assertEquals(0, endedWith(node.terminate()), node::logTail);
        node.start();
        assertEquals(before, state());
        node.kill9();
        node.start();
        assertEquals(before, state());
    }

    /** Records, positions of groups, access rules, quotas and settings. */
    private List<Object> state() throws Exception
    {
        final ConfigResource orders = new ConfigResource(ConfigResource.Type.TOPIC, ORDERS);
        try (Admin admin = node.admin())
        {
            final Map<String, Object> positions = new TreeMap<>();
            for (final String group : List.of("readers-classic", "readers-consumer", "ahead"))
            {
                positions.put(group, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get());
            }
            assertEquals(3, ((Map<?, ?>)positions.get("readers-classic")).size());
            return List.of(
                everything(),
                positions,
                Set.copyOf(admin.describeAcls(AclBindingFilter.ANY).values().get()),
                admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get(),
                admin.describeConfigs(List.of(orders)).all().get().get(orders));
        }
    }

    /** SIGTERM's own code is what an orderly stop ends with. */
    private static int endedWith(final int exit)
    {
        return 143 == exit ? 0 : exit;
    }

    private List<String> everything()
    {
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
        {
            return everything(consumer);
        }
    }

    private static List<String> everything(final KafkaConsumer<byte[], byte[]> consumer)
    {
        final List<String> all = new ArrayList<>();
        for (final String topic : TOPICS)
        {
            Reading.all(consumer, topic).stream()
                .map((record) -> topic + record.partition() + "@" + record.offset() + Reading.text(record))
                .sorted()
                .forEach(all::add);
        }
        return all;
    }
}
