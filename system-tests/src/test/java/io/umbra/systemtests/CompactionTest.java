package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.journal.LogReader;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Topics whose cleaner works while they are written and shadowed, by three engines: one that is always there, one that
 * was away for some time, and one that comes when the cleaner has done all it will.
 */
class CompactionTest
{
    private static final String SEGMENT_BYTES = "16384";
    private static final String SMALL_FETCH_BYTES = "4096";
    /** In 2001. */
    private static final long LONG_AGO_MS = 1_000_000_000_000L;
    private static final String WEEK_MS = "604800000";
    private static final TopicSpec KEYS =
        Cleaner.topic("keys", 2, "compact").with("message.timestamp.type", "LogAppendTime");
    private static final TopicSpec DELETED = Cleaner.topic("deleted", 1, "compact,delete");
    private static final TopicSpec TRANSACTIONS = Cleaner.topic("transactions", 1, "compact");
    private static final List<TopicSpec> TOPICS = List.of(KEYS, DELETED, TRANSACTIONS);
    private static final String TIMESTAMP_MISMATCH = "Found timestamp mismatch in :";
    private static final int CRC_OFFSET = 17;
    private static final int CRC_START = 21;
    private static final int PRODUCER_EPOCH_OFFSET = 51;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path sharedDir;
    private static KafkaCluster cluster;
    private static Cleaner cleaner;
    private static KeyedWriter writer;
    private static LinkConfig live;
    private static LinkConfig interrupted;
    private static LinkConfig late;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @BeforeAll
    static void shadowWhileTheCleanerWorks() throws Exception
    {
        cluster = KafkaCluster.launch(
            Cleaner.eager(new KafkaCluster.Context().baseDir(sharedDir.resolve("cluster")))
                .property("authorizer.class.name", StandardAuthorizer.class.getName())
                .property("allow.everyone.if.no.acl.found", "true"));
        cleaner = new Cleaner(cluster, TOPICS);
        final Workload.Context creation = new Workload.Context().cluster(cluster);
        TOPICS.forEach(creation::topic);
        try (Workload workload = new Workload(creation))
        {
            workload.createTopics();
        }
        writer = new KeyedWriter(cluster.internalProperties());
        live = link(sharedDir, "live");
        // Many small fetches, so that the cleaner gets between them.
        interrupted = link(sharedDir, "interrupted")
            .set("fetch.max.bytes", SMALL_FETCH_BYTES)
            .set("fetch.partition.max.bytes", SMALL_FETCH_BYTES);
        late = link(sharedDir, "late");

        try (EngineProcess first = start(live))
        {
            first.awaitReady();
            writer.writeBatchOfWhichOneIsKept(KEYS.name(), 0);
            for (int round = 0; round < 4; round++)
            {
                writeRound(LONG_AGO_MS);
            }
            runInterrupted(() ->
            {
            });
            awaitCaughtUp(live);
            final Map<TopicPartition, Long> interruptedAt = offsets(OffsetSpec.latest());
            cleaner.begin();
            dropWhatIsOld();
            writeUntilCleaned(interruptedAt);
            runInterrupted(() ->
            {
                writeUntilCleaned(offsets(OffsetSpec.latest()));
                verifyWhileTheCleanerWorks();
            });
            awaitCaughtUp(live);
            end(first);
        }
        cleaner.finish();
        Shadowed.catchUp(new EngineLauncher(Files.createDirectories(sharedDir.resolve("late"))), cluster, late);
    }

    @AfterAll
    static void stopTheSource()
    {
        if (null != cluster)
        {
            cluster.close();
        }
    }

    /** Something that is done while an engine runs. */
    private interface Step
    {
        void run() throws Exception;
    }

    private static LinkConfig link(final Path parent, final String name) throws IOException
    {
        return new LinkConfig(Files.createDirectories(parent.resolve(name))).source(cluster)
            .set("shards", "1")
            .set("journal.segment.bytes", SEGMENT_BYTES);
    }

    private static EngineProcess start(final LinkConfig link) throws IOException
    {
        final Path config = link.write();
        return new EngineLauncher(Files.createTempDirectory(config.getParent(), "run-")).start(config);
    }

    private static void runInterrupted(final Step step) throws Exception
    {
        try (EngineProcess engine = start(interrupted))
        {
            engine.awaitReady();
            step.run();
            awaitCaughtUp(interrupted);
            end(engine);
        }
    }

