package io.umbra.journal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The disk is full or broken at every byte once: nothing is lost, nothing is torn, and it goes on when there is room.
 */
class FullDiskTest
{
    private static final List<ByteBuffer> BATCHES = TestBatches.generate(11, 60);

    @TempDir
    Path dir;

    private final AppendResult result = new AppendResult();

    private static PartitionLogContext context(final Path journal, final TestFiles files)
    {
        return TestLogs.context(journal).segmentFiles(files).segmentBytes(3000).stateIntervalBytes(1500);
    }

    private interface Step
    {
        void run() throws Exception;
    }

    /** Tries until there is room; there is after the first failure. */
    private static int insist(final TestFiles files, final Step step) throws Exception
    {
        int failures = 0;
        while (true)
        {
            try
            {
                step.run();
                return failures;
            }
            catch (final IOException ex)
            {
                assertEquals("No space left on device", ex.getMessage());
                failures++;
                assertTrue(failures < 3);
                files.writable(Long.MAX_VALUE);
            }
        }
    }

    private Path written(final String name, final TestFiles files, final int[] failures) throws Exception
    {
        final Path journal = Files.createDirectories(dir.resolve(name));
        final long room = files == null ? Long.MAX_VALUE : failures[0];
        final TestFiles used = files == null ? new TestFiles() : files;
        final PartitionLog log = PartitionLog.open(context(journal, used));
        used.writable(room);
        int failed = 0;
        for (int i = 0; i < BATCHES.size(); i++)
        {
            final ByteBuffer batch = BATCHES.get(i);
            final long end = log.endOffset();
            final long digest = log.digest();
            failed += insist(
                used,
                () ->
                {
                    assertEquals(end, log.endOffset());
                    assertEquals(digest, log.digest());
                    log.append(TestBatches.bytes(batch), result);
                });
            if (i % 5 == 4)
            {
                failed += insist(used, () -> TestLogs.flush(log));
                assertEquals(log.endOffset(), log.durableOffset());
            }
        }
        failures[0] = failed;
        used.writable(Long.MAX_VALUE);
        assertEquals(TestLogs.digest(BATCHES), log.digest());
        log.close();
        return log.directory();
    }

    @Test
    void aFullDiskAtEveryByteIsGotOver() throws Exception
    {
        final TestFiles counting = new TestFiles();
        final Path count = Files.createDirectories(dir.resolve("count"));
        final PartitionLog counted = PartitionLog.open(context(count, counting));
        TestLogs.append(counted, BATCHES);
        counted.close();
        final int bytes = (int)counting.written();
        final Path expected = written("expected", null, new int[1]);
        int hits = 0;
        for (int room = 0; room < bytes; room += 37)
        {
            final int[] failures = {room};
            final Path actual = written("room" + room, new TestFiles(), failures);
            hits += failures[0];
            TestLogs.assertSameFiles(expected, actual);
            TestLogs.delete(actual.getParent());
        }
        assertTrue(hits > bytes / 37 / 2, "the disk was full " + hits + " times");
    }

    @Test
    void aKillWhileTheDiskIsFullLeavesAPrefix() throws Exception
    {
        for (int room = 100; room < 12_000; room += 211)
        {
            final Path journal = Files.createDirectories(dir.resolve("journal" + room));
            final TestFiles files = new TestFiles();
            final PartitionLog log = PartitionLog.open(context(journal, files));
            files.writable(room);
            files.truncateFails(true);
            int appended = 0;
            try
            {
                for (final ByteBuffer batch : BATCHES)
                {
                    log.append(TestBatches.bytes(batch), result);
                    appended++;
                }
            }
            catch (final IOException ex)
            {
                assertEquals("No space left on device", ex.getMessage());
            }
            assertTrue(appended < BATCHES.size());
            assertEquals(TestLogs.endOffset(BATCHES.subList(0, appended)), log.endOffset());
            final Path crashed = dir.resolve("crashed" + room);
            TestLogs.copy(journal, crashed);

            // In the living log the bytes that could not be cut are cut before the next append.
            files.truncateFails(false);
            files.writable(Long.MAX_VALUE);
            TestLogs.append(log, BATCHES.subList(appended, BATCHES.size()));
            log.close();
            assertEquals(BATCHES, TestLogs.read(log.directory()));

            try (PartitionLog recovered = PartitionLog.open(context(crashed, new TestFiles())))
            {
                assertEquals(TestLogs.endOffset(BATCHES.subList(0, appended)), recovered.endOffset());
                TestLogs.append(recovered, BATCHES.subList(appended, BATCHES.size()));
            }
            TestLogs.assertSameFiles(log.directory(), crashed.resolve("orders-3"));
            TestLogs.delete(journal);
            TestLogs.delete(crashed);
        }
    }

