package io.umbra.systemtests;

import io.umbra.engine.metadata.GroupOffset;
import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Clients that are not restarted: the promoted cluster listens where the source did, and producers and consumers of
 * both protocols go on as they are, without a record lost, doubled or out of order.
 */
class PromotionClientsTest
{
    private static final String TOPIC = "orders";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static KafkaConsumer<byte[], byte[]> consumer(final KafkaCluster source, final String protocol)
    {
        final Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", source.bootstrapServers());
        properties.putAll(Reading.group("readers-" + protocol, protocol));
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static void write(final KafkaProducer<byte[], byte[]> producer, final int from, final int to)
        throws Exception
    {
        for (int i = from; i < to; i++)
        {
            producer.send(new ProducerRecord<>(TOPIC, 0, null, ("order " + i).getBytes(StandardCharsets.UTF_8))).get();
        }
    }

    private static List<String> orders(final int from, final int to)
    {
        return IntStream.range(from, to).mapToObj((i) -> "order " + i).toList();
    }

    @Test
    void theyGoOnAsTheyAre() throws Exception
    {
        final KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source")));
        final LinkConfig link = new LinkConfig(dir).source(source).set("groups.sync.interval.ms", "200");
        try (source;
            EngineProcess engine = new EngineLauncher(dir).start(link.write());
            KafkaProducer<byte[], byte[]> producer = Producers.create(source, Map.of());
            KafkaConsumer<byte[], byte[]> classic = consumer(source, "classic");
            KafkaConsumer<byte[], byte[]> modern = consumer(source, "consumer"))
        {
            source.admin().createTopics(List.of(new NewTopic(TOPIC, 1, (short)1))).all().get();
            write(producer, 0, 50);
            assertEquals(orders(0, 50), Reading.take(classic, TOPIC, 50));
            assertEquals(orders(0, 50), Reading.take(modern, TOPIC, 50));
            engine.awaitReady();
            Shadowed.assertIdentical(source, link);
            Await.until(() -> committed(link) == 2, () -> "both groups at 50");
            source.kill(1);
            try (PromotedNode node = new PromotedNode(dir.resolve("promoted"), 9, source.clientPort(1)))
            {
                final UmbraCommand.Result result = node.promote(link.write());
                assertEquals(0, result.exit(), result::toString);
                node.start();
                write(producer, 50, 80);
                assertEquals(orders(50, 80), Reading.more(classic, 30));
                assertEquals(orders(50, 80), Reading.more(modern, 30));
                classic.commitSync();
                modern.commitSync();
                try (KafkaConsumer<byte[], byte[]> all = node.consumer(Map.of()))
                {
                    assertEquals(orders(0, 80), Reading.texts(Reading.all(all, TOPIC)));
                }
            }
            // Where its source was is now its own shadow.
            assertEquals(2, engine.awaitExit(), engine::stderrTail);
            assertTrue(engine.said("promoted from this very shadow"), engine::stderrTail);
        }
    }

    private static long committed(final LinkConfig link)
    {
        return MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).groupOffsets().stream()
            .map(GroupOffset::offset)
            .filter((offset) -> 50 == offset)
            .count();
    }
}
