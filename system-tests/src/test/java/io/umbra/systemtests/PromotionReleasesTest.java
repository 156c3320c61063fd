package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.server.common.MetadataVersion;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Releases of Kafka other than the one that Umbra brings along open what is promoted for them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PromotionReleasesTest
{
    private static final String TOPIC = "orders";
    private static final int PARTITIONS = 3;
    private static final int RECORDS = 900;
    private static final int READ = 400;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path dir;
    /** Values that a group, by its protocol, has still to read. */
    private final Map<String, Set<String>> left = new HashMap<>();
    private List<String> rows;
    private Path config;

    @BeforeAll
    void shadow() throws Exception
    {
        final LinkConfig link = new LinkConfig(dir)
            .set("groups.sync.interval.ms", "200")
            .set("acls.sync.interval.ms", "200")
            .set("journal.segment.bytes", "16384");
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))
            .property("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
            .property("super.users", "User:ANONYMOUS")))
        {
            fill(source);
            config = link.source(source).write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(source, link);
                Await.until(() -> 2 == MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).groups().size() &&
                    1 == MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).acls().size(),
                    () -> "groups and access rules");
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            try (KafkaConsumer<byte[], byte[]> consumer = Reading.consumer(source, Map.of()))
            {
                rows = rows(consumer);
            }
        }
    }

    private void fill(final KafkaCluster source) throws Exception
    {
        source.admin().createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short)1))).all().get();
        source.admin().createAcls(List.of(new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, TOPIC, PatternType.LITERAL),
            new AccessControlEntry("User:reader", "*", AclOperation.READ, AclPermissionType.ALLOW)))).all().get();
        final Set<String> values = new HashSet<>();
        try (KafkaProducer<byte[], byte[]> producer = Producers.create(source, Map.of("batch.size", "1024")))
        {
            for (int i = 0; i < RECORDS; i++)
            {
                producer.send(new ProducerRecord<>(TOPIC, i % PARTITIONS, null, bytes("order " + i)));
                values.add("order " + i);
            }
        }
        for (final String protocol : List.of("classic", "consumer"))
        {
            try (KafkaConsumer<byte[], byte[]> consumer =
                Reading.consumer(source, Reading.group("readers-" + protocol, protocol)))
            {
                final Set<String> others = new HashSet<>(values);
                others.removeAll(Reading.take(consumer, TOPIC, READ));
                left.put(protocol, others);
            }
        }
        final KafkaProducer<byte[], byte[]> hanging = Producers.create(source, Map.of("transactional.id", "hanging"));
        hanging.initTransactions();
        hanging.beginTransaction();
        hanging.send(new ProducerRecord<>(TOPIC, 0, null, bytes("hanging"))).get();
        hanging.close(Duration.ZERO);
    }

    private static byte[] bytes(final String text)
    {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> rows(final KafkaConsumer<byte[], byte[]> consumer)
    {
        return Reading.all(consumer, TOPIC).stream()
            .map((record) -> record.partition() + "@" + record.offset() + " " + record.timestamp() + " " +
                Reading.text(record))
            .sorted()
            .toList();
    }

    @ParameterizedTest
    @EnumSource(value = KafkaRelease.class, names = {"V4_0", "V4_1"})
    void itOpensWhatIsPromotedForIt(final KafkaRelease release) throws Exception
    {
        final Path home = release.home(dir.resolve("kafka-" + release));
        try (PromotedNode node = new PromotedNode(dir.resolve("promoted-" + release), 1).kafkaHome(home))
        {
            final UmbraCommand.Result result =
                node.promote(config, "--drill", "--kafka-home", home.toString(), "--json");
            assertEquals(0, result.exit(), result::toString);
            final JsonNode report = new ObjectMapper().readTree(result.out());
            final String version = release.name().substring(1).replace('_', '.');
            assertTrue(report.get("metadataVersion").asText().startsWith(version + "-"), report::toPrettyString);
            node.start();
            assertTrue(node.logText().contains("Kafka version: " + version + "."), node::logText);
            assertTrue(node.logText().contains("Skipping recovery of "), node::logText);
            try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
            {
                assertEquals(rows, rows(consumer));
            }
            for (final Map.Entry<String, Set<String>> group : left.entrySet())
            {
                goesOn(node, group.getKey(), group.getValue());
            }
            write(node, Map.of());
            write(node, Map.of("transactional.id", "hanging"));
            try (KafkaConsumer<byte[], byte[]> committed = node.consumer(Map.of("isolation.level", "read_committed")))
            {
                Await.until(() -> Reading.all(committed, TOPIC).size() >= RECORDS + 2, node::logTail);
                assertEquals(RECORDS + 2, Reading.all(committed, TOPIC).size());
            }
            assertEquals(143, node.terminate(), node::logTail);
        }
    }

    /** {@code --start} runs the release that is named, not the one that Umbra brings along. */
    @Test
    void oneCommandStartsIt() throws Exception
    {
        final Path home = KafkaRelease.V4_0.home(dir.resolve("kafka-to-start"));
        writeStartScript(home);
        final PromotedNode node = new PromotedNode(dir.resolve("started"), 1);
        final List<String> arguments =
            new ArrayList<>(List.of("promote", "--drill", "--start", "--kafka-home", home.toString()));
        arguments.addAll(node.arguments(config));
        try (EngineProcess command = new EngineProcess(
            JavaCommand.umbra(List.of(), arguments), dir.resolve("started.err")))
        {
            Await.until(() -> !command.isAlive() || isStarted(command), () -> command.stdout() + command.stderrTail());
            assertTrue(isStarted(command), () -> command.stdout() + command.stderrTail());
            try (Admin admin = node.admin();
                KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
            {
                final int newest = admin.describeFeatures().featureMetadata().get()
                    .supportedFeatures().get(MetadataVersion.FEATURE_NAME).maxVersion();
                assertTrue(newest < MetadataVersion.latestProduction().featureLevel(), () -> "supports " + newest);
                assertEquals(rows, rows(consumer));
            }
            assertEquals(0, command.terminate(), command::stderrTail);
        }
    }

    private static boolean isStarted(final EngineProcess command)
    {
        return command.stdout().stream().anyMatch((line) -> line.startsWith("started"));
    }

    /** Does what that of a distribution does in the end. */
    private static void writeStartScript(final Path home) throws IOException
    {
        final Path script = Files.createDirectories(home.resolve("bin")).resolve("kafka-server-start.sh");
        Files.writeString(script, "#!/bin/sh\nexec '" + JavaCommand.java() + "' -Xmx512m -cp '" + home.resolve("libs") +
            "/*' kafka.Kafka \"$1\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** None twice, none missing. */
    private static void goesOn(final PromotedNode node, final String protocol, final Set<String> values)
    {
        final Map<String, String> settings = new HashMap<>(Reading.group("readers-" + protocol, protocol));
        settings.put("isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(settings))
        {
            final List<String> read = Reading.take(consumer, TOPIC, values.size());
            assertEquals(values, new HashSet<>(read));
            assertEquals(values.size(), read.size());
        }
    }

    private static void write(final PromotedNode node, final Map<String, String> settings) throws Exception
    {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(settings))
        {
            if (settings.isEmpty())
            {
                producer.send(new ProducerRecord<>(TOPIC, 0, null, bytes("plain"))).get();
            }
            else
            {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(TOPIC, 0, null, bytes("transactional"))).get();
                producer.commitTransaction();
            }
        }
    }
}
