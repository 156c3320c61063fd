package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Promotion beside a running engine and a live source: a drill, some topics, and then, drained, the rest. */
class PromotionLiveTest
{
    private static final List<String> TOPICS = List.of("orders", "invoices");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    /** Writes to all topics until it is told to stop. */
    private static final class Writer implements AutoCloseable
    {
        private final AtomicBoolean isStopped = new AtomicBoolean();
        private final KafkaProducer<byte[], byte[]> producer;
        private final Thread thread = new Thread(this::write, "writer");
        private volatile int written;

        Writer(final KafkaCluster source)
        {
            producer = Producers.create(source, Map.of());
            thread.start();
        }

        private void write()
        {
            while (!isStopped.get())
            {
                for (final String topic : TOPICS)
                {
                    producer.send(new ProducerRecord<>(topic, null, ("record " + written).getBytes(
                        StandardCharsets.UTF_8)));
                }
                producer.flush();
                written++;
            }
        }

        int written()
        {
            return written;
        }

        @Override
        public void close()
        {
            isStopped.set(true);
            try
            {
                thread.join();
            }
            catch (final InterruptedException ex)
            {
                Thread.currentThread().interrupt();
            }
            producer.close();
        }
    }

    private static JsonNode json(final UmbraCommand.Result result) throws Exception
    {
        assertEquals(0, result.exit(), result::toString);
        return new ObjectMapper().readTree(result.out());
    }

    @Test
    void aDrillThenSomeTopicsThenAllThatIsLeft() throws Exception
    {
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            source.admin().createTopics(
                TOPICS.stream().map((topic) -> new NewTopic(topic, 2, (short)1)).toList()).all().get();
            final LinkConfig link = new LinkConfig(dir).source(source).set("groups.sync.interval.ms", "200");
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                try (Writer writer = new Writer(source))
                {
                    Await.until(() -> writer.written() > 50, () -> "records");
                    drill(link, config, writer);
                }
                // Undisturbed.
                Shadowed.assertIdentical(source, link);
                someTopics(link, config);
                theRest(source, link, config, engine);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    /** While records come in. */
    private void drill(final LinkConfig link, final Path config, final Writer writer) throws Exception
    {
        try (PromotedNode node = new PromotedNode(dir.resolve("drill"), 1))
        {
            final JsonNode report = json(node.promote(config, "--drill", "--json"));
            assertEquals("drill", report.get("mode").asText());
            assertEquals("running", report.get("engine").asText());
            final int atCut = writer.written();
            node.start();
            for (final String topic : TOPICS)
            {
                try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
                {
                    final List<String> values = Reading.texts(Reading.all(consumer, topic));
                    assertTrue(values.size() > 50, values::toString);
                    assertEquals(values.size(), values.stream().distinct().count(), topic);
                }
            }
            assertEquals("ACTIVE", StatusView.of(link).state());
            Await.until(() -> writer.written() > atCut, () -> "more records");
        }
    }

    private void someTopics(final LinkConfig link, final Path config) throws Exception
    {
        try (PromotedNode node = new PromotedNode(dir.resolve("invoices"), 1))
        {
            final JsonNode report = json(node.promote(config, "--topics", "invoices", "--json"));
            assertEquals(1, report.get("topics").size());
            assertEquals("invoices", report.get("topics").get(0).get("name").asText());
            final StatusView status = StatusView.of(link);
            assertEquals("PROMOTED", status.topic("invoices").get("state").asText());
            assertEquals("ACTIVE", status.topic("orders").get("state").asText());
            assertEquals("ACTIVE", status.state());
            node.start();
            try (Admin admin = node.admin(); KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
            {
                assertEquals(Set.of("invoices"), admin.listTopics().names().get());
                long records = 0;
                for (final JsonNode partition : report.get("topics").get(0).get("partitions"))
                {
                    records += partition.get("endOffset").asLong();
                }
                assertTrue(records > 0, report::toPrettyString);
                assertEquals(records, Reading.all(consumer, "invoices").size());
            }
        }
    }

    private void theRest(
        final KafkaCluster source, final LinkConfig link, final Path config, final EngineProcess engine)
        throws Exception
    {
        for (final int partition : new int[]{0, 1})
        {
            SourceRecords.write(source, "orders", partition, 20);
        }
        try (PromotedNode node = new PromotedNode(dir.resolve("orders"), 1))
        {
            final JsonNode report = json(node.promote(config, "--topics", "orders", "--drain", "--json"));
            assertEquals("planned", report.get("mode").asText());
            assertEquals(0, report.get("loss").get("records").asLong(), report::toPrettyString);
            assertTrue(engine.isAlive());
            node.start();
            try (KafkaConsumer<byte[], byte[]> promoted = node.consumer(Map.of());
                KafkaConsumer<byte[], byte[]> original = Reading.consumer(source, Map.of()))
            {
                assertEquals(rows(original), rows(promoted));
            }
            assertEquals("PROMOTED", StatusView.of(link).topic("orders").get("state").asText());
        }
    }

    private static List<String> rows(final KafkaConsumer<byte[], byte[]> consumer)
    {
        return Reading.all(consumer, "orders").stream()
            .map((record) -> record.partition() + "@" + record.offset() + " " + Reading.text(record))
            .sorted()
            .toList();
    }
}