    /** It stops, and has had nothing to complain of. */
    private static void end(final EngineProcess engine) throws InterruptedException
    {
        assertEquals(0, engine.terminate(), engine::stderrTail);
        assertEquals(List.of(), engine.unexpectedLines());
        assertFalse(engine.said("(?i)fault|refus|damage|does not have"), engine::stderrTail);
    }

    /** @param timestamp of what is written to the topic with retention; null for now. */
    private static void writeRound(final Long timestamp) throws Exception
    {
        writer.writeIdempotent(KEYS.name(), KEYS.partitions(), 600, null);
        writer.writeIdempotent(DELETED.name(), DELETED.partitions(), 300, timestamp);
        writer.writeTransactions(TRANSACTIONS.name(), 4, 60);
        writer.writeIdempotent(TRANSACTIONS.name(), TRANSACTIONS.partitions(), 100, null);
    }

    /** Writes on until all that was there when it was called is clean. */
    private static void writeUntilCleaned(final Map<TopicPartition, Long> offsets) throws Exception
    {
        for (int round = 0; round < 5; round++)
        {
            writeRound(null);
        }
        Await.until(() ->
        {
            writeRound(null);
            return cleaner.hasPassed(offsets);
        }, () -> "the cleaner at " + offsets);
    }

    /** Neither what is written meanwhile nor what is removed meanwhile is a difference. */
    private static void verifyWhileTheCleanerWorks() throws Exception
    {
        final Path config = live.write();
        final FutureTask<UmbraCommand.Result> verify =
            new FutureTask<>(() -> UmbraCommand.run("verify", config.toString()));
        new Thread(verify, "verify").start();
        while (!verify.isDone())
        {
            writeRound(null);
        }
        assertEquals(0, verify.get().exit(), verify.get()::toString);
    }

    /** Retention takes every segment of the topic, which then begins where it ends. */
    private static void dropWhatIsOld() throws Exception
    {
        cleaner.set(DELETED.name(), "retention.ms", WEEK_MS);
        final TopicPartition partition = new TopicPartition(DELETED.name(), 0);
        final long end = offsets(OffsetSpec.latest()).get(partition);
        assertTrue(end > 0);
        Await.until(() -> offsets(OffsetSpec.earliest()).get(partition) == end, () -> "retention");
    }

    private static Map<TopicPartition, Long> offsets(final OffsetSpec which) throws Exception
    {
        final Map<TopicPartition, Long> offsets = new HashMap<>();
        cluster.admin()
            .listOffsets(cleaner.partitions().stream().collect(
                Collectors.toMap(Function.identity(), (partition) -> which)))
            .all().get()
            .forEach((partition, result) -> offsets.put(partition, result.offset()));
        return offsets;
    }

    private static void awaitCaughtUp(final LinkConfig link) throws Exception
    {
        for (final Map.Entry<TopicPartition, Long> end : offsets(OffsetSpec.latest()).entrySet())
        {
            Await.until(() -> endOffset(link, end.getKey()) >= end.getValue(),
                () -> end.getKey() + " of " + link.journalDir() + " at " + end.getValue());
        }
    }

    private static long endOffset(final LinkConfig link, final TopicPartition partition) throws IOException
    {
        try (LogReader reader = LogReader.open(link.journalDir().resolve(partition.toString())))
        {
            return reader.endOffset();
        }
        catch (final NoSuchFileException ex)
        {
            return -1;
        }
    }

    private static RecordLog source(final TopicPartition partition) throws Exception
    {
        return RecordLog.of(cleaner.directory(partition), offsets(OffsetSpec.earliest()).get(partition));
    }

    private static RecordLog shadow(final LinkConfig link, final TopicPartition partition) throws Exception
    {
        return RecordLog.of(
            link.journalDir().resolve(partition.toString()), offsets(OffsetSpec.earliest()).get(partition));
    }

