package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A running engine reads its shadow again: what is sound is found sound, and what is not is named. */
class ScrubTest
{
    private static final String TOPIC = "scrubbed";
    private static final String VICTIM = TOPIC + "-1";
    private static final int PARTITIONS = 2;
    private static final int RECORDS = 500;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private LinkConfig link;
    private EngineLauncher launcher;

    @Test
    void aFlippedBitIsFoundWhileReplicationGoesOn() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster"))))
        {
            link = new LinkConfig(dir).source(cluster)
                .set("shards", "1")
                .set("journal.segment.bytes", Integer.toString(1 << 20))
                .set("scrub.enabled", "true")
                .set("scrub.rate.bytes.per.second", "1GiB")
                .set("scrub.interval.ms", "100");
            launcher = new EngineLauncher(dir);
            write(cluster, 0);
            final SegmentFile.Batch damaged;
            try (EngineProcess engine = launcher.start(link.write()))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(cluster, link);
                assertClean(engine);
                damaged = damageAndFind(engine);
                goOn(cluster);
                final UmbraCommand.Result text = UmbraCommand.run("status", link.write().toString());
                assertTrue(text.out().contains("scrub: found "), text::toString);
                assertTrue(text.out().contains(" DAMAGE " + VICTIM + ": "), text::toString);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertEquals("STOPPED", scrub().get("state").asText());
            assertEquals(damaged.baseOffset(), scrub().get("findings").get(0).get("offset").asLong());
            repair(cluster);
        }
    }

    private JsonNode scrub() throws Exception
    {
        return StatusView.of(link).document().get("scrub");
    }

    private void write(final KafkaCluster cluster, final int seed) throws Exception
    {
        try (Workload workload = new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of(TOPIC, PARTITIONS))
            .recordBytes(0, 50_000)
            .recordsPerProducer(RECORDS + seed)))
        {
            if (0 == seed)
            {
                workload.createTopics();
            }
            workload.start().awaitEnd();
        }
    }

    /** Waits for a pass that began from now on. */
    private JsonNode awaitPass() throws Exception
    {
        final long next = scrub().get("pass").asLong() + 2;
        Await.until(() -> scrub().get("pass").asLong() >= next, () -> "pass " + next);
        return scrub();
    }

    private void assertClean(final EngineProcess engine) throws Exception
    {
        final JsonNode scrub = awaitPass();
        assertEquals(0, scrub.get("findings").size(), scrub::toString);
        assertNull(scrub.get("error").textValue(), scrub::toString);
        assertTrue(scrub.get("lastCompleted").isTextual(), scrub::toString);
        // All of it was compared with the source: the two numbers are of the same moment at the end of a pass only.
        Await.until(
            () -> engine.said("has read (\\d{7,}) bytes of sealed segments and compared \\1 with the source, 0 find"),
            engine::stderrTail);
    }

    private SegmentFile.Batch damageAndFind(final EngineProcess engine) throws Exception
    {
        final SegmentFile sealed = new SegmentFile(SegmentFile.of(link.journalDir().resolve(VICTIM)).get(0));
        final SegmentFile.Batch batch = sealed.batches().get(sealed.batches().size() / 2);
        SegmentFile.flipBit(sealed.file(), batch.middle());
        Await.until(() -> !scrub().get("findings").isEmpty(), () -> "the finding");
        awaitPass();
        final JsonNode findings = scrub().get("findings");
        assertEquals(1, findings.size(), findings::toString);
        final JsonNode finding = findings.get(0);
        final String segment = sealed.file().getFileName().toString();
        assertEquals("CORRUPT", finding.get("kind").asText());
        assertEquals(TOPIC, finding.get("topic").asText());
        assertEquals(1, finding.get("partition").asInt());
        assertEquals(segment, finding.get("segment").asText());
        assertEquals(batch.baseOffset(), finding.get("offset").asLong());
        assertEquals(batch.lastOffset(), finding.get("lastOffset").asLong());
        assertEquals(batch.position(), finding.get("position").asInt());
        final List<JsonNode> incidents = StatusView.of(link).incidents("DAMAGE");
        assertEquals(1, incidents.size(), incidents::toString);
        assertEquals(batch.baseOffset(), incidents.get(0).get("fromOffset").asLong());
        assertTrue(
            engine.said(VICTIM + ": CORRUPT offset " + batch.baseOffset() + " .*" + segment), engine::stderrTail);
        return batch;
    }

    private void goOn(final KafkaCluster cluster) throws Exception
    {
        final Map<String, Long> before = LinkStatus.ends(link);
        write(cluster, 1);
        LinkStatus.awaitBeyond(link, before);
        LinkStatus.awaitActive(link);
    }

    /** As the manual says: a start that checks all cuts the log there, and fetches again. */
    private void repair(final KafkaCluster cluster) throws Exception
    {
        link.set("journal.recovery.check.bytes", "1GiB");
        try (EngineProcess engine = launcher.start(link.write()))
        {
            engine.awaitReady();
            Shadowed.assertIdentical(cluster, link);
            Await.until(() -> scrub().get("findings").isEmpty(), () -> "a clean pass");
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
    }
}
