package io.umbra.systemtests;

import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.LongStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A Kafka Streams application with a state, exactly once: stopped at the source, started as it is on the promoted
 * cluster, where it counts on from its changelog.
 */
class PromotionStreamsTest
{
    private static final String WORDS = "words";
    private static final String TOTALS = "totals";
    private static final String APPLICATION = "counter";
    private static final int KEYS = 5;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static KafkaStreams application(final Properties client, final Path state)
    {
        final StreamsBuilder builder = new StreamsBuilder();
        builder.stream(WORDS, Consumed.with(Serdes.String(), Serdes.String()))
            .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
            .count(Materialized.<String, Long>as(Stores.inMemoryKeyValueStore("counts"))
                .withKeySerde(Serdes.String()).withValueSerde(Serdes.Long()).withCachingDisabled())
            .toStream()
            .mapValues((count) -> Long.toString(count))
            .to(TOTALS, Produced.with(Serdes.String(), Serdes.String()));
        final Properties properties = new Properties();
        properties.putAll(client);
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        return new KafkaStreams(builder.build(), properties);
    }

    private static void write(final KafkaProducer<byte[], byte[]> producer, final int from, final int to)
        throws Exception
    {
        for (int i = from; i < to; i++)
        {
            producer.send(new ProducerRecord<>(
                WORDS, ("key " + i % KEYS).getBytes(StandardCharsets.UTF_8), new byte[10])).get();
        }
    }

    /** What a reader of committed records sees, by key and in order. */
    private static Map<String, List<Long>> totals(final KafkaConsumer<byte[], byte[]> consumer)
    {
        final Map<String, List<Long>> totals = new HashMap<>();
        for (final ConsumerRecord<byte[], byte[]> total : Reading.all(consumer, TOTALS))
        {
            totals.computeIfAbsent(new String(total.key(), StandardCharsets.UTF_8), (key) -> new ArrayList<>())
                .add(Long.valueOf(Reading.text(total)));
        }
        return totals;
    }

    private static boolean isCounted(final Map<String, List<Long>> totals, final int each)
    {
        return KEYS == totals.size() && totals.values().stream().allMatch((counts) -> counts.size() >= each);
    }

    private static void assertCounted(final Map<String, List<Long>> totals, final int each)
    {
        assertEquals(KEYS, totals.size());
        totals.forEach((key, counts) -> assertEquals(LongStream.rangeClosed(1, each).boxed().toList(), counts, key));
    }

    @Test
    void itCountsOnFromItsState() throws Exception
    {
        final Map<String, String> committedOnly = Map.of("isolation.level", "read_committed");
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source")));
            PromotedNode node = new PromotedNode(dir.resolve("promoted"), 1))
        {
            source.admin().createTopics(List.of(
                new NewTopic(WORDS, 1, (short)1), new NewTopic(TOTALS, 1, (short)1))).all().get();
            final LinkConfig link = new LinkConfig(dir).source(source).set("groups.sync.interval.ms", "200");
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                try (KafkaProducer<byte[], byte[]> producer = Producers.create(source, Map.of());
                    KafkaConsumer<byte[], byte[]> consumer = Reading.consumer(source, committedOnly))
                {
                    write(producer, 0, 20 * KEYS);
                    try (KafkaStreams streams = application(source.internalProperties(), dir.resolve("state")))
                    {
                        streams.start();
                        Await.until(() -> isCounted(totals(consumer), 20), engine::stderrTail);
                        assertTrue(streams.close(CLOSE_TIMEOUT));
                    }
                    write(producer, 20 * KEYS, 30 * KEYS);
                }
                Await.until(() -> MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).groupOffsets().stream()
                    .anyMatch((offset) -> APPLICATION.equals(offset.groupId()) && 20 * KEYS == offset.offset()),
                    engine::stderrTail);
                final UmbraCommand.Result result = node.promote(link.write(), "--drain");
                assertEquals(0, result.exit(), result::toString);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            node.start();
            final Properties client = new Properties();
            client.setProperty("bootstrap.servers", node.bootstrapServers());
            try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(committedOnly);
                KafkaProducer<byte[], byte[]> producer = node.producer(Map.of());
                KafkaStreams streams = application(client, dir.resolve("state of another machine")))
            {
                assertCounted(totals(consumer), 20);
                streams.start();
                write(producer, 30 * KEYS, 35 * KEYS);
                Await.until(() -> isCounted(totals(consumer), 35), node::logTail);
                assertTrue(streams.close(CLOSE_TIMEOUT));
                assertCounted(totals(consumer), 35);
            }
        }
    }
}