    @Test
    void theCleanerHasDoneWhatItDoes() throws Exception
    {
        long emptyBatches = 0;
        long controlBatches = 0;
        long segmentsWithoutAny = 0;
        for (final TopicPartition partition : cleaner.partitions())
        {
            final RecordLog source = source(partition);
            emptyBatches += source.batches().values().stream().filter((batch) -> 0 == batch.count()).count();
            controlBatches += source.batches().values().stream()
                .filter((batch) -> batch.kafka().isControlBatch()).count();
            segmentsWithoutAny += segmentsWithoutAny(source, live.journalDir().resolve(partition.toString()));
        }
        assertTrue(emptyBatches > 0);
        assertTrue(controlBatches > 0);
        assertTrue(segmentsWithoutAny > 0);
        assertTrue(source(new TopicPartition(DELETED.name(), 0)).batches().firstKey() > 0);
    }

    /** Segments of the shadow in whose place the source has a gap. */
    private static long segmentsWithoutAny(final RecordLog source, final Path shadowDir) throws IOException
    {
        long count = 0;
        for (final Path file : SegmentFile.of(shadowDir))
        {
            final List<SegmentFile.Batch> batches = new SegmentFile(file).batches();
            if (!batches.isEmpty() && source.batches().subMap(
                batches.get(0).baseOffset(), batches.get(batches.size() - 1).lastOffset() + 1).isEmpty())
            {
                count++;
            }
        }
        return count;
    }

    @Test
    void anEngineThatWasThereHoldsAllThatIsLeftAndWhatHasGoneSince() throws Exception
    {
        assertHoldsWhatWasWritten(live);
        assertVerifiedByRecord(live);
    }

    @Test
    void anEngineThatWasAwayHoldsAllThatIsLeftAndWhatHasGoneSince() throws Exception
    {
        assertHoldsWhatWasWritten(interrupted);
        assertVerifiedByRecord(interrupted);
    }

