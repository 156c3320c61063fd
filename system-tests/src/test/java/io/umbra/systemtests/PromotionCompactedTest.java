package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A topic that the source's cleaner has been at, and that the new cluster's cleaner goes on with. */
class PromotionCompactedTest
{
    private static final TopicSpec PRICES = Cleaner.topic("prices", 1, "compact");
    private static final int KEYS = 50;
    private static final int RECORDS = 3_000;
    private static final int FLUSH_EVERY = 25;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static void write(final KafkaProducer<byte[], byte[]> producer, final int from, final int to)
    {
        for (int i = from; i < to; i++)
        {
            final byte[] value = new byte[200];
            value[0] = (byte)i;
            value[1] = (byte)(i >> 8);
            producer.send(new ProducerRecord<>(
                PRICES.name(), 0, ("key " + i % KEYS).getBytes(StandardCharsets.UTF_8), value));
            if (0 == i % FLUSH_EVERY)
            {
                producer.flush();
            }
        }
        producer.flush();
    }

    private static List<String> texts(final Collection<ConsumerRecord<byte[], byte[]>> records)
    {
        return records.stream()
            .map((record) -> record.offset() + " " + new String(record.key(), StandardCharsets.UTF_8) + " " +
                (record.value()[0] & 0xFF) + " " + (record.value()[1] & 0xFF))
            .toList();
    }

    @Test
    void whatTheCleanerHasLeftIsThereAtItsOffsets() throws Exception
    {
        try (KafkaCluster source = KafkaCluster.launch(Cleaner.eager(
            new KafkaCluster.Context().baseDir(dir.resolve("source"))));
            PromotedNode node = new PromotedNode(dir.resolve("promoted"), 1))
        {
            new Workload(new Workload.Context().cluster(source).topic(PRICES)).createTopics();
            final LinkConfig link = new LinkConfig(dir).source(source).set("journal.segment.bytes", "4096")
                .set("fetch.partition.max.bytes", "4096");
            try (KafkaProducer<byte[], byte[]> producer = Producers.create(source, Map.of()))
            {
                write(producer, 0, RECORDS);
                final Cleaner cleaner = new Cleaner(source, List.of(PRICES));
                cleaner.begin();
                cleaner.finish();
                Shadowed.catchUp(new EngineLauncher(dir), source, link);
                write(producer, RECORDS, RECORDS + FLUSH_EVERY);
            }
            Shadowed.catchUp(new EngineLauncher(dir), source, link);
            final List<String> expected;
            try (KafkaConsumer<byte[], byte[]> consumer = Reading.consumer(source, Map.of()))
            {
                expected = texts(Reading.all(consumer, PRICES.name()));
            }
            assertTrue(expected.size() < RECORDS, () -> "the cleaner has left " + expected.size());
            assertCopied(link, expected);
            final Map<String, String> shadow = Fingerprint.of(link.journalDir());
            final UmbraCommand.Result result = node.promote(link.write(), "--set", "log.cleaner.backoff.ms=50");
            assertEquals(0, result.exit(), result::toString);
            node.start();
            try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of());
                KafkaProducer<byte[], byte[]> producer = node.producer(Map.of()))
            {
                assertEquals(expected, texts(Reading.all(consumer, PRICES.name())));
                write(producer, 0, KEYS);
                final List<String> more = texts(Reading.all(consumer, PRICES.name()));
                assertEquals(expected, more.subList(0, expected.size()));
                assertEquals(KEYS, more.size() - expected.size());
                clean(node, consumer, producer);
            }
            assertEquals(143, node.terminate(), node::logTail);
            // What the new cluster's cleaner took out of files that the shadow has too, the shadow still has.
            final Map<String, String> after = Fingerprint.of(link.journalDir());
            after.keySet().removeIf((file) -> file.startsWith("promoted/"));
            assertEquals(shadow, after);
        }
    }

    /** A drill that has files of its own only. */
    private void assertCopied(final LinkConfig link, final List<String> expected) throws Exception
    {
        try (PromotedNode node = new PromotedNode(dir.resolve("copied"), 1))
        {
            final UmbraCommand.Result result = node.promote(link.write(), "--copy", "--drill");
            assertEquals(0, result.exit(), result::toString);
            for (final Path segment : segments(link))
            {
                assertFalse(Files.isSameFile(segment,
                    node.logDir().resolve(link.journalDir().relativize(segment))), segment::toString);
            }
            node.start();
            try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
            {
                assertEquals(expected, texts(Reading.all(consumer, PRICES.name())));
            }
        }
    }

    private static List<Path> segments(final LinkConfig link) throws Exception
    {
        final List<Path> segments = SegmentFile.of(link.journalDir().resolve(PRICES.name() + "-0"));
        assertTrue(segments.size() > 1, segments::toString);
        return segments;
    }

    /** Lets the new cluster's cleaner at it, with ever new values, until nothing of the shadow is left. */
    private static void clean(
        final PromotedNode node,
        final KafkaConsumer<byte[], byte[]> consumer,
        final KafkaProducer<byte[], byte[]> producer) throws Exception
    {
        final ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, PRICES.name());
        try (Admin admin = node.admin())
        {
            admin.incrementalAlterConfigs(Map.of(topic, List.of(
                new AlterConfigOp(new ConfigEntry("min.compaction.lag.ms", "0"), AlterConfigOp.OpType.SET),
                new AlterConfigOp(new ConfigEntry("segment.ms", "1"), AlterConfigOp.OpType.SET)))).all().get();
        }
        Await.until(() ->
        {
            write(producer, 0, KEYS);
            return Reading.all(consumer, PRICES.name()).get(0).offset() >= RECORDS + FLUSH_EVERY;
        }, node::logTail);
    }
}
