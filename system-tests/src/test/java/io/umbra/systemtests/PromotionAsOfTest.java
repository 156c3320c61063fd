package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.journal.JournalDirectory;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The shadow as it was at a moment: all partitions, groups and topics of then, and nothing of later. */
class PromotionAsOfTest
{
    private static final TopicPartition ORDERS_0 = new TopicPartition("orders", 0);
    private static final TopicPartition ORDERS_1 = new TopicPartition("orders", 1);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private void commit(final KafkaCluster source, final LinkConfig link, final long offset) throws Exception
    {
        source.admin().alterConsumerGroupOffsets("readers", Map.of(ORDERS_0, new OffsetAndMetadata(offset))).all()
            .get();
        Await.until(() -> MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).groupOffsets().stream()
            .anyMatch((committed) -> offset == committed.offset()), () -> "the commit of " + offset);
    }

    @Test
    void whatWasThereThen() throws Exception
    {
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            source.admin().createTopics(List.of(new NewTopic("orders", 2, (short)1))).all().get();
            SourceRecords.write(source, "orders", 0, 30);
            SourceRecords.write(source, "orders", 1, 10);
            final LinkConfig link = new LinkConfig(dir).source(source).set("groups.sync.interval.ms", "200");
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config);
                KafkaProducer<byte[], byte[]> hanging = Producers.create(source, Map.of("transactional.id", "t")))
            {
                engine.awaitReady();
                hanging.initTransactions();
                hanging.beginTransaction();
                hanging.send(new ProducerRecord<>("orders", 1, null, "open then".getBytes())).get();
                Shadowed.assertIdentical(source, link);
                commit(source, link, 17);
                final Instant then = Instant.now();
                hanging.commitTransaction();
                SourceRecords.write(source, "orders", 0, 5);
                SourceRecords.write(source, "orders", 1, 5);
                source.admin().createTopics(List.of(new NewTopic("later", 1, (short)1))).all().get();
                SourceRecords.write(source, "later", 0, 5);
                commit(source, link, 33);
                Shadowed.assertIdentical(source, link);
                assertThen(config, then);
                Shadowed.assertIdentical(source, link);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    private void assertThen(final Path config, final Instant then) throws Exception
    {
        try (PromotedNode node = new PromotedNode(dir.resolve("then"), 1))
        {
            final UmbraCommand.Result result =
                node.promote(config, "--drill", "--as-of", then.toString(), "--json");
            assertEquals(0, result.exit(), result::toString);
            final JsonNode report = new ObjectMapper().readTree(result.out());
            assertEquals(then.toString(), report.get("asOf").asText());
            // What was committed later was open then.
            assertEquals(1, report.get("transactions").size(), report::toPrettyString);
            assertEquals(0, report.get("movedOffsets").size(), report::toPrettyString);
            node.start();
            try (Admin admin = node.admin();
                KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of("isolation.level", "read_committed")))
            {
                assertEquals(Set.of("orders"), admin.listTopics().names().get());
                // Behind the one record of the transaction and the marker that ends it.
                assertEquals(Map.of(ORDERS_0, 30L, ORDERS_1, 12L),
                    consumer.endOffsets(List.of(ORDERS_0, ORDERS_1)));
                assertEquals(40, Reading.all(consumer, "orders").size());
                assertEquals(17, admin.listConsumerGroupOffsets("readers").partitionsToOffsetAndMetadata().get()
                    .get(ORDERS_0).offset());
            }
        }
    }

    /** What somebody deletes by mistake, the moment before has it. */
    @Test
    void topicsThatWereDeletedSince() throws Exception
    {
        final TopicPartition anew = new TopicPartition("anew", 0);
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            source.admin().createTopics(List.of(new NewTopic("orders", 1, (short)1),
                new NewTopic("gone", 2, (short)1), new NewTopic("anew", 3, (short)1))).all().get();
            SourceRecords.write(source, "orders", 0, 10);
            SourceRecords.write(source, "gone", 0, 20);
            SourceRecords.write(source, "gone", 1, 21);
            SourceRecords.write(source, "anew", 0, 30);
            SourceRecords.write(source, "anew", 2, 32);
            final LinkConfig link = new LinkConfig(dir).source(source)
                .set("groups.sync.interval.ms", "200")
                .set("topics.refresh.interval.ms", "300");
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(source, link);
                source.admin().alterConsumerGroupOffsets("readers", Map.of(anew, new OffsetAndMetadata(17))).all()
                    .get();
                Await.until(() -> MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).groupOffsets().stream()
                    .anyMatch((committed) -> 17 == committed.offset()), () -> "the commit");
                final Instant then = Instant.now();
                source.admin().deleteTopics(List.of("gone", "anew")).all().get();
                Await.until(() -> !source.admin().listTopics().names().get().contains("anew"), () -> "the deletion");
                source.admin().createTopics(List.of(new NewTopic("anew", 1, (short)1))).all().get();
                SourceRecords.write(source, "anew", 0, 3);
                Await.until(() -> !JournalDirectory.retired(link.journalDir()).isEmpty(), () -> "the new generation");
                Shadowed.assertIdentical(source, link, "anew");
                StatusView.await(config, (status) -> 1 == status.incidents("TOPIC_DELETED").size());
                assertBefore(config, then);
                assertAfter(config);
                assertAfter(config, "--as-of", Instant.now().toString());
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    private void assertBefore(final Path config, final Instant then) throws Exception
    {
        try (PromotedNode node = new PromotedNode(dir.resolve("before"), 1))
        {
            final UmbraCommand.Result result =
                node.promote(config, "--drill", "--as-of", then.toString(), "--json");
            assertEquals(0, result.exit(), result::toString);
            node.start();
            try (Admin admin = node.admin(); KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
            {
                assertEquals(Set.of("orders", "gone", "anew"), admin.listTopics().names().get());
                assertEquals(3, admin.describeTopics(List.of("anew")).allTopicNames().get().get("anew").partitions()
                    .size());
                assertEquals(10, Reading.all(consumer, "orders").size());
                assertEquals(41, Reading.all(consumer, "gone").size());
                assertEquals(62, Reading.all(consumer, "anew").size());
                assertEquals(17, admin.listConsumerGroupOffsets("readers").partitionsToOffsetAndMetadata().get()
                    .get(new TopicPartition("anew", 0)).offset());
            }
        }
    }

    /** The present has what the source has, and says what it leaves out. */
    private void assertAfter(final Path config, final String... asOf) throws Exception
    {
        final List<String> options = new ArrayList<>(List.of("--dry-run", "--json"));
        options.addAll(List.of(asOf));
        final UmbraCommand.Result result =
            new PromotedNode(dir.resolve("after"), 1).promote(config, options.toArray(String[]::new));
        assertEquals(0, result.exit(), result::toString);
        final JsonNode report = new ObjectMapper().readTree(result.out());
        assertEquals(List.of("anew", "orders"), report.get("topics").findValuesAsText("name"));
        assertTrue(report.get("notCarried").toString().contains("topic gone: the source had deleted it"),
            report::toPrettyString);
    }
}
