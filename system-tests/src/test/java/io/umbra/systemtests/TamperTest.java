package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Damage done to a journal by hand, between two runs: repaired, or reported as what it is. */
class TamperTest
{
    private static final String TOPIC = "tampered";
    private static final int PARTITIONS = 3;
    /** The partition that is damaged. */
    private static final String VICTIM = TOPIC + "-1";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path sharedDir;
    private static KafkaCluster cluster;
    private static Path cleanJournal;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private LinkConfig link;
    private Path victim;

    @BeforeAll
    static void makeOneCleanShadow() throws Exception
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(sharedDir.resolve("cluster")));
        try (Workload workload = new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of(TOPIC, PARTITIONS))
            .recordBytes(0, 50_000)
            .recordsPerProducer(500)))
        {
            workload.createTopics().start().awaitEnd();
        }
        final LinkConfig link = config(sharedDir);
        Shadowed.catchUp(new EngineLauncher(sharedDir), cluster, link);
        cleanJournal = link.journalDir();
    }

    @AfterAll
    static void stopTheSource()
    {
        cluster.close();
    }

    private static LinkConfig config(final Path dir)
    {
        return new LinkConfig(dir).source(cluster)
            .set("shards", "1")
            .set("journal.segment.bytes", Integer.toString(1 << 20));
    }

    @BeforeEach
    void copyTheShadow() throws IOException
    {
        link = config(dir);
        Shadowed.copy(cleanJournal, link.journalDir());
        victim = link.journalDir().resolve(VICTIM);
        assertTrue(SegmentFile.of(victim).size() > 2, "wants several segments");
    }

    /** Starts the engine on the damaged journal; in the end everything is as at the source, by every measure. */
    private EngineProcess repair() throws Exception
    {
        final EngineProcess engine = Shadowed.catchUp(new EngineLauncher(dir), cluster, link);
        UmbraCommand.assertVerified(link.write());
        final StockTools.Verdict verdict = StockTools.checkPartitions(StockTools.partitionDirs(link.journalDir()));
        assertEquals(List.of(), verdict.findings());
        LedgerView.read(link.write()).assertContiguous();
        return engine;
    }

    /** The engine says of the damaged partition, and of no other, what it found. */
    private void assertReported(final EngineProcess engine, final String regex)
    {
        assertTrue(engine.said("(?i)" + VICTIM + ".*" + regex), () -> "wants " + regex + ":\n" + engine.stderrTail());
        for (final String other : List.of(TOPIC + "-0", TOPIC + "-2"))
        {
            assertFalse(engine.said("(?i)" + other + ".*(torn|corrupt|missing|short)"), engine::stderrTail);
        }
    }

    /** The ledger tells of a log that became shorter, to this offset. */
    private void assertTruncated(final long from, final long to) throws Exception
    {
        final List<JsonNode> truncated = LedgerView.read(link.write()).ofType("Truncated").toList();
        assertEquals(1, truncated.size(), truncated::toString);
        assertEquals(VICTIM, LedgerView.partition(truncated.get(0)));
        assertEquals(from, truncated.get(0).get("fromOffset").asLong());
        assertEquals(to, truncated.get(0).get("toOffset").asLong());
    }

    /** What was once durable is never thrown away: it lies in a directory of its own. */
    private void assertSetAside(final byte[] bytes) throws IOException
    {
        final Path damaged = link.journalDir().resolve("damaged");
        assertTrue(Files.isDirectory(damaged), damaged + " does not exist");
        try (Stream<Path> files = Files.walk(damaged))
        {
            for (final Path file : files.filter(Files::isRegularFile).toList())
            {
                if (Arrays.equals(bytes, Files.readAllBytes(file)))
                {
                    return;
                }
            }
        }
        throw new AssertionError("no file below " + damaged + " has the bytes that were cut off");
    }

    private static byte[] tail(final SegmentFile segment, final int position) throws IOException
    {
        final byte[] bytes = Files.readAllBytes(segment.file());
        return Arrays.copyOfRange(bytes, position, bytes.length);
    }

    @Test
    void aTornBatch() throws Exception
    {
        final SegmentFile active = SegmentFile.active(victim);
        final SegmentFile.Batch last = active.last();
        SegmentFile.truncate(active.file(), last.position() + last.length() / 2);
        final byte[] torn = tail(active, last.position());
        assertReported(repair(), "torn.?batch.*\\b" + last.baseOffset() + "\\b");
        assertTruncated(last.lastOffset() + 1, last.baseOffset());
        assertSetAside(torn);
    }

    @Test
    void aTornBatchHeader() throws Exception
    {
        final SegmentFile active = SegmentFile.active(victim);
        SegmentFile.truncate(active.file(), active.last().position() + 5);
        assertReported(repair(), "torn.?batch.*\\b" + active.last().baseOffset() + "\\b");
        assertTruncated(active.last().lastOffset() + 1, active.last().baseOffset());
    }

    @Test
    void aFlippedBitInTheTail() throws Exception
    {
        final SegmentFile active = SegmentFile.active(victim);
        final SegmentFile.Batch last = active.last();
        SegmentFile.flipBit(active.file(), last.middle());
        final byte[] corrupt = tail(active, last.position());
        assertReported(repair(), "corrupt.?batch.*\\b" + last.baseOffset() + "\\b");
        assertTruncated(last.lastOffset() + 1, last.baseOffset());
        assertSetAside(corrupt);
    }

    @Test
    void aTailCutOffBetweenTwoBatches() throws Exception
    {
        final SegmentFile active = SegmentFile.active(victim);
        final SegmentFile.Batch first = active.batches().get(active.batches().size() / 2);
        SegmentFile.truncate(active.file(), first.position());
        assertReported(repair(), "short.?log");
        assertTruncated(active.last().lastOffset() + 1, first.baseOffset());
    }

    @Test
    void aTornIndex() throws Exception
    {
        final Path index = new SegmentFile(SegmentFile.of(victim).get(0)).sibling(".index");
        SegmentFile.truncate(index, Files.size(index) - 3);
        assertReported(repair(), "torn.?index");
    }

    @Test
    void aTornTimeIndex() throws Exception
    {
        final Path index = new SegmentFile(SegmentFile.of(victim).get(0)).sibling(".timeindex");
        SegmentFile.truncate(index, Files.size(index) - 3);
        assertReported(repair(), "torn.?(time.?)?index");
    }

    @Test
    void aMissingIndex() throws Exception
    {
        final SegmentFile first = new SegmentFile(SegmentFile.of(victim).get(0));
        final byte[] index = Files.readAllBytes(first.sibling(".index"));
        Files.delete(first.sibling(".index"));
        assertReported(repair(), "missing.?index");
        assertEquals(Arrays.toString(index),
            Arrays.toString(Files.readAllBytes(first.sibling(".index"))));
    }

    @Test
    void aTornLedgerEntry() throws Exception
    {
        final int length = 132;
        CycleFile.youngest(link.journalDir().resolve("ledger").resolve("shard-0")).appendTornEntry(length);
        final long commits = LedgerView.read(link.write()).commits().count();
        repair();
        assertEquals(commits, LedgerView.read(link.write()).commits().count());
    }

    @Test
    void verifyNamesABitThatWasFlippedInASealedSegment() throws Exception
    {
        final SegmentFile sealed = new SegmentFile(SegmentFile.of(victim).get(1));
        final SegmentFile.Batch batch = sealed.batches().get(sealed.batches().size() / 2);
        SegmentFile.flipBit(sealed.file(), batch.middle());
        final Path config = link.write();
        for (final String[] depth : new String[][]{{}, {"--deep"}})
        {
            final UmbraCommand.Result result = UmbraCommand.run(
                Stream.concat(Stream.of("verify", config.toString()), Stream.of(depth)).toArray(String[]::new));
            assertEquals(1, result.exit(), result::toString);
            assertTrue(result.out().lines().anyMatch((line) ->
                line.contains(VICTIM) && line.matches(".*\\b" + batch.baseOffset() + "\\b.*")), result::toString);
            assertFalse(result.out().matches("(?s).*(corrupt|differ)[^\\n]*" + TOPIC + "-0.*"), result::toString);
        }
        // Other topics are none of its business.
        assertEquals(0, UmbraCommand.run("verify", config.toString(), "--topics", "other.*").exit());
        SegmentFile.flipBit(sealed.file(), batch.middle());
        UmbraCommand.assertVerified(config);
    }

    @Test
    void aRunningEngineIsVerifiedToo() throws Exception
    {
        try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
        {
            engine.awaitReady();
            UmbraCommand.assertVerified(link.write());
            final SegmentFile sealed = new SegmentFile(SegmentFile.of(victim).get(0));
            SegmentFile.flipBit(sealed.file(), sealed.batches().get(0).middle());
            assertEquals(1, UmbraCommand.run("verify", link.write().toString()).exit());
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
    }
}
