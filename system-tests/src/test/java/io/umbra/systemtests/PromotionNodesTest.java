package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Two journals become two brokers of one cluster; a third, stock through and through, joins and takes replicas. */
class PromotionNodesTest
{
    private static final List<String> TOPICS = List.of("orders", "invoices");
    private static final int RECORDS = 300;
    private static final int READ = 120;
    private static final int NEWCOMER = 3;
    private static final String RETENTION_MS = "777000000";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @Test
    void aClusterOfSeveralNodesThatGrows() throws Exception
    {
        final List<Path> configs = new ArrayList<>();
        final Set<String> left = new HashSet<>();
        shadow(configs, left);
        try (PromotedNode first = new PromotedNode(dir.resolve("node-1"), 1);
            PromotedNode second = new PromotedNode(dir.resolve("node-2"), 2);
            PromotedNode newcomer = new PromotedNode(dir.resolve("node-3"), NEWCOMER))
        {
            final List<String> arguments = new ArrayList<>(List.of("promote", "--json"));
            arguments.addAll(first.arguments(configs.get(0)));
            arguments.addAll(second.arguments(configs.get(1)));
            final UmbraCommand.Result result = UmbraCommand.run(arguments.toArray(String[]::new));
            assertEquals(0, result.exit(), result::toString);
            final JsonNode report = new ObjectMapper().readTree(result.out());
            assertEquals(2, report.get("nodes").size());
            first.launch();
            second.launch();
            first.awaitMember();
            second.awaitMember();
            goesOn(first, left);
            format(newcomer, report, List.of(first, second));
            newcomer.start();
            takeOver(first, newcomer);
        }
    }

    private void shadow(final List<Path> configs, final Set<String> left) throws Exception
    {
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            source.admin().createTopics(
                TOPICS.stream().map((topic) -> new NewTopic(topic, 2, (short)1).configs(Map.of(
                    "retention.ms", RETENTION_MS, "max.message.bytes", "600000"))).toList()).all().get();
            try (KafkaProducer<byte[], byte[]> producer = Producers.create(source, Map.of()))
            {
                for (int i = 0; i < RECORDS; i++)
                {
                    producer.send(new ProducerRecord<>("orders", i % 2, null, ("order " + i).getBytes()));
                    producer.send(new ProducerRecord<>("invoices", i % 2, null, ("invoice " + i).getBytes()));
                    left.add("order " + i);
                    left.add("invoice " + i);
                }
            }
            for (final String topic : TOPICS)
            {
                try (KafkaConsumer<byte[], byte[]> consumer =
                    Reading.consumer(source, Reading.group("readers", "consumer")))
                {
                    Reading.take(consumer, topic, READ).forEach(left::remove);
                }
            }
            for (final String topic : TOPICS)
            {
                final LinkConfig link = new LinkConfig(Files.createDirectories(dir.resolve("link-" + topic)))
                    .source(source)
                    .set("topics.include", topic)
                    .set("groups.sync.interval.ms", "200");
                configs.add(link.write());
                try (EngineProcess engine = new EngineLauncher(dir.resolve("link-" + topic)).start(link.write()))
                {
                    engine.awaitReady();
                    Shadowed.assertIdentical(source, link, topic);
                    Await.until(() -> 2 == MetadataHistory.read(
                        link.journalDir(), Long.MAX_VALUE).groupOffsets().size(), () -> "offsets of the group");
                    assertEquals(0, engine.terminate(), engine::stderrTail);
                }
            }
        }
    }

    /** Positions and settings of the topics of both links. */
    private static void goesOn(final PromotedNode node, final Set<String> left) throws Exception
    {
        final List<String> values = new ArrayList<>();
        for (final String topic : TOPICS)
        {
            try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Reading.group("readers", "consumer")))
            {
                final int count = (int)left.stream().filter((value) -> topic.startsWith(value.split(" ")[0])).count();
                values.addAll(Reading.take(consumer, topic, count));
            }
        }
        assertEquals(left, new HashSet<>(values));
        assertEquals(left.size(), values.size());
        for (final String topic : TOPICS)
        {
            final ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            try (Admin admin = node.admin())
            {
                assertEquals(RETENTION_MS, admin.describeConfigs(List.of(resource)).all().get().get(resource)
                    .get("retention.ms").value());
            }
        }
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
        {
            assertEquals(RECORDS, Reading.all(consumer, "invoices").size());
        }
    }

    /** As an operator would, with Kafka's own tool. */
    private static void format(
        final PromotedNode newcomer, final JsonNode report, final List<PromotedNode> controllers) throws Exception
    {
        Files.createDirectories(newcomer.dir());
        final Path settings = newcomer.dir().resolve("server.properties");
        Files.writeString(settings, String.join("\n",
            "process.roles=broker",
            "node.id=" + NEWCOMER,
            "controller.quorum.voters=1@127.0.0.1:" + controllers.get(0).controllerPort() +
                ",2@127.0.0.1:" + controllers.get(1).controllerPort(),
            "controller.listener.names=CONTROLLER",
            "listeners=PLAINTEXT://" + newcomer.bootstrapServers(),
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs=" + newcomer.logDir()));
        final UmbraCommand.Result result = UmbraCommand.run(List.of(
            JavaCommand.java().toString(), "-cp", System.getProperty("java.class.path"), "kafka.tools.StorageTool",
            "format", "--cluster-id", report.get("clusterId").asText(), "--config", settings.toString()));
        assertEquals(0, result.exit(), result::toString);
    }

    private static void takeOver(final PromotedNode first, final PromotedNode newcomer) throws Exception
    {
        try (Admin admin = first.admin();
            KafkaProducer<byte[], byte[]> producer = first.producer(Map.of()))
        {
            final Map<TopicPartition, Optional<NewPartitionReassignment>> moves = new HashMap<>();
            for (int partition = 0; partition < 2; partition++)
            {
                moves.put(new TopicPartition("orders", partition),
                    Optional.of(new NewPartitionReassignment(List.of(1, NEWCOMER))));
                moves.put(new TopicPartition("invoices", partition),
                    Optional.of(new NewPartitionReassignment(List.of(NEWCOMER))));
            }
            admin.alterPartitionReassignments(moves).all().get();
            Await.until(() -> isPlaced(admin), () -> "replicas at the newcomer");
            producer.send(new ProducerRecord<>("orders", 0, null, "after".getBytes())).get();
            producer.send(new ProducerRecord<>("invoices", 0, null, "after".getBytes())).get();
        }
        assertArrayEquals(log(first, "orders-1"), log(newcomer, "orders-1"));
        try (KafkaConsumer<byte[], byte[]> consumer = newcomer.consumer(Map.of()))
        {
            assertEquals(RECORDS + 1, Reading.all(consumer, "invoices").size());
        }
    }

    private static boolean isPlaced(final Admin admin) throws Exception
    {
        if (!admin.listPartitionReassignments().reassignments().get().isEmpty())
        {
            return false;
        }
        for (final TopicPartitionInfo info :
            admin.describeTopics(List.of("orders")).allTopicNames().get().get("orders").partitions())
        {
            if (2 != info.isr().size())
            {
                return false;
            }
        }
        return true;
    }

    private static byte[] log(final PromotedNode node, final String partition) throws IOException
    {
        return Files.readAllBytes(node.logDir().resolve(partition).resolve("00000000000000000000.log"));
    }
}