    @Test
    void aChunkThatDoesNotFitIsTriedAgain() throws Exception
    {
        final ByteBuffer large = TestBatches.plain(1, 4, 5000);
        for (int room = 0; room < 5100; room += 93)
        {
            final Path journal = Files.createDirectories(dir.resolve("journal" + room));
            final TestFiles files = new TestFiles();
            final PartitionLog log = PartitionLog.open(context(journal, files));
            TestLogs.append(log, TestBatches.plain(0, 0, 10));
            files.writable(room);
            int failures = 0;
            for (int at = 0; at < large.remaining(); at += 700)
            {
                final BatchBytes chunk = new BatchBytes();
                chunk.add(large, at, Math.min(700, large.remaining() - at));
                final int from = at;
                failures += insist(files, () -> log.appendChunk(chunk, from, large.remaining(), result));
            }
            assertEquals(1, failures, "room " + room);
            assertEquals(2, log.endOffset());
            assertEquals(4, log.lastEpoch());
            log.close();
            assertEquals(large, TestLogs.read(log.directory()).get(1));
        }
    }

    @Test
    void whatCouldNotBeForcedIsNotDurable() throws Exception
    {
        final TestFiles files = new TestFiles();
        final PartitionLog log = PartitionLog.open(context(dir, files));
        TestLogs.append(log, BATCHES.subList(0, 20));
        for (int forces = 0; log.durableOffset() == 0; forces++)
        {
            final FlushTicket ticket = log.prepareFlush();
            files.forces(forces);
            boolean failed = false;
            try
            {
                ticket.force();
            }
            catch (final IOException ex)
            {
                failed = true;
            }
            if (failed)
            {
                ticket.failed();
                assertEquals(0, log.durableOffset());
            }
            else
            {
                assertTrue(forces > 4, "log, indexes, epochs, anchors, directory: " + forces);
                ticket.complete();
                assertEquals(log.endOffset(), log.durableOffset());
            }
        }
        files.forces(Integer.MAX_VALUE);
        log.close();
    }

    @Test
    void aTruncationThatFailsHalfWayIsFinishedByOpeningAgain() throws Exception
    {
        final long cut = TestBatches.header(BATCHES.get(20)).baseOffset;
        boolean done = false;
        for (int forces = 0; !done; forces++)
        {
            final Path journal = Files.createDirectories(dir.resolve("journal" + forces));
            final TestFiles files = new TestFiles();
            final PartitionLog log = PartitionLog.open(context(journal, files));
            TestLogs.append(log, BATCHES);
            TestLogs.flush(log);
            files.forces(forces);
            try
            {
                log.truncateTo(cut);
                done = true;
            }
            catch (final IOException ex)
            {
                assertThrows(IllegalStateException.class, () -> TestLogs.append(log, BATCHES.get(20)));
            }
            files.forces(Integer.MAX_VALUE);
            log.close();
            try (PartitionLog again = PartitionLog.open(context(journal, files)))
            {
                final List<ByteBuffer> left = TestLogs.read(again.directory());
                TestLogs.assertPrefix(BATCHES, left);
                assertTrue(left.size() >= 20);
                again.truncateTo(cut);
                assertEquals(BATCHES.subList(0, 20), TestLogs.read(again.directory()));
                assertEquals(TestLogs.digest(BATCHES.subList(0, 20)), again.digest());
            }
        }
        assertFalse(Files.exists(dir.resolve("damaged")));
    }
}
