package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a report says, against what is measured apart from it: losses, ends, digests, leader epochs, checksums. */
class PromotionEvidenceTest
{
    private static final String ORDERS = "orders";
    private static final String AUDIT = "audit";
    private static final TopicPartition ORDERS_0 = new TopicPartition(ORDERS, 0);
    private static final TopicPartition ORDERS_1 = new TopicPartition(ORDERS, 1);
    private static final int RECORDS = 60;
    private static final int LOST = 9;
    private static final int LATE = 7;
    /** How far above the source the promoted cluster begins. */
    private static final int EPOCH_MARGIN = 1_000;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private KafkaCluster source;
    private LinkConfig link;
    private Path config;

    @Test
    void whatItSaysIsSo() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            source = cluster;
            source.admin().createTopics(List.of(
                new NewTopic(ORDERS, 2, (short)1), new NewTopic(AUDIT, 1, (short)1))).all().get();
            link = new LinkConfig(dir).source(source).set("groups.sync.interval.ms", "200");
            config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                SourceRecords.write(source, AUDIT, 0, RECORDS);
                final int epoch = leadAnew();
                whatIsLateIsWaitedFor();
                loseSome();
                promote(epoch);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    private void run(final String command) throws Exception
    {
        final UmbraCommand.Result result = UmbraCommand.run(command, config.toString());
        assertEquals(0, result.exit(), result::toString);
    }

