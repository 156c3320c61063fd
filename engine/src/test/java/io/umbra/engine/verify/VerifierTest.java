package io.umbra.engine.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.verify.Difference.Kind;
import io.umbra.journal.AppendResult;
import io.umbra.journal.BatchBytes;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import io.umbra.journal.RollingDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

import static io.umbra.engine.verify.SimulatedSource.baseOffset;
import static io.umbra.engine.verify.SimulatedSource.batch;
import static io.umbra.engine.verify.SimulatedSource.lastOffset;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class VerifierTest
{
    private static final int BATCHES = 200;
    private static final int RECORDS = 5;
    private static final int SEGMENT_BYTES = 12_000;
    private static final SourcePartition ORDERS = SimulatedSource.name("orders", 1);

    @TempDir
    private Path journalDir;
    private final SimulatedSource source = new SimulatedSource();
    private boolean isDeep;
    private boolean isFromEarliest = true;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void findsThatTheSameIsTheSame(final boolean deep) throws Exception
    {
        isDeep = deep;
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        assertTrue(segments().size() > 3, "more than one segment");
        final PartitionVerdict verdict = verifyOne();
        assertTrue(verdict.isIdentical());
        assertEquals(0, verdict.firstOffset());
        assertEquals(BATCHES * RECORDS, verdict.endOffset());
        assertEquals(BATCHES, verdict.batches());
        assertEquals(partition.batches.stream().mapToLong((batch) -> batch.length).sum(), verdict.bytes());
        assertEquals(digest(partition.batches), verdict.digest());
        assertEquals(0, verdict.lag());
        assertEquals(List.of(), verdict.notes());
        final VerifyReport report = verify();
        assertEquals(0, report.exitCode());
        assertTrue(report.text().lines().reduce((first, second) -> second).orElseThrow().startsWith(
            "identical: 1 of 1 partitions, 200 batches, "), report.text());
        assertEquals(deep, report.text().contains("every byte"));
    }

    @Test
    void comparesEveryBatchOfEverySize() throws Exception
    {
        final SimulatedSource.Partition partition = source.add(ORDERS);
        long offset = 0;
        for (int i = 0; i < 60; i++)
        {
            // Gaps, as compaction leaves them, and sizes from nothing to more than a fetch.
            partition.batches.add(batch(offset, 1 + i % 7, i / 20, i * i * 5));
            offset += 1 + i % 7 + i % 3;
        }
        partition.highWatermark = lastOffset(partition.batches.get(59)) + 1;
        shadow(ORDERS, partition.batches);
        isDeep = true;
        final PartitionVerdict verdict = verifyOne();
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(60, verdict.batches());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void namesABitThatWasFlippedInASealedSegment(final boolean deep) throws Exception
    {
        isDeep = deep;
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        final Path segment = segments().get(1);
        final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(segment));
        final long offset = bytes.getLong(0);
        flip(segment, 100);
        final VerifyReport report = verify();
        assertEquals(1, report.exitCode());
        final PartitionVerdict verdict = report.partitions().get(0);
        assertEquals(1, verdict.differences().size());
        final Difference difference = verdict.differences().get(0);
        assertEquals(Kind.CORRUPT, difference.kind());
        assertEquals(offset, difference.offset());
        assertEquals(offset + RECORDS - 1, difference.lastOffset());
        assertEquals(segment.toString(), difference.file());
        assertEquals(0, difference.position());
        assertEquals(deep, difference.text().contains("byte 100 of the batch"), difference.text());
        // All others are compared nevertheless.
        assertEquals(BATCHES, verdict.batches());
        assertTrue(report.text().lines().anyMatch((line) ->
            line.startsWith("orders-1: offset " + offset + " (to ") && line.contains(segment.toString())),
            report.text());
        assertTrue(report.text().lines().reduce((first, second) -> second).orElseThrow().startsWith(
            "NOT IDENTICAL: 1 difference in 1 partition; "), report.text());
    }

    @Test
    void findsABitFlippedInAnyByteOfAHeader() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        final Path segment = segments().get(1);
        final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(segment));
        // The second batch of the segment.
        final int position = 12 + bytes.getInt(8);
        final long offset = bytes.getLong(position);
        for (int i = 0; i < 61; i++)
        {
            flip(segment, position + i);
            final PartitionVerdict verdict = verifyOne();
            assertFalse(verdict.isIdentical(), "byte " + i);
            final int at = i;
            assertTrue(verdict.differences().stream().anyMatch((difference) ->
                difference.offset() <= offset && difference.lastOffset() >= offset),
                () -> "byte " + at + ": " + verdict);
            assertTrue(verdict.batches() > BATCHES - 20, () -> "byte " + at + ": " + verdict);
            flip(segment, position + i);
        }
        assertTrue(verifyOne().isIdentical());
    }

    @Test
    void findsABatchThatIsSoundButAnother() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        final List<byte[]> other = new ArrayList<>(partition.batches);
        final byte[] changed = other.get(77).clone();
        changed[70] ^= 1;
        other.set(77, SimulatedSource.seal(changed));
        shadow(ORDERS, other);
        final PartitionVerdict verdict = verifyOne();
        assertEquals(1, verdict.differences().size());
        assertEquals(Kind.CONTENT, verdict.differences().get(0).kind());
        assertEquals(77 * RECORDS, verdict.differences().get(0).offset());
    }

    @Test
    void onlyADeepLookFindsAnotherBatchWithTheSameHeader() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        // At the source: the shadow is sound in itself.
        partition.batches.get(50)[80] ^= 1;
        assertTrue(verifyOne().isIdentical());
        isDeep = true;
        final PartitionVerdict verdict = verifyOne();
        assertEquals(Kind.CONTENT, verdict.differences().get(0).kind());
        assertEquals(50 * RECORDS, verdict.differences().get(0).offset());
    }

    @Test
    void findsBatchesThatAreMissingInTheMiddle() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        final List<byte[]> holes = new ArrayList<>(partition.batches);
        holes.subList(30, 33).clear();
        shadow(ORDERS, holes);
        final PartitionVerdict verdict = verifyOne();
        assertEquals(1, verdict.differences().size(), verdict::toString);
        final Difference difference = verdict.differences().get(0);
        assertEquals(Kind.MISSING, difference.kind());
        assertEquals(150, difference.offset());
        assertEquals(164, difference.lastOffset());
        assertEquals(BATCHES - 3, verdict.batches());
    }

    @Test
    void findsBatchesThatTheSourceHasNot() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        partition.batches.subList(30, 33).clear();
        final PartitionVerdict verdict = verifyOne();
        assertEquals(1, verdict.differences().size(), verdict::toString);
        final Difference difference = verdict.differences().get(0);
        assertEquals(Kind.EXTRA, difference.kind());
        assertEquals(150, difference.offset());
        assertEquals(164, difference.lastOffset());
        assertTrue(difference.file() != null && difference.position() >= 0);
    }

    @Test
    void whatOnlyTheShadowHasIsNoDifferenceWhereTheSourceCompacts() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        partition.batches.subList(30, 33).clear();
        partition.batches.remove(50);
        source.policy = CleanupPolicy.of("compact,delete");
        final PartitionVerdict verdict = verifyOne();
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(
            new Compaction("compact,delete", BATCHES - 4, 0, 4, 4 * RECORDS, 150, 269), verdict.compaction());
        assertEquals(BATCHES - 4, verdict.batches());
        assertEquals(1, verdict.notes().size());
        assertTrue(verdict.notes().get(0).contains("offsets 150 to 269"), verdict::toString);
        final String text = verify().text();
        assertTrue(text.contains("not comparable: 20 records removed by compaction"), text);
        assertFalse(text.contains("identical:"), text);
        final JsonNode json = new ObjectMapper().readTree(verify().json()).get("partitions").get(0);
        assertEquals("compact,delete", json.get("cleanupPolicy").asText());
        assertEquals(20, json.get("recordsRemovedByCompaction").asLong());
    }

    @Test
    void whatOnlyTheSourceHasIsADifferenceWhereItCompactsToo() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        final List<byte[]> copied = new ArrayList<>(partition.batches);
        copied.remove(70);
        shadow(ORDERS, copied);
        source.policy = CleanupPolicy.of("compact");
        final PartitionVerdict verdict = verifyOne();
        assertEquals(1, verdict.differences().size(), verdict::toString);
        assertEquals(Kind.MISSING, verdict.differences().get(0).kind());
        assertEquals(350, verdict.differences().get(0).offset());
        assertEquals(354, verdict.differences().get(0).lastOffset());
    }

    @Test
    void aBatchThatOnlyTheShadowHasIsSoundInItself() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        final long offset = ByteBuffer.wrap(Files.readAllBytes(segments().get(1))).getLong(0);
        partition.batches.removeIf((batch) -> baseOffset(batch) == offset);
        source.policy = CleanupPolicy.of("compact");
        assertTrue(verifyOne().isIdentical());
        flip(segments().get(1), 100);
        final PartitionVerdict verdict = verifyOne();
        assertEquals(1, verdict.differences().size(), verdict::toString);
        assertEquals(Kind.CORRUPT, verdict.differences().get(0).kind());
        assertEquals(offset, verdict.differences().get(0).offset());
    }

    @Test
    void compactionNeverMovesTheBoundsOfABatch() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        partition.batches.set(40, batch(201, 3, 1, 100));
        source.policy = CleanupPolicy.of("compact");
        final PartitionVerdict verdict = verifyOne();
        assertEquals(List.of(Kind.EXTRA, Kind.MISSING),
            verdict.differences().stream().map(Difference::kind).toList(), verdict::toString);
        assertEquals(200, verdict.differences().get(0).offset());
    }

    @Test
    void batchesWithTheSameContentAreNotTakenForEachOther() throws Exception
    {
        final SimulatedSource.Partition partition = source.add(ORDERS);
        for (int i = 0; i < 10; i++)
        {
            final byte[] batch = batch(0, RECORDS, 1, 100);
            ByteBuffer.wrap(batch).putLong(0, i * RECORDS);
            partition.batches.add(batch);
        }
        partition.highWatermark = 10 * RECORDS;
        shadow(ORDERS, partition.batches);
        partition.batches.subList(3, 5).clear();
        source.policy = CleanupPolicy.of("compact");
        final PartitionVerdict verdict = verifyOne();
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(new Compaction("compact", 8, 0, 2, 2 * RECORDS, 15, 24), verdict.compaction());
    }

    @Test
    void withoutThePolicyItComparesStrictlyAndSaysSo() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        partition.batches.subList(30, 33).clear();
        source.policy = CleanupPolicy.unknown("the source answered TOPIC_AUTHORIZATION_FAILED");
        final PartitionVerdict verdict = verifyOne();
        assertEquals(Kind.EXTRA, verdict.differences().get(0).kind());
        assertTrue(verdict.notes().get(0).contains("TOPIC_AUTHORIZATION_FAILED"), verdict::toString);
    }

    @Test
    void keepsTheFirstDifferencesAndCountsTheOthers() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        partition.batches.forEach((batch) -> batch[18] ^= 1);
        final PartitionVerdict verdict = verifyOne();
        assertEquals(10, verdict.differences().size());
        assertEquals(BATCHES - 10, verdict.moreDifferences());
    }

    @Test
    void aShadowThatIsBehindIsToldButIsNoDifference() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches.subList(0, 150));
        final VerifyReport report = verify();
        assertEquals(0, report.exitCode());
        assertEquals(50 * RECORDS, report.partitions().get(0).lag());
        assertTrue(report.text().contains("  lag 250"), report.text());
        assertTrue(report.text().contains("the shadow is 250 offsets behind"), report.text());
    }

    @Test
    void aShadowThatIsAheadIsADifference() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        partition.highWatermark = 900;
        final PartitionVerdict verdict = verifyOne();
        assertEquals(1, verdict.differences().size());
        assertEquals(Kind.AHEAD, verdict.differences().get(0).kind());
        assertEquals(900, verdict.differences().get(0).offset());
        assertEquals(999, verdict.differences().get(0).lastOffset());
        assertEquals(180, verdict.batches());
        // It asked again before it said so.
        assertEquals(3, partition.opened);
    }

    @Test
    void aGapAtTheStartIsToldWhereItShouldNotBe() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches.subList(20, BATCHES));
        final PartitionVerdict verdict = verifyOne();
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(100, verdict.firstOffset());
        assertEquals(1, verdict.notes().size());
        isFromEarliest = false;
        assertEquals(List.of(), verifyOne().notes());
    }

    @Test
    void comparesOnlyWhatTheSourceStillHas() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        // Inside a batch, which both hold whole.
        partition.logStartOffset = 502;
        partition.batches.subList(0, 100).clear();
        final PartitionVerdict verdict = verifyOne();
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(500, verdict.firstOffset());
        assertEquals(100, verdict.batches());
    }

    @Test
    void whatTheSourceDropsMeanwhileIsNoDifference() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        partition.onFetch = () ->
        {
            if (partition.logStartOffset == 0)
            {
                partition.onFetch = () ->
                {
                    partition.logStartOffset = 500;
                    partition.batches.removeIf((batch) -> lastOffset(batch) < 500);
                };
            }
        };
        final PartitionVerdict verdict = verifyOne();
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(0, verdict.firstOffset());
        assertEquals(1000, verdict.endOffset());
        assertTrue(verdict.batches() < BATCHES);
    }

    @Test
    void whatTheShadowDropsMeanwhileIsNoDifference() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        final List<Path> segments = segments();
        partition.onFetch = () ->
        {
            try
            {
                // Not the one that is being read.
                for (final Path segment : segments.subList(0, 3))
                {
                    Files.deleteIfExists(segment);
                }
            }
            catch (final IOException ex)
            {
                throw new AssertionError(ex);
            }
        };
        final PartitionVerdict verdict = verifyOne();
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(1000, verdict.endOffset());
        assertTrue(verdict.batches() < BATCHES);
    }

    @Test
    void goesOnBehindBytesThatAreNoBatch() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        final Path segment = segments().get(2);
        final long offset = ByteBuffer.wrap(Files.readAllBytes(segment)).getLong(0);
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE))
        {
            channel.write(ByteBuffer.allocate(300), 0);
        }
        final PartitionVerdict verdict = verifyOne();
        assertEquals(1, verdict.differences().size(), verdict::toString);
        final Difference difference = verdict.differences().get(0);
        assertEquals(Kind.UNREADABLE, difference.kind());
        assertEquals(offset, difference.offset());
        assertEquals(segment.toString(), difference.file());
        assertEquals(1000, verdict.endOffset());
        assertTrue(verdict.batches() > BATCHES - 30, verdict::toString);
    }

    @Test
    void tellsOfGarbageAtTheEndOfTheShadow() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        final List<Path> segments = segments();
        Files.write(segments.get(segments.size() - 1), new byte[500], StandardOpenOption.APPEND);
        partition.batches.add(batch(1000, RECORDS, 1, 100));
        partition.highWatermark = 1005;
        final PartitionVerdict verdict = verifyOne();
        assertEquals(1, verdict.differences().size(), verdict::toString);
        assertEquals(Kind.UNREADABLE, verdict.differences().get(0).kind());
        assertEquals(1000, verdict.differences().get(0).offset());
        assertEquals(BATCHES, verdict.batches());
        assertEquals(5, verdict.lag());
    }

    @Test
    void aTornBatchAtTheEndIsNoDifference() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        final List<Path> segments = segments();
        final byte[] next = batch(1000, RECORDS, 1, 100);
        Files.write(segments.get(segments.size() - 1), Arrays.copyOf(next, 90), StandardOpenOption.APPEND);
        partition.batches.add(next);
        partition.highWatermark = 1005;
        final PartitionVerdict verdict = verifyOne();
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(5, verdict.lag());
    }

    @Test
    void aTopicThatWasCreatedAgainIsAnother() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        source.partitions.clear();
        source.partitions.put(new SourcePartition("orders", 1, new UUID(8, 8)), partition);
        assertEquals(Kind.TOPIC_ID, verifyOne().differences().get(0).kind());
        // An old source has no ids.
        source.partitions.clear();
        source.partitions.put(new SourcePartition("orders", 1, new UUID(0, 0)), partition);
        assertTrue(verifyOne().isIdentical());
    }

    @Test
    void tellsOfPartitionsThatOnlyOneSideHas() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        fill(SimulatedSource.name("new", 0), 10);
        shadow(SimulatedSource.name("gone", 0), partition.batches);
        fill(SimulatedSource.name("other", 0), 10);
        final List<String> progress = new ArrayList<>();
        final VerifyReport report = Verifier.verify(
            new VerifySettings(journalDir, (topic) -> !"other".equals(topic), false, true), source,
            (name, done, partitions, bytes) -> progress.add(name + ' ' + done + '/' + partitions));
        assertEquals(List.of("gone-0 0/3", "new-0 1/3", "orders-1 2/3"), progress);
        assertEquals(0, report.exitCode());
        assertEquals(List.of("gone-0", "new-0", "orders-1"),
            report.partitions().stream().map(PartitionVerdict::name).toList());
        assertEquals(List.of("the source has no such partition"), report.partitions().get(0).notes());
        assertEquals(List.of("the shadow has no such partition yet"), report.partitions().get(1).notes());
        assertEquals(50, report.partitions().get(1).lag());
    }

    @Test
    void doesNotCallNothingIdentical() throws Exception
    {
        fill(ORDERS, BATCHES);
        final VerifyReport report = Verifier.verify(
            new VerifySettings(journalDir.resolve("missing"), (topic) -> true, false, true), source,
            VerifyProgress.NONE);
        assertFalse(report.text().contains("identical"), report.text());
        assertTrue(report.text().contains("nothing to compare"), report.text());
    }

    @Test
    void aPartitionThatCannotBeReadIsNotIdentical() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        source.failure = new IOException("leader is down");
        final VerifyReport report = verify();
        assertEquals(1, report.exitCode());
        assertEquals("leader is down", report.partitions().get(0).error());
        assertTrue(report.text().contains("orders-1: not verified to the end: leader is down"), report.text());
    }

    @Test
    void failsWhenTheSourceAnswersGarbage() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        ByteBuffer.wrap(partition.batches.get(3)).putInt(8, -5);
        assertTrue(verifyOne().error().contains("no whole batch"));
    }

    @Test
    void passesOnThatTheSourceCannotBeListed()
    {
        final VerifySource broken = new VerifySource()
        {
            @Override
            public List<SourcePartition> partitions() throws IOException
            {
                throw new IOException("no broker");
            }

            @Override
            public SourceBatches open(final SourcePartition partition)
            {
                throw new AssertionError("not asked for");
            }

            @Override
            public Map<String, CleanupPolicy> cleanupPolicies(final Collection<String> topics)
            {
                throw new AssertionError("not asked for");
            }

            @Override
            public BatchRecords records(final ByteBuffer batch)
            {
                throw new AssertionError("not asked for");
            }
        };
        assertThrows(IOException.class, () -> Verifier.verify(settings(), broken, VerifyProgress.NONE));
    }

    @Test
    void hasAJsonForm() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        flip(segments().get(0), 100);
        final JsonNode document = new ObjectMapper().readTree(verify().json());
        assertFalse(document.get("identical").asBoolean());
        final JsonNode json = document.get("partitions").get(0);
        assertEquals("orders", json.get("topic").asText());
        assertEquals(1, json.get("partition").asInt());
        assertEquals(BATCHES, json.get("batches").asInt());
        assertEquals(1, json.get("differenceCount").asInt());
        assertTrue(json.get("error").isNull());
        final JsonNode difference = json.get("differences").get(0);
        assertEquals("CORRUPT", difference.get("kind").asText());
        assertEquals(0, difference.get("offset").asLong());
        assertEquals(4, difference.get("lastOffset").asLong());
        assertEquals(segments().get(0).toString(), difference.get("file").asText());
        assertNull(document.get("other"));
    }

    private VerifySettings settings()
    {
        return new VerifySettings(journalDir, (topic) -> true, isDeep, isFromEarliest);
    }

    private VerifyReport verify() throws IOException
    {
        return Verifier.verify(settings(), source, VerifyProgress.NONE);
    }

    private PartitionVerdict verifyOne() throws IOException
    {
        final List<PartitionVerdict> verdicts = verify().partitions();
        assertEquals(1, verdicts.size());
        return verdicts.get(0);
    }

    @Test
    void comparesAPartOfALog() throws Exception
    {
        final SimulatedSource.Partition partition = fill(ORDERS, BATCHES);
        shadow(ORDERS, partition.batches);
        partition.highWatermark = 150 * RECORDS;
        partition.logStartOffset = 10 * RECORDS;
        partition.batches.set(100, batch(100 * RECORDS, RECORDS, 2, 400));
        assertEquals(List.of(20, 0), verifyRange(50, 70));
        assertEquals(List.of(10, 0), verifyRange(0, 20));
        assertEquals(List.of(10, 0), verifyRange(140, 160));
        assertEquals(List.of(20, 1), verifyRange(90, 110));
        assertEquals(List.of(0, 0), verifyRange(160, 170));
    }

    /** Numbers of batches that were compared, and of differences. */
    private List<Integer> verifyRange(final int firstBatch, final int endBatch) throws IOException
    {
        final long[] bytes = new long[1];
        final PartitionVerdict verdict = Verifier.verify(
            new VerifySettings(journalDir, (topic) -> true, false, false), source, ORDERS, source.policy,
            (long)firstBatch * RECORDS, (long)endBatch * RECORDS, (length) -> bytes[0] += length);
        assertNull(verdict.error());
        assertEquals(verdict.bytes(), bytes[0]);
        return List.of((int)verdict.batches(), verdict.differences().size());
    }

    private SimulatedSource.Partition fill(final SourcePartition name, final int batches)
    {
        final SimulatedSource.Partition partition = source.add(name);
        for (int i = 0; i < batches; i++)
        {
            partition.batches.add(batch((long) i * RECORDS, RECORDS, 1, 400));
        }
        partition.highWatermark = (long) batches * RECORDS;
        return partition;
    }

    private void shadow(final SourcePartition name, final List<byte[]> batches) throws Exception
    {
        try (PartitionLog log = PartitionLog.open(new PartitionLogContext()
            .journalDir(journalDir)
            .partition(name.topic(), name.partition())
            .topicId(SimulatedSource.TOPIC_ID)
            .segmentBytes(SEGMENT_BYTES)))
        {
            log.startAt(baseOffset(batches.get(0)));
            final BatchBytes bytes = new BatchBytes();
            final AppendResult result = new AppendResult();
            for (final byte[] batch : batches)
            {
                bytes.reset();
                bytes.add(ByteBuffer.wrap(batch), 0, batch.length);
                log.append(bytes, result);
            }
        }
    }

    private List<Path> segments() throws IOException
    {
        try (Stream<Path> files = Files.list(journalDir.resolve(ORDERS.name())))
        {
            return files.filter((file) -> file.toString().endsWith(".log")).sorted().toList();
        }
    }

    private static long digest(final List<byte[]> batches)
    {
        long digest = RollingDigest.SEED;
        for (final byte[] batch : batches)
        {
            final ByteBuffer header = ByteBuffer.wrap(batch);
            digest = RollingDigest.update(
                digest, header.getLong(0), header.getInt(12), batch.length, header.getInt(17));
        }
        return digest;
    }

    private static void flip(final Path file, final long position) throws IOException
    {
        try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            final ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, position);
            one.put(0, (byte) (one.get(0) ^ 1));
            channel.write(one.rewind(), position);
        }
    }
}
