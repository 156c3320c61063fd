package io.umbra.journal;

import io.umbra.journal.LogExport.Transfer;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LogExportTest
{
    @TempDir
    Path dir;

    private Path journal()
    {
        return dir.resolve("journal");
    }

    private Path target()
    {
        return dir.resolve("target");
    }

    private Path source()
    {
        return WrittenLog.partition(journal());
    }

    private PartitionLog open() throws IOException
    {
        return PartitionLog.open(TestLogs.context(journal()));
    }

    private LogExport.Context context()
    {
        return TestExports.context(journal(), target());
    }

    /** Of a log that was closed: all of it was durable. */
    private LogExport.Context context(final PartitionLog closed)
    {
        return context()
            .logStartOffset(closed.logStartOffset())
            .recoveryPoint(closed.recoveryPoint(), closed.recoveryDigest());
    }

    private static List<String> names(final Path directory) throws IOException
    {
        if (!Files.exists(directory))
        {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(directory))
        {
            return paths.map((path) -> path.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 7_000_000_000L})
    void aLogThatNeverHadABatchBeginsWhereItWasToBegin(final long start) throws Exception
    {
        final PartitionLog log = open();
        if (start > 0)
        {
            log.startAt(start);
        }
        log.close();
        final ExportedLog exported = LogExport.export(context(log));
        assertEquals(start, exported.endOffset());
        assertEquals(start, exported.promotedEndOffset());
        assertEquals(start, exported.logStartOffset());
        assertEquals(-1, exported.lastEpoch());
        assertEquals(-1, exported.lastTimestamp());
        final KafkaView view = TestExports.openedByBroker(exported, target());
        assertEquals(start, view.start());
        assertEquals(List.of(), view.batches());
    }

    @Test
    void aLogOfWhichAllWasDeletedGoesOnAtItsEnd() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.generate(11, 100));
        log.advanceLogStart(log.endOffset());
        TestLogs.flush(log);
        log.close();
        final ExportedLog exported = LogExport.export(context(log));
        assertEquals(log.endOffset(), exported.endOffset());
        assertEquals(log.endOffset(), exported.logStartOffset());
        assertEquals(log.digest(), exported.digest());
        assertEquals(log.endOffset(), TestExports.openedByBroker(exported, target()).start());
    }

    @Test
    void aLogWithGapsInItAndAtItsEnd() throws Exception
    {
        final List<ByteBuffer> batches = new ArrayList<>();
        final PartitionLog log = open();
        for (int i = 0; i < 5; i++)
        {
            final List<ByteBuffer> part = new TestBatches(i, log.endOffset()).add(1).batches();
            final ByteBuffer one = TestBatches.plain(log.endOffset(), 0, 200 + part.size());
            TestLogs.append(log, one);
            batches.add(one);
            log.skipTo(log.endOffset() + 1000);
        }
        final long end = log.endOffset();
        log.close();
        final ExportedLog exported = LogExport.export(context(log));
        assertEquals(end, exported.endOffset());
        assertEquals(log.digest(), exported.digest());
        assertEquals(batches, TestExports.openedByBroker(exported, target()).batches());
    }

    @Test
    void aCutInAGapEndsBeforeIt() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.plain(0, 0, 200));
        log.skipTo(1000);
        TestLogs.append(log, TestBatches.plain(1000, 0, 200));
        log.close();
        final ExportedLog exported = LogExport.export(context(log).cutOffset(500));
        assertEquals(1, exported.endOffset());
        assertNull(exported.damage());
        assertEquals(1, TestExports.openedByBroker(exported, target()).end());
    }

    @Test
    void aCutBelowTheFirstBatchLeavesAnEmptyLogThere() throws Exception
    {
        final PartitionLog log = open();
        log.startAt(1000);
        TestLogs.append(log, TestBatches.plain(1000, 0, 200));
        log.close();
        final ExportedLog exported = LogExport.export(context(log).cutOffset(700));
        assertEquals(700, exported.endOffset());
        assertEquals(700, TestExports.openedByBroker(exported, target()).start());
    }

    @Test
    void markersAreThoseOfABroker() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(
            log,
            TestBatches.transactional(0, 4, 77, 3),
            TestBatches.plain(3, 5, 100),
            TestBatches.transactional(4, 5, 12, 2));
        log.close();
        final ExportPlan plan = LogExport.plan(context(log));
        assertEquals(
            List.of(new OpenTransaction(77, (short)0, 0), new OpenTransaction(12, (short)0, 4)),
            plan.openTransactions());
        assertEquals(5, plan.lastEpoch());
        assertEquals(77, plan.highestProducerId());
        assertEquals(TestBatches.TIME + 4, plan.lastTimestamp());
        final ExportedLog exported = LogExport.export(context(log));
        assertEquals(8, exported.promotedEndOffset());
        // Byte for byte what Kafka's own builder makes, and all that follows from it.
        final KafkaView expected = TestExports.expected(
            dir.resolve("expected"), TestLogs.read(source()), 0);
        assertEquals(expected, TestExports.openedByBroker(exported, target()));
        assertEquals(List.of(3L), expected.committed());
    }

    @Test
    void markersDoNotFitBelowTheEpochsOfTheLog() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.transactional(0, 4, 77, 3));
        log.close();
        final JournalException ex = assertThrows(
            JournalException.class, () -> LogExport.export(context(log).markerLeaderEpoch(4)));
        assertTrue(ex.getMessage().startsWith("markerLeaderEpoch=4 is not above"), ex.getMessage());
        assertFalse(Files.exists(target()));
    }

    @Test
    void nothingOfUmbraAndNothingHalfIsInWhatABrokerOpens() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.generate(3, 60));
        log.close();
        final ExportedLog exported = LogExport.export(context(log));
        assertEquals(List.of("orders-3"), names(target()));
        for (final String name : names(WrittenLog.partition(target())))
        {
            assertTrue(
                name.matches("\\d{20}\\.(log|index|timeindex|txnindex|snapshot)") ||
                    LeaderEpochs.FILE_NAME.equals(name) || PartitionFiles.METADATA.equals(name),
                name);
        }
        assertTrue(names(WrittenLog.partition(target())).contains(
            LogSegment.fileName(exported.promotedEndOffset(), ProducerSnapshot.SUFFIX)));
        assertThrows(JournalException.class, () -> LogExport.export(context(log)));
    }

    @Test
    void whatAKilledExportLeftIsNoLogToABrokerAndInNobodysWay() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.generate(3, 60));
        log.close();
        final Map<String, String> before = TestExports.fingerprint(journal());
        // Killed at any file that it opens.
        long files = 0;
        boolean done = false;
        while (!done)
        {
            final AtomicLong left = new AtomicLong(files++);
            try
            {
                LogExport.export(context(log).segmentFiles(
                    (path, options) ->
                    {
                        if (left.getAndDecrement() <= 0)
                        {
                            throw new AssertionError("killed");
                        }
                        return SegmentFiles.SYSTEM.open(path, options);
                    }));
                done = true;
            }
            catch (final AssertionError ex)
            {
                assertEquals("killed", ex.getMessage());
                if (Files.exists(WrittenLog.partition(target())))
                {
                    // It was there already, and whole.
                    assertEquals(List.of("orders-3"), names(target()));
                    TestLogs.delete(WrittenLog.partition(target()));
                }
                for (final String name : names(target()))
                {
                    assertThrows(
                        KafkaException.class,
                        () -> UnifiedLog.parseTopicPartitionName(target().resolve(name).toFile()));
                }
            }
            assertEquals(before, TestExports.fingerprint(journal()));
        }
        assertTrue(files > 10);
        assertEquals(List.of("orders-3"), names(target()));
    }

    @ParameterizedTest
    @EnumSource(Transfer.class)
    void aFullDiskLeavesNothing(final Transfer transfer) throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.generate(3, 60));
        log.close();
        final Map<String, String> before = TestExports.fingerprint(journal());
        final TestFiles files = new TestFiles();
        long room = 0;
        ExportedLog exported = null;
        while (exported == null)
        {
            files.writable(room);
            try
            {
                exported = LogExport.export(context(log).transfer(transfer).segmentFiles(files));
            }
            catch (final IOException ex)
            {
                assertEquals(List.of(), names(target()));
                assertEquals(before, TestExports.fingerprint(journal()));
            }
            room += 97;
        }
        assertTrue(room > 500);
        TestExports.openedByBroker(exported, target());
    }

    @Test
    void anotherFileSystemIsSaidToBeOne() throws Exception
    {
        final Path memory = Path.of("/dev/shm");
        Assumptions.assumeTrue(Files.isWritable(memory) && !SharedFile.isSameDevice(memory, dir));
        final Path other = Files.createTempDirectory(memory, "export");
        try
        {
            final PartitionLog log = open();
            TestLogs.append(log, TestBatches.generate(3, 60));
            log.close();
            final LogExport.Context ctx = context(log).targetDirectory(WrittenLog.partition(other));
            for (final Transfer transfer : List.of(Transfer.LINK, Transfer.MOVE))
            {
                final JournalException ex = assertThrows(
                    JournalException.class, () -> LogExport.export(ctx.transfer(transfer)));
                assertTrue(ex.getMessage().contains("different file systems"), ex.getMessage());
                assertEquals(List.of(), names(other));
            }
            TestExports.openedByBroker(LogExport.export(ctx.transfer(Transfer.COPY)), other);
        }
        finally
        {
            TestLogs.delete(other);
        }
    }

    @Test
    void anotherTopicIdAndNoLogAtAllAreRefused() throws Exception
    {
        assertThrows(JournalException.class, () -> LogExport.plan(context()));
        open().close();
        assertThrows(
            JournalException.class, () -> LogExport.plan(context().topicId(new java.util.UUID(1, 1))));
        assertThrows(
            IllegalArgumentException.class, () -> LogExport.plan(context().isLive(true).transfer(Transfer.MOVE)));
        assertThrows(IllegalArgumentException.class, () -> LogExport.plan(context().partition(4)));
    }

    @Test
    void aMoveTakesThePartitionAway() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.generate(3, 60));
        log.close();
        final ExportedLog exported = LogExport.export(context(log).transfer(Transfer.MOVE));
        assertFalse(Files.exists(source()));
        TestExports.openedByBroker(exported, target());
        for (final String name : names(WrittenLog.partition(target())))
        {
            assertFalse(SharedFile.isShared(WrittenLog.partition(target()).resolve(name)), name);
        }
    }

    @Test
    void aMoveLeavesWhatIsAboveTheCut() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(3, 90);
        final PartitionLog log = open();
        TestLogs.append(log, batches);
        log.close();
        final long cut = TestLogs.endOffset(batches.subList(0, 50));
        final ExportedLog exported = LogExport.export(context(log).transfer(Transfer.MOVE).cutOffset(cut));
        assertEquals(cut, exported.endOffset());
        TestExports.openedByBroker(exported, target());
        final List<ByteBuffer> left = TestLogs.read(source());
        assertEquals(batches.subList(batches.size() - left.size(), batches.size()), left);
        assertTrue(left.size() >= 40 && left.size() < 90, left.size() + " are left");
    }

    @Test
    void damageInWhatWasDurableIsSaid() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(9, 90);
        final PartitionLog log = open();
        TestLogs.append(log, batches);
        log.close();
        final List<Path> logs = WrittenLog.files(journal(), LogSegment.LOG_SUFFIX);
        final Path last = logs.get(logs.size() - 1);
        Files.write(last, new byte[10], StandardOpenOption.WRITE);
        final long base = PartitionFiles.offset(last.getFileName().toString(), LogSegment.LOG_SUFFIX);
        final Map<String, String> before = TestExports.fingerprint(journal());
        // As if the indexes, snapshots and anchors had not been written at the end either.
        final LogExport.Context ctx = context().recoveryPoint(base + 1, log.digest());
        final ExportPlan plan = LogExport.plan(ctx);
        final List<ByteBuffer> kept = TestExports.below(batches, base);
        assertEquals(TestLogs.endOffset(kept), plan.endOffset());
        assertNotNull(plan.damage());
        final ExportedLog exported = LogExport.export(ctx);
        assertEquals(plan.endOffset(), exported.endOffset());
        assertNotNull(exported.damage());
        assertEquals(before, TestExports.fingerprint(journal()));
        assertEquals(
            TestExports.expected(dir.resolve("expected"), kept, 0), TestExports.openedByBroker(exported, target()));
    }

    @ParameterizedTest
    @ValueSource(strings = {".index", ".timeindex", ".txnindex", ".snapshot"})
    void whatIsMissingOrHalfBesideALogIsMadeAnew(final String suffix) throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(9, 150);
        final PartitionLog log = open();
        TestLogs.append(log, batches);
        log.close();
        final List<Path> files = WrittenLog.files(journal(), suffix);
        assertTrue(files.size() > 2);
        Files.delete(files.get(0));
        Files.write(files.get(1), new byte[3], StandardOpenOption.APPEND);
        final Map<String, String> before = TestExports.fingerprint(journal());
        final ExportedLog exported = LogExport.export(context(log));
        assertEquals(before, TestExports.fingerprint(journal()));
        assertEquals(
            TestExports.expected(dir.resolve("expected"), batches, 0),
            TestExports.openedByBroker(exported, target()));
    }

    @Test
    void aShadowThatIsSharedGoesOnInASegmentOfItsOwn() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.plain(0, 0, 200));
        log.close();
        final ExportedLog exported = LogExport.export(context(log));
        assertTrue(SharedFile.isShared(WrittenLog.partition(target()).resolve(LogSegment.fileName(0, ".log"))));
        final Map<String, String> promoted = TestExports.fingerprint(target());
        try (PartitionLog shadow = open())
        {
            TestLogs.append(shadow, TestBatches.plain(1, 0, 200), TestBatches.plain(2, 0, 200));
        }
        assertEquals(promoted, TestExports.fingerprint(target()));
        assertEquals(
            List.of(0L, 1L), List.copyOf(PartitionFiles.offsets(source(), LogSegment.LOG_SUFFIX)));
        TestExports.openedByBroker(exported, target());
        try (PartitionLog shadow = open())
        {
            assertTrue(shadow.recoveryReport().isClean());
            assertEquals(3, shadow.endOffset());
            shadow.truncateTo(0);
            TestLogs.append(shadow, TestBatches.plain(0, 0, 100));
        }
        assertEquals(200, TestLogs.read(WrittenLog.partition(target())).get(0).remaining() / 100 * 100);
    }

    /** Every file that was made, once, and the two directories; what is shared was durable before. */
    @Test
    void whatIsMadeIsForcedOnce() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.generate(3, 90));
        TestLogs.append(log, TestBatches.transactional(log.endOffset(), 1000, 77, 3));
        log.close();
        final TestFiles files = new TestFiles();
        final ExportedLog exported = LogExport.export(context(log).segmentFiles(files));
        assertTrue(exported.promotedEndOffset() > exported.endOffset());
        int made = 0;
        for (final String name : names(WrittenLog.partition(target())))
        {
            final Path file = WrittenLog.partition(target()).resolve(name);
            made += Files.size(file) > 0 && (!SharedFile.isShared(file) || name.endsWith(".log") &&
                PartitionFiles.offset(name, ".log") >= PartitionFiles.offsets(source(), ".log").last()) ? 1 : 0;
        }
        assertEquals(made + 2, files.forced());
        // Any of them may fail: then nothing is there.
        for (int i = 0; i < made + 1; i++)
        {
            TestLogs.delete(target());
            final TestFiles failing = new TestFiles();
            failing.forces(i);
            assertThrows(IOException.class, () -> LogExport.export(context(log).segmentFiles(failing)));
            assertEquals(List.of(), names(target()));
        }
    }

    /** What is read and written does not depend on how much there is below the newest snapshot. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingGrowsWithTheLog(final boolean isLive) throws Exception
    {
        final List<Long> moved = new ArrayList<>();
        for (final int segments : new int[] {3, 60})
        {
            final Path root = dir.resolve("of" + segments);
            final PartitionLog log = PartitionLog.open(TestLogs.context(root).segmentBytes(100_000));
            final int batchBytes = TestBatches.plain(0, 0, 900).remaining();
            for (int i = 0; i < segments * (100_000 / batchBytes) + 60; i++)
            {
                TestLogs.append(log, TestBatches.plain(i, 0, 900));
            }
            log.close();
            final TestFiles files = new TestFiles();
            final LogExport.Context ctx = TestExports.context(root, dir.resolve("to" + segments))
                .recoveryPoint(log.recoveryPoint(), log.recoveryDigest())
                .cutOffset(log.endOffset())
                .isLive(isLive)
                .segmentFiles(files);
            final ExportPlan plan = LogExport.plan(ctx);
            assertEquals(segments + 1, plan.segments());
            final long planned = files.read();
            final ExportedLog exported = LogExport.export(ctx);
            assertTrue(isLive == exported.bytesCopied() > 50_000);
            assertTrue(exported.bytesLinked() > segments * 99_000L);
            moved.add(planned);
            moved.add(files.read() + files.written());
        }
        assertTrue(Math.abs(moved.get(0) - moved.get(2)) < 2000, moved::toString);
        assertTrue(Math.abs(moved.get(1) - moved.get(3)) < 4000, moved::toString);
    }

    /** Every export is the log as it was at its cut, while another thread goes on appending and deleting. */
    @Test
    void aLogThatIsBeingWritten() throws Exception
    {
        final List<ByteBuffer> batches = new TestBatches(21, 0).add(4000).batches();
        final PartitionLog log = PartitionLog.open(TestLogs.context(journal()).stateIntervalBytes(3000));
        final AtomicLong durable = new AtomicLong();
        final AtomicLong start = new AtomicLong();
        final AtomicBoolean isDone = new AtomicBoolean();
        final List<Throwable> errors = new ArrayList<>();
        final Thread writer = new Thread(
            () ->
            {
                try
                {
                    for (int i = 0; i < batches.size() && !isDone.get(); i++)
                    {
                        TestLogs.append(log, batches.get(i));
                        if (i % 7 == 0)
                        {
                            TestLogs.flush(log);
                            durable.set(log.durableOffset());
                        }
                        if (i % 400 == 399)
                        {
                            log.advanceLogStart(TestBatches.header(batches.get(i - 300)).baseOffset);
                            start.set(log.logStartOffset());
                        }
                        Thread.sleep(0, 200_000);
                    }
                    log.close();
                }
                catch (final Throwable ex)
                {
                    errors.add(ex);
                }
                finally
                {
                    isDone.set(true);
                }
            });
        writer.start();
        int exports = 0;
        while (!isDone.get() && exports < 40)
        {
            final long cut = durable.get();
            if (cut > 0)
            {
                final Path to = dir.resolve("to" + exports++);
                final ExportedLog exported = LogExport.export(
                    TestExports.context(journal(), to).isLive(true).cutOffset(cut).logStartOffset(start.get()));
                assertEquals(cut, exported.endOffset());
                assertNull(exported.damage());
                final List<ByteBuffer> kept = TestExports.below(batches, cut);
                assertEquals(TestLogs.digest(kept), exported.digest());
                final KafkaView view = TestExports.openedByBroker(exported, to);
                assertEquals(TestExports.committed(kept, exported.logStartOffset()), view.committed());
                TestLogs.delete(to);
            }
        }
        isDone.set(true);
        writer.join();
        assertEquals(List.of(), errors);
        assertTrue(exports > 5, exports + " exports");
    }

    /** Of a segment that is deleted the log goes last: without its transaction index it must not go along. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noHalfOfASegmentThatIsDeletedMeanwhileGoesAlong(final boolean isHalfDone) throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(9, 150);
        final PartitionLog log = open();
        TestLogs.append(log, batches);
        TestLogs.flush(log);
        final AtomicBoolean isDeleted = new AtomicBoolean();
        final ExportedLog exported = LogExport.export(context().isLive(true).cutOffset(log.durableOffset())
            .segmentFiles(
                (path, options) ->
                {
                    // The scan is over, nothing was deleted, and the oldest segments are still to be linked.
                    if (path.startsWith(target()) && !isDeleted.getAndSet(true) && isHalfDone)
                    {
                        Files.delete(WrittenLog.files(journal(), LogSegment.INDEX_SUFFIX).get(0));
                        Files.delete(WrittenLog.files(journal(), LogSegment.TXN_INDEX_SUFFIX).get(0));
                    }
                    else if (path.startsWith(target()) && !isHalfDone)
                    {
                        log.advanceLogStart(TestBatches.header(batches.get(75)).baseOffset);
                    }
                    return SegmentFiles.SYSTEM.open(path, options);
                }));
        assertTrue(isDeleted.get());
        final long first = PartitionFiles.offsets(source(), LogSegment.LOG_SUFFIX).first();
        assertEquals(isHalfDone, first == 0);
        assertEquals(first, exported.logStartOffset());
        assertEquals(
            TestExports.committed(batches, first), TestExports.openedByBroker(exported, target()).committed());
        log.close();
    }

    @Test
    void aBrokerReadsTheCheckpoints() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(
            log, TestBatches.plain(0, 4, 300), TestBatches.transactional(1, 4, 77, 3));
        log.advanceLogStart(1);
        log.close();
        final ExportedLog exported = LogExport.export(context(log));
        ExportedCheckpoints.write(target(), List.of(exported));
        final TopicPartition partition = new TopicPartition("orders", 3);
        assertEquals(
            Map.of(partition, 5L),
            new OffsetCheckpointFile(target().resolve("recovery-point-offset-checkpoint").toFile(), null).read());
        assertEquals(
            Map.of(partition, 1L),
            new OffsetCheckpointFile(target().resolve("log-start-offset-checkpoint").toFile(), null).read());
        assertEquals(
            Map.of(partition, 5L),
            new OffsetCheckpointFile(target().resolve("replication-offset-checkpoint").toFile(), null).read());
        final CleanShutdownFileHandler shutdown = new CleanShutdownFileHandler(target().toString());
        assertTrue(shutdown.exists());
        assertEquals(OptionalLong.of(-2), shutdown.read());
    }
}
