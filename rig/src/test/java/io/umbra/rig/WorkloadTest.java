package io.umbra.rig;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class WorkloadTest
{
    private static final int MAX_BYTES = 4096;
    private static final long RECORDS_PER_PRODUCER = 2000;

    @TempDir
    private Path dir;

    private static Workload.Context context()
    {
        return new Workload.Context()
            .clientProperty("bootstrap.servers", "127.0.0.1:1")
            .topic(TopicSpec.of("a", 3))
            .topic(TopicSpec.of("b", 1))
            .recordBytes(0, MAX_BYTES)
            .outOfOrderTimes(0);
    }

    private static String text(final ProducerRecord<byte[], byte[]> record)
    {
        return record.topic() + record.partition() + Arrays.hashCode(record.key()) + Arrays.hashCode(record.value()) +
            record.headers();
    }

    private static List<String> records(final long seed)
    {
        final RecordSource source = new RecordSource(context(), seed);
        return IntStream.range(0, 500).mapToObj((i) -> text(source.next())).toList();
    }

    @Test
    void theSeedDecidesTheContent()
    {
        assertEquals(records(7), records(7));
        assertNotEquals(records(7), records(8));
    }

    @Test
    void recordsComeInAllShapes()
    {
        final RecordSource source = new RecordSource(context(), 3);
        final Set<String> seen = new TreeSet<>();
        for (int i = 0; i < 20_000; i++)
        {
            final ProducerRecord<byte[], byte[]> record = source.next();
            final byte[] value = record.value();
            seen.add(null == record.key() ? "no key" : "key");
            seen.add(null == value ? "no value" : sizes(value.length));
            seen.add(record.headers().toArray().length > 0 ? "headers" : "no headers");
            seen.add(record.topic() + '-' + record.partition());
            assertTrue(null == value || value.length <= MAX_BYTES);
        }
        assertEquals(Set.of("no key", "key", "no value", "empty", "max", "some", "headers", "no headers",
            "a-0", "a-1", "a-2", "b-0"), seen);
    }

    private static String sizes(final int length)
    {
        return switch (length)
        {
            case 0 -> "empty";
            case MAX_BYTES -> "max";
            default -> "some";
        };
    }

    @Test
    void everyCodecAndModeArrives() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir).security(ClusterSecurity.SASL_SSL));
            Workload workload = new Workload(context()
                .cluster(cluster)
                .variants(ProducerVariant.all())
                .recordsPerProducer(RECORDS_PER_PRODUCER)))
        {
            workload.createTopics().start().awaitEnd();
            assertEquals(ProducerVariant.all().size() * RECORDS_PER_PRODUCER, workload.recordsSent());
            final long all = count(cluster, "read_uncommitted");
            assertEquals(workload.recordsSent(), all);
            final long committed = count(cluster, "read_committed");
            final long transactional = 5 * RECORDS_PER_PRODUCER;
            assertTrue(committed < all && committed > all - transactional, committed + " of " + all + " are committed");
        }
    }

    @Test
    void aProducerThatCannotWriteFailsTheWorkload()
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir));
            Workload workload = new Workload(new Workload.Context()
                .cluster(cluster)
                .topic(TopicSpec.of("a", 1))
                .producerProperty("max.request.size", "100")))
        {
            workload.createTopics().start();
            assertThrows(IllegalStateException.class, () -> workload.awaitRecords(1_000_000));
            assertThrows(IllegalStateException.class, workload::stop);
        }
    }

    private static long count(final KafkaCluster cluster, final String isolation)
    {
        final Properties properties = cluster.internalProperties();
        properties.setProperty("isolation.level", isolation);
        final List<TopicPartition> partitions = List.of(new TopicPartition("a", 0), new TopicPartition("a", 1),
            new TopicPartition("a", 2), new TopicPartition("b", 0));
        long number = 0;
        try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()))
        {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            final Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (!ends.entrySet().stream().allMatch((end) -> consumer.position(end.getKey()) >= end.getValue()))
            {
                for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100)))
                {
                    assertTrue(null == record.value() || record.value().length <= MAX_BYTES);
                    number++;
                }
            }
        }
        return number;
    }
}