    /** Leaders change, a group reads and commits, and leaders change once more, with nothing written since. */
    private int leadAnew() throws Exception
    {
        writeOrders();
        restart();
        writeOrders();
        try (KafkaConsumer<byte[], byte[]> consumer =
            Reading.consumer(source, Reading.group("readers", "classic")))
        {
            assertEquals(4 * RECORDS, Reading.take(consumer, ORDERS, 4 * RECORDS).size());
        }
        final int committed = source.admin().listConsumerGroupOffsets("readers").partitionsToOffsetAndMetadata().get()
            .get(ORDERS_0).leaderEpoch().orElse(-1);
        assertTrue(committed > 0, () -> "committed in epoch " + committed);
        writeOrders();
        restart();
        final int epoch = sourceEnd(ORDERS_1).leaderEpoch().orElse(-1);
        assertTrue(epoch > committed, () -> "leader epoch " + epoch);
        Shadowed.assertIdentical(source, link);
        StatusView.await(config, (status) -> epoch == status.partition(ORDERS, 1).get("leaderEpoch").asInt());
        Await.until(() -> 2 == MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).groupOffsets().size(),
            () -> "positions of the group");
        return epoch;
    }

    private void writeOrders() throws Exception
    {
        SourceRecords.write(source, ORDERS, 0, RECORDS);
        SourceRecords.write(source, ORDERS, 1, RECORDS);
    }

    private void restart()
    {
        source.stop(1);
        source.restart(1);
    }

    private ListOffsetsResult.ListOffsetsResultInfo sourceEnd(final TopicPartition partition) throws Exception
    {
        return source.admin().listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get();
    }

    /** A planned promotion of a topic whose shadow is behind: it says so, and goes on when the shadow does. */
    private void whatIsLateIsWaitedFor() throws Exception
    {
        run("pause");
        SourceRecords.write(source, AUDIT, 0, LATE);
        final PromotedNode node = new PromotedNode(dir.resolve("audit"), 1);
        final List<String> arguments = new ArrayList<>(List.of("promote", "--drain", "--topics", AUDIT, "--json"));
        arguments.addAll(node.arguments(config));
        try (EngineProcess promotion = new EngineProcess(
            JavaCommand.umbra(List.of(), arguments), dir.resolve("promote.err")))
        {
            Await.until(() -> promotion.said("behind: audit-0 by " + LATE) || !promotion.isAlive(),
                promotion::stderrTail);
            assertTrue(promotion.isAlive(), promotion::stderrTail);
            assertTrue(promotion.said("waiting until all that the source has is here"), promotion::stderrTail);
            assertFalse(Files.exists(node.dir()));
            assertEquals("PAUSED", StatusView.of(config).topic(AUDIT).get("state").asText());
            run("resume");
            assertEquals(0, promotion.awaitExit(), promotion::stderrTail);
            Await.until(() -> promotion.stdout().contains("}"), promotion::stderrTail);
            // Once is enough for what does not change.
            assertEquals(1, promotion.stderr().lines().filter((line) -> line.startsWith("waiting until")).count());
            final JsonNode report = new ObjectMapper().readTree(String.join("\n", promotion.stdout()));
            assertEquals("planned", report.get("mode").asText());
            assertEquals(0, report.get("loss").get("records").asLong());
            assertEquals(0, report.get("loss").get("ms").asLong());
            final JsonNode partition = partition(report, 0);
            assertEquals(RECORDS + LATE, partition.get("endOffset").asLong());
            assertEquals(RECORDS + LATE, partition.get("sourceHighWatermark").asLong());
            assertDigest(new TopicPartition(AUDIT, 0), partition);
        }
        node.start();
        try (node; KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
        {
            assertEquals(RECORDS + LATE, Reading.all(consumer, AUDIT).size());
        }
    }

    private static JsonNode partition(final JsonNode report, final int number)
    {
        assertEquals(1, report.get("topics").size(), report::toPrettyString);
        return report.get("topics").get(0).get("partitions").get(number);
    }

    /** The source is seen to have more than the shadow, and is gone. */
    private void loseSome() throws Exception
    {
        run("pause");
        SourceRecords.write(source, ORDERS, 1, LOST);
        // In the first look at them that the engine takes they may have no age yet.
        final JsonNode[] loss = new JsonNode[1];
        Await.until(() ->
        {
            final UmbraCommand.Result plan = new PromotedNode(dir.resolve("promoted"), 1)
                .promote(config, "--topics", ORDERS, "--dry-run", "--json");
            assertEquals(0, plan.exit(), plan::toString);
            loss[0] = new ObjectMapper().readTree(plan.out()).get("loss");
            return LOST == loss[0].get("records").asLong() && loss[0].get("ms").asLong() > 0;
        }, () -> "a loss of " + LOST + " records: " + loss[0]);
        source.kill(1);
    }

    private void promote(final int epoch) throws Exception
    {
        try (PromotedNode node = new PromotedNode(dir.resolve("promoted"), 1))
        {
            final Instant before = Instant.now();
            final UmbraCommand.Result result = node.promote(config, "--topics", ORDERS, "--json");
            assertEquals(0, result.exit(), result::toString);
            final JsonNode report = new ObjectMapper().readTree(result.out());
            final JsonNode whole = partition(report, 0);
            final JsonNode lacking = partition(report, 1);
            assertEquals(3 * RECORDS, whole.get("endOffset").asLong());
            assertEquals(3 * RECORDS, whole.get("sourceHighWatermark").asLong());
            assertEquals(0, whole.get("lossRecords").asLong());
            assertEquals(0, whole.get("lossMs").asLong());
            assertEquals(3 * RECORDS, lacking.get("endOffset").asLong());
            assertEquals(3 * RECORDS + LOST, lacking.get("sourceHighWatermark").asLong());
            assertEquals(LOST, lacking.get("lossRecords").asLong());
            assertTrue(lacking.get("lossMs").asLong() > 0, lacking::toString);
            assertTrue(Instant.parse(lacking.get("sampledAt").asText()).isBefore(before), lacking::toString);
            final JsonNode loss = report.get("loss");
            assertEquals(LOST, loss.get("records").asLong());
            assertEquals(lacking.get("lossMs"), loss.get("ms"));
            assertTrue(Instant.parse(loss.get("lastSeen").asText()).isBefore(before), loss::toString);
            assertTrue(loss.get("unknownMs").asLong() > 0, loss::toString);
            assertTrue(Files.readString(node.dir().resolve("promotion-report.txt"))
                .contains("known loss       " + LOST + " records, the oldest was "));
            assertDigest(ORDERS_0, whole);
            assertDigest(ORDERS_1, lacking);
            assertChecksums(node, report);
            for (final JsonNode partition : List.of(whole, lacking))
            {
                assertTrue(partition.get("leaderEpoch").asInt() - EPOCH_MARGIN >= epoch, partition::toString);
            }
            node.start();
            try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Reading.group("readers", "classic")))
            {
                // Those that were written after its commit.
                assertEquals(2 * RECORDS, Reading.take(consumer, ORDERS, 2 * RECORDS).size());
            }
        }
    }

    /** As {@code RollingDigest} says it is made, of what the source's broker has on its disk. */
    private void assertDigest(final TopicPartition partition, final JsonNode reported) throws Exception
    {
        long digest = 0;
        for (final Path file : SegmentFile.of(source.logDir(1).resolve(partition.toString())))
        {
            final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            for (final SegmentFile.Batch batch : new SegmentFile(file).batches())
            {
                if (batch.lastOffset() < reported.get("endOffset").asLong())
                {
                    final long epoch = bytes.getInt(batch.position() + 12);
                    final long crc = Integer.toUnsignedLong(bytes.getInt(batch.position() + 17));
                    digest = chained(chained(chained(digest, batch.baseOffset()), epoch << 32 | crc), batch.length());
                }
            }
        }
        assertEquals(Long.toHexString(digest), reported.get("digest").asText(), partition::toString);
    }

    private static long chained(final long digest, final long value)
    {
        return splitMix64(digest ^ splitMix64(value + 0x9E3779B97F4A7C15L));
    }

    private static long splitMix64(final long value)
    {
        final long first = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        final long second = (first ^ first >>> 27) * 0x94D049BB133111EBL;
        return second ^ second >>> 31;
    }

    /** The report's own, and those that it gives for other files, before a broker has been at them. */
    private static void assertChecksums(final PromotedNode node, final JsonNode report) throws Exception
    {
        assertEquals(List.of("promotion-report.json: OK", "promotion-report.txt: OK"),
            sha256sum(node.dir(), "promotion-report.sha256"));
        final List<String> lines = new ArrayList<>();
        report.get("checksums").properties().forEach((sum) ->
            lines.add(sum.getValue().asText() + "  " + sum.getKey()));
        assertEquals(2, lines.size(), lines::toString);
        Files.write(node.dir().resolve("checksums"), lines);
        assertEquals(List.of(
            node.logDir().resolve("bootstrap.checkpoint") + ": OK", node.logDir().resolve("meta.properties") + ": OK"),
            sha256sum(node.dir(), "checksums"));
    }

    private static List<String> sha256sum(final Path folder, final String file) throws Exception
    {
        final UmbraCommand.Result result =
            UmbraCommand.run(List.of("sh", "-c", "cd '" + folder + "' && LC_ALL=C sha256sum -c " + file));
        assertEquals(0, result.exit(), result::toString);
        return result.out().lines().toList();
    }
}
