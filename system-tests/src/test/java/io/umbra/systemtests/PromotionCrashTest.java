package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A shadow in the worst state that there is: history taken back by the source, engine killed, tail torn. */
class PromotionCrashTest
{
    private static final String TAIL = "tail";
    private static final String LOAD = "load";
    private static final int HEADER_BYTES = 61;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @Test
    void whatIsWholeIsPromoted() throws Exception
    {
        final Workload.Context context = new Workload.Context();
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source")));
            Workload workload = new Workload(context
                .cluster(source)
                .topic(TopicSpec.of(LOAD, 3))
                .variants(ProducerVariant.mixed())
                .recordBytes(1, 2_000)).createTopics())
        {
            source.admin().createTopics(List.of(new NewTopic(TAIL, 1, (short)1))).all().get();
            SourceRecords.write(source, TAIL, 0, 20);
            final LinkConfig link = new LinkConfig(dir).source(source).set("journal.segment.bytes", "262144");
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                StatusView.await(config, (status) -> 20 == status.endOffset(TAIL, 0));
                loseTail(source);
                StatusView.await(config, (status) -> 15 == status.endOffset(TAIL, 0));
                SourceRecords.write(source, TAIL, 0, 3);
                StatusView.await(config, (status) -> 18 == status.endOffset(TAIL, 0));
                workload.start();
                workload.awaitBytes(2 << 20);
                engine.kill9();
            }
            workload.stop();
            final Path torn = tear(link.journalDir().resolve(LOAD + "-1"));
            final long tornBytes = Files.size(torn);
            assertTrue(Files.isDirectory(link.journalDir().resolve("diverged")));
            try (PromotedNode node = new PromotedNode(dir.resolve("promoted"), 1))
            {
                final UmbraCommand.Result result = node.promote(config, "--json");
                assertEquals(0, result.exit(), result::toString);
                final JsonNode report = new ObjectMapper().readTree(result.out());
                report.get("topics").forEach((topic) -> topic.get("partitions").forEach((partition) ->
                    assertTrue(partition.get("damage").isNull(), report::toPrettyString)));
                assertEquals("stopped", report.get("engine").asText());
                // The shadow is as it was.
                assertEquals(tornBytes, Files.size(torn));
                node.start();
                assertPromoted(source, node, TAIL, report);
                assertPromoted(source, node, LOAD, report);
                assertCommittedEnd(node);
            }
        }
    }

    /** The source loses its last five records in a power failure. */
    private static void loseTail(final KafkaCluster source) throws Exception
    {
        source.kill(1);
        LostTailTest.cutAt(source.logDir(1).resolve(TAIL + "-0").resolve("00000000000000000000.log"), 15);
        source.restart(1);
    }

    /** Half a batch at the end, as a kill in the middle of a write may leave it. Returns the file. */
    private static Path tear(final Path partition) throws Exception
    {
        final List<Path> segments = SegmentFile.of(partition);
        final Path active = segments.get(segments.size() - 1);
        final byte[] bytes = Files.readAllBytes(segments.get(0));
        Files.write(active, Arrays.copyOf(bytes, HEADER_BYTES + 5), StandardOpenOption.APPEND);
        return active;
    }

    /** Every record is the source's at its offset, and none is missing in between. */
    private static void assertPromoted(
        final KafkaCluster source, final PromotedNode node, final String topic, final JsonNode report)
    {
        final Map<String, String> original;
        final Map<String, String> promoted;
        try (KafkaConsumer<byte[], byte[]> consumer = Reading.consumer(source, Map.of()))
        {
            original = rows(consumer, topic);
        }
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
        {
            promoted = rows(consumer, topic);
        }
        final Map<Integer, Long> ends = ends(report, topic);
        original.keySet().removeIf((key) -> !isBelow(ends, key));
        assertEquals(original, promoted);
        assertTrue(promoted.size() >= 18, promoted.size() + " records of " + topic);
    }

    private static boolean isBelow(final Map<Integer, Long> ends, final String key)
    {
        final String[] parts = key.split("@");
        return Long.parseLong(parts[1]) < ends.get(Integer.parseInt(parts[0]));
    }

    private static Map<Integer, Long> ends(final JsonNode report, final String topic)
    {
        final Map<Integer, Long> ends = new TreeMap<>();
        for (final JsonNode candidate : report.get("topics"))
        {
            if (topic.equals(candidate.get("name").asText()))
            {
                candidate.get("partitions").forEach((partition) ->
                    ends.put(partition.get("partition").asInt(), partition.get("endOffset").asLong()));
            }
        }
        return ends;
    }

    private static Map<String, String> rows(final KafkaConsumer<byte[], byte[]> consumer, final String topic)
    {
        final Map<String, String> rows = new TreeMap<>();
        for (final ConsumerRecord<byte[], byte[]> record : Reading.all(consumer, topic))
        {
            rows.put(record.partition() + "@" + record.offset(), record.timestamp() + ": " +
                Arrays.hashCode(record.key()) + " " + Arrays.hashCode(record.value()));
        }
        return rows;
    }

    /** No transaction hangs: who reads what is committed gets to the end. */
    private static void assertCommittedEnd(final PromotedNode node)
    {
        try (KafkaConsumer<byte[], byte[]> committed = node.consumer(Map.of("isolation.level", "read_committed"));
            KafkaConsumer<byte[], byte[]> all = node.consumer(Map.of()))
        {
            Reading.all(committed, LOAD);
            Reading.all(all, LOAD);
            committed.assignment().forEach((partition) ->
                assertEquals(all.position(partition), committed.position(partition), partition::toString));
        }
    }
}