    @Test
    void anEngineThatComesLateIsIdentical() throws Exception
    {
        Shadowed.assertIdentical(cluster, late);
        assertHoldsWhatWasWritten(late);
        final UmbraCommand.Result result = UmbraCommand.run("verify", late.write().toString(), "--deep");
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.out().lines().anyMatch((line) -> line.startsWith("identical: 4 of 4 partitions")),
            result::toString);
        assertFalse(result.out().contains("removed by compaction"), result::toString);
    }

    @Test
    void recoveryTakesGapsForWhatTheyAre() throws Exception
    {
        final LinkConfig copy = link(dir, "copy");
        Shadowed.copy(late.journalDir(), copy.journalDir());
        final EngineProcess restarted = Shadowed.catchUp(new EngineLauncher(dir), cluster, copy);
        assertFalse(restarted.said("(?i)torn|corrupt|missing|mismatch|damage"), restarted::stderrTail);

        // All has to be read again, and the indexes made anew.
        Files.delete(copy.journalDir().resolve("recovery-point-offset-checkpoint"));
        final Map<Path, ByteBuffer> indexes = new HashMap<>();
        for (final Path partition : StockTools.partitionDirs(copy.journalDir()))
        {
            for (final Path segment : SegmentFile.of(partition))
            {
                for (final String suffix : List.of(".index", ".timeindex"))
                {
                    final Path index = new SegmentFile(segment).sibling(suffix);
                    indexes.put(index, ByteBuffer.wrap(Files.readAllBytes(index)));
                    Files.delete(index);
                }
            }
        }
        final EngineProcess rebuilt =
            Shadowed.catchUp(new EngineLauncher(Files.createDirectory(dir.resolve("rebuilt"))), cluster, copy);
        assertFalse(rebuilt.said("(?i)torn|corrupt|mismatch|damage"), rebuilt::stderrTail);
        for (final Map.Entry<Path, ByteBuffer> index : indexes.entrySet())
        {
            assertEquals(index.getValue(), ByteBuffer.wrap(Files.readAllBytes(index.getKey())),
                () -> index.getKey().toString());
        }
    }

    @Test
    void anEngineThatIsKilledBetweenGapsIsIdenticalInTheEnd() throws Exception
    {
        final LinkConfig link = link(dir, "killed")
            .set("fetch.max.bytes", SMALL_FETCH_BYTES)
            .set("fetch.partition.max.bytes", SMALL_FETCH_BYTES);
        final TopicPartition partition = new TopicPartition(TRANSACTIONS.name(), 0);
        try (EngineProcess engine = start(link))
        {
            final long begun = source(partition).batches().firstKey();
            Await.until(() -> endOffset(link, partition) > begun, () -> "a first batch: " + engine.stderrTail());
            engine.kill9();
        }
        final EngineProcess restarted = Shadowed.catchUp(new EngineLauncher(dir), cluster, link);
        assertFalse(restarted.said("(?i)corrupt|mismatch|damage"), restarted::stderrTail);
        UmbraCommand.assertVerified(link.write());
    }

    /** What the shadow has is what was written there, and of what the source has it lacks nothing. */
    private static void assertHoldsWhatWasWritten(final LinkConfig link) throws Exception
    {
        for (final TopicPartition partition : cleaner.partitions())
        {
            final RecordLog shadow = shadow(link, partition);
            final RecordLog source = source(partition);
            assertFalse(source.rows().isEmpty());
            source.rows().forEach((offset, row) ->
                assertEquals(row, shadow.rows().get(offset), () -> partition + " offset " + offset));
            shadow.rows().forEach((offset, row) ->
            {
                if (!row.isControl())
                {
                    assertEquals(writer.written().get(partition).get(offset), row,
                        () -> partition + " offset " + offset);
                }
            });
            source.batches().forEach((base, batch) ->
                assertEquals(batch.kafka().lastOffset(), shadow.batches().get(base).kafka().lastOffset()));
        }
        final Map<String, Long> ends = new HashMap<>();
        LedgerView.read(link.write()).commits().forEach((commit) ->
        {
            final Long expected = ends.put(LedgerView.partition(commit), commit.get("lastOffset").asLong() + 1);
            assertTrue(null == expected || expected <= commit.get("baseOffset").asLong(), commit::toString);
        });
        assertEquals(cleaner.partitions().size(), ends.size());
    }

    /** The numbers of {@code umbra verify} are those that one gets by comparing the files here. */
    private static void assertVerifiedByRecord(final LinkConfig link) throws Exception
    {
        final JsonNode report = UmbraCommand.json("verify", link.write().toString(), "--json");
        assertEquals(cleaner.partitions().size(), report.get("partitions").size());
        long allRemoved = 0;
        long allOneByOne = 0;
        for (final JsonNode json : report.get("partitions"))
        {
            final TopicPartition partition =
                new TopicPartition(json.get("topic").asText(), json.get("partition").asInt());
            final RecordLog shadow = shadow(link, partition);
            final RecordLog source = source(partition);
            long identical = 0;
            long oneByOne = 0;
            for (final Map.Entry<Long, RecordLog.Batch> entry : source.batches().entrySet())
            {
                final boolean isSame = entry.getValue().bytes().equals(shadow.batches().get(entry.getKey()).bytes());
                identical += isSame ? 1 : 0;
                oneByOne += isSame ? 0 : entry.getValue().count();
            }
            final long removed = shadow.rows().size() - source.rows().size();
            assertEquals(source.batches().size(), json.get("batches").asLong(), json::toString);
            assertEquals(identical, json.get("identicalBatches").asLong(), json::toString);
            assertEquals(oneByOne, json.get("recordsComparedOneByOne").asLong(), json::toString);
            assertEquals(removed, json.get("recordsRemovedByCompaction").asLong(), json::toString);
            assertEquals(topic(partition).configs().get("cleanup.policy"), json.get("cleanupPolicy").asText());
            assertTrue(identical > 0);
            allRemoved += removed;
            allOneByOne += oneByOne;
        }
        assertTrue(allRemoved > 0 && allOneByOne > 0, report::toString);

        final UmbraCommand.Result text = UmbraCommand.run("verify", link.write().toString());
        assertTrue(text.out().contains("not comparable: " + allRemoved + " records removed by compaction"),
            text::toString);
        assertFalse(text.out().contains("identical: "), text::toString);
    }

    private static TopicSpec topic(final TopicPartition partition)
    {
        return TOPICS.stream().filter((topic) -> topic.name().equals(partition.topic())).findFirst().orElseThrow();
    }

    @Test
    void verifySaysThatItMayNotAskForThePolicy() throws Exception
    {
        final AclBinding mayRead = new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, DELETED.name(), PatternType.LITERAL),
            new AccessControlEntry("User:*", "*", AclOperation.READ, AclPermissionType.ALLOW));
        final String[] command = {"verify", live.write().toString(), "--topics", DELETED.name()};
        cluster.admin().createAcls(List.of(mayRead)).all().get();
        try
        {
            Await.until(() -> UmbraCommand.run(command).out().contains("cleanup.policy is not known"), () -> "the ACL");
            final UmbraCommand.Result result = UmbraCommand.run(command);
            assertTrue(result.out().contains("TOPIC_AUTHORIZATION_FAILED"), result::toString);
            // It compares all the same, as strictly as ever.
            assertEquals(1, result.exit(), result::toString);
            assertTrue(result.out().contains(": extra: "), result::toString);
        }
        finally
        {
            cluster.admin().deleteAcls(List.of(mayRead.toFilter())).all().get();
        }
        Await.until(() -> 0 == UmbraCommand.run(command).exit(), () -> "the ACL's end");
    }

    @Test
    void stockToolsReadWhatIsLeft() throws Exception
    {
        final List<Path> partitions = new ArrayList<>();
        for (final LinkConfig link : List.of(live, interrupted, late))
        {
            partitions.addAll(StockTools.partitionDirs(link.journalDir()));
        }
        assertEquals(3 * cleaner.partitions().size(), partitions.size());
        final StockTools.Verdict verdict = StockTools.checkPartitions(partitions);
        for (final String finding : verdict.findings())
        {
            // Gaps are what compaction is about.
            assertTrue(finding.contains(" is followed by ") || isAboutAnEmptyBatch(finding), finding);
        }
        assertTrue(verdict.batches() > 0 && verdict.sane() > 0, verdict::toString);
    }

    /**
     * The tool compares a time index with the records of a batch. A batch without any has a largest timestamp in its
     * header nevertheless, and there Kafka's own replicas take it from.
     */
    private static boolean isAboutAnEmptyBatch(final String finding) throws IOException
    {
        if (!finding.startsWith(TIMESTAMP_MISMATCH))
        {
            return false;
        }
        final Path index = Path.of(finding.substring(TIMESTAMP_MISMATCH.length()));
        final long base = Long.parseLong(index.getFileName().toString().replace(".timeindex", ""));
        final Map<Long, RecordLog.Batch> byLastOffset = new HashMap<>();
        RecordLog.of(index.getParent(), 0).batches().values()
            .forEach((batch) -> byLastOffset.put(batch.kafka().lastOffset(), batch));
        final ByteBuffer entries = ByteBuffer.wrap(Files.readAllBytes(index));
        long empty = 0;
        while (entries.hasRemaining())
        {
            final long timestamp = entries.getLong();
            final RecordLog.Batch batch = byLastOffset.get(base + entries.getInt());
            assertEquals(batch.kafka().maxTimestamp(), timestamp, finding);
            empty += 0 == batch.count() ? 1 : 0;
        }
        return empty > 0;
    }

    @Test
    void verifyFindsAValueThatWasChangedInARewrittenBatch() throws Exception
    {
        final Victim victim = victim(live, (ours, theirs) -> null != theirs && !ours.bytes().equals(theirs.bytes()) &&
            theirs.count() > 0 && CompressionType.NONE == ours.kafka().compressionType() &&
            !ours.kafka().isControlBatch() && null != firstWithValue(theirs));
        final Map.Entry<Long, byte[]> record = firstWithValue(victim.theirs);
        final byte[] bytes = victim.bytes();
        final int at = indexOf(bytes, record.getValue());
        bytes[at + 6] ^= 1;
        victim.replaceBy(seal(bytes));
        victim.assertFound("offset " + record.getKey() + ": content: of the record differs: value;");
    }

    @Test
    void verifyFindsABatchThatOnlyTheSourceHas() throws Exception
    {
        final Victim victim = victim(live, (ours, theirs) -> null != theirs && theirs.count() > 0);
        victim.replaceBy(new byte[0]);
        victim.assertFound("offset " + victim.ours.kafka().baseOffset() + "\\b.*: missing: .*");
    }

    @Test
    void verifyFindsAControlBatchThatOnlyTheSourceHas() throws Exception
    {
        final Victim victim = victim(interrupted, (ours, theirs) -> null != theirs && ours.kafka().isControlBatch());
        victim.replaceBy(new byte[0]);
        victim.assertFound("offset " + victim.ours.kafka().baseOffset() + "\\b.*: missing: .*");
    }

    @Test
    void verifyFindsWhatIsDifferentInABatchWithoutRecords() throws Exception
    {
        final Victim victim = victim(late, (ours, theirs) -> null != theirs && 0 == theirs.count());
        final byte[] bytes = victim.bytes();
        bytes[PRODUCER_EPOCH_OFFSET + 1] ^= 1;
        victim.replaceBy(seal(bytes));
        victim.assertFound("offset " + victim.ours.kafka().baseOffset() + "\\b.*: content: producer epoch is .*");
    }

    @Test
    void verifyFindsABitThatWasFlippedInWhatOnlyTheShadowHas() throws Exception
    {
        final Victim victim = victim(live, (ours, theirs) -> null == theirs);
        final byte[] bytes = victim.bytes();
        bytes[bytes.length - 1] ^= 1;
        victim.replaceBy(bytes);
        victim.assertFound("offset " + victim.ours.kafka().baseOffset() + "\\b.*: corrupt: .*");
    }

    /** A batch of a copy of a shadow. */
    private record Victim(
        Path config, Path file, TopicPartition partition, RecordLog.Batch ours, RecordLog.Batch theirs)
    {
        byte[] bytes()
        {
            final byte[] bytes = new byte[ours.bytes().remaining()];
            ours.bytes().duplicate().get(bytes);
            return bytes;
        }

        void replaceBy(final byte[] bytes) throws IOException
        {
            final ByteBuffer before = ByteBuffer.wrap(Files.readAllBytes(file));
            final int end = ours.position() + ours.kafka().sizeInBytes();
            final ByteBuffer after = ByteBuffer.allocate(before.limit() - ours.kafka().sizeInBytes() + bytes.length);
            after.put(before.slice(0, ours.position())).put(bytes).put(before.slice(end, before.limit() - end));
            Files.write(file, after.array());
        }

        /** The one difference, and no other. */
        void assertFound(final String regex) throws Exception
        {
            final UmbraCommand.Result result = UmbraCommand.run("verify", config.toString());
            assertEquals(1, result.exit(), result::toString);
            assertTrue(result.out().contains("NOT IDENTICAL: 1 difference in 1 partition;"), result::toString);
            assertTrue(result.out().lines().anyMatch((line) -> line.matches(partition + ": " + regex + ".*")),
                () -> regex + '\n' + result);
        }
    }

    /** Copies a shadow, and chooses a batch of it, in a segment that is not its last. */
    private Victim victim(final LinkConfig of, final BiPredicate<RecordLog.Batch, RecordLog.Batch> isWanted)
        throws Exception
    {
        final LinkConfig copy = link(dir, "copy");
        Shadowed.copy(of.journalDir(), copy.journalDir());
        final Path config = copy.write();
        assertEquals(0, UmbraCommand.run("verify", config.toString()).exit());
        for (final TopicPartition partition : cleaner.partitions())
        {
            final RecordLog source = source(partition);
            final Path active = SegmentFile.active(copy.journalDir().resolve(partition.toString())).file();
            for (final Map.Entry<Long, RecordLog.Batch> entry : shadow(copy, partition).batches().entrySet())
            {
                final RecordLog.Batch theirs = source.batches().get(entry.getKey());
                if (!entry.getValue().file().equals(active) && isWanted.test(entry.getValue(), theirs))
                {
                    return new Victim(config, entry.getValue().file(), partition, entry.getValue(), theirs);
                }
            }
        }
        throw new AssertionError("no such batch");
    }

    /** Offset and value of the first record that has one; null if none has. */
    private static Map.Entry<Long, byte[]> firstWithValue(final RecordLog.Batch batch)
    {
        for (final Record record : batch.kafka())
        {
            if (record.hasValue())
            {
                final byte[] value = new byte[record.valueSize()];
                record.value().get(value);
                return Map.entry(record.offset(), value);
            }
        }
        return null;
    }

    private static int indexOf(final byte[] bytes, final byte[] part)
    {
        for (int i = 0; i <= bytes.length - part.length; i++)
        {
            if (ByteBuffer.wrap(bytes, i, part.length).equals(ByteBuffer.wrap(part)))
            {
                return i;
            }
        }
        throw new AssertionError("the value is not there");
    }

    /** Stores the CRC that the bytes have. */
    private static byte[] seal(final byte[] batch)
    {
        final CRC32C crc = new CRC32C();
        crc.update(batch, CRC_START, batch.length - CRC_START);
        ByteBuffer.wrap(batch).putInt(CRC_OFFSET, (int)crc.getValue());
        return batch;
    }
}
