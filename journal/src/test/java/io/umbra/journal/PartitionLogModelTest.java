package io.umbra.journal;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Any order of appends, chunks, flushes, checkpoints, log starts, truncations, closes and kills: the log is its model.
 */
class PartitionLogModelTest
{
    private static final int STEPS = 120;

    /** A log, and beside it a list of the batches that should be in it. */
    private static final class Model
    {
        private final Random random;
        private final Path journal;
        private final List<ByteBuffer> source;
        private final List<ByteBuffer> held = new ArrayList<>();
        private final AppendResult result = new AppendResult();
        private long digest = RollingDigest.SEED;
        private final List<Long> digests = new ArrayList<>();
        private long logStart;
        private PartitionLog log;
        private PartitionCheckpoint checkpoint;
        private FlushTicket ticket;
        private int next;

        Model(final long seed, final Path journal) throws Exception
        {
            random = new Random(seed);
            this.journal = journal;
            final long start = random.nextBoolean() ? 0 : random.nextInt(1000);
            source = new TestBatches(seed, start).add(2 * STEPS).batches();
            checkpoint = new PartitionCheckpoint(TestLogs.TOPIC, 3, 0, 0, RollingDigest.SEED);
            log = open();
            log.startAt(start);
            logStart = start;
            takeCheckpoint();
        }

        private PartitionLog open() throws Exception
        {
            final PartitionLog opened = PartitionLog.open(TestLogs.context(journal)
                .segmentBytes(2500)
                .stateIntervalBytes(1 + random.nextInt(4000))
                .tailCheckBytes(random.nextInt(6000))
                .recoveryPoint(checkpoint.durableOffset())
                .logStartOffset(checkpoint.logStartOffset())
                .knownDigest(checkpoint.durableOffset(), checkpoint.digest()));
            ticket = null;
            return opened;
        }

        void step() throws Exception
        {
            final int what = random.nextInt(100);
            if (what < 50)
            {
                append();
            }
            else if (what < 58)
            {
                chunks();
            }
            else if (what < 70)
            {
                flush();
            }
            else if (what < 78)
            {
                takeCheckpoint();
            }
            else if (what < 84)
            {
                advance();
            }
            else if (what < 89)
            {
                truncate();
            }
            else if (what < 93)
            {
                log.close();
                log = open();
                assertTrue(log.recoveryReport().isClean(), log.recoveryReport().toString());
                assertEquals(log.endOffset(), log.durableOffset());
                reopened();
            }
            else
            {
                kill();
            }
            check();
        }

        private void append() throws Exception
        {
            final int count = Math.min(1 + random.nextInt(4), source.size() - next);
            if (count > 0)
            {
                log.append(
                    TestBatches.bytes(source.subList(next, next + count).toArray(new ByteBuffer[0])), result);
                assertEquals(count, result.batches());
                hold(count);
            }
        }

        private void hold(final int count)
        {
            for (int i = 0; i < count; i++)
            {
                digests.add(digest);
                held.add(source.get(next));
                digest = RollingDigest.update(digest, TestBatches.header(source.get(next)));
                next++;
            }
        }

        private void chunks() throws Exception
        {
            if (next == source.size() || source.get(next).remaining() < 130)
            {
                return;
            }
            final ByteBuffer batch = source.get(next);
            final BatchBytes head = new BatchBytes();
            head.add(batch, 0, 100);
            assertFalse(log.appendChunk(head, 0, batch.remaining(), result));
            switch (random.nextInt(4))
            {
                case 0:
                    log.abandonChunks();
                    break;
                case 1:
                    kill();
                    break;
                default:
                    final BatchBytes tail = new BatchBytes();
                    tail.add(batch, 100, batch.remaining() - 100);
                    assertTrue(log.appendChunk(tail, 100, batch.remaining(), result));
                    hold(1);
                    break;
            }
        }

        private void flush() throws Exception
        {
            if (ticket == null)
            {
                ticket = random.nextBoolean() ? log.prepareFlush() : log.prepareLogFlush();
            }
            else
            {
                final FlushTicket returned = ticket;
                ticket = null;
                if (random.nextInt(4) == 0)
                {
                    returned.failed();
                }
                else
                {
                    returned.force();
                    returned.complete();
                }
            }
        }

        private void takeCheckpoint()
        {
            checkpoint = new PartitionCheckpoint(
                TestLogs.TOPIC, 3, log.logStartOffset(), log.recoveryPoint(), log.recoveryDigest());
        }

        private void advance() throws Exception
        {
            if (!held.isEmpty())
            {
                final long offset = TestBatches.header(held.get(random.nextInt(held.size()))).baseOffset;
                log.advanceLogStart(offset);
                logStart = Math.max(logStart, offset);
                final int left = TestLogs.read(log.directory()).size();
                final List<ByteBuffer> gone = held.subList(0, held.size() - left);
                gone.forEach(
                    (batch) -> assertTrue(TestBatches.header(batch).lastOffset() < logStart, "gone too soon"));
                digests.subList(0, gone.size()).clear();
                gone.clear();
            }
        }

        private void truncate() throws Exception
        {
            final int keep = held.size() - random.nextInt(Math.min(10, held.size() + 1));
            if (keep < held.size() && keep > 0)
            {
                log.truncateTo(TestBatches.header(held.get(keep)).lastOffset());
                digest = digests.get(keep);
                next -= held.size() - keep;
                held.subList(keep, held.size()).clear();
                digests.subList(keep, digests.size()).clear();
                logStart = Math.min(logStart, log.endOffset());
                takeCheckpoint();
                assertEquals(log.endOffset(), log.durableOffset());
            }
        }

        /** The log start is what was checkpointed, or where the first segment that is left begins. */
        private void reopened()
        {
            assertTrue(log.logStartOffset() <= logStart);
            assertTrue(log.logStartOffset() >= checkpoint.logStartOffset());
            logStart = log.logStartOffset();
        }

        private void kill() throws Exception
        {
            final boolean chunk = log.isReceivingChunks();
            log = open();
            reopened();
            final RecoveryReport report = log.recoveryReport();
            assertTrue(report.isClean() || chunk && report.findings().size() == 1, report.toString());
            assertEquals(chunk ? 100 : 0, report.cutBytes());
        }

        private void check() throws Exception
        {
            assertEquals(held, TestLogs.read(log.directory()));
            assertEquals(digest, log.digest());
            assertEquals(logStart, log.logStartOffset());
            if (!held.isEmpty())
            {
                assertEquals(TestLogs.endOffset(held), log.endOffset());
                assertEquals(TestBatches.header(held.get(held.size() - 1)).leaderEpoch, log.lastEpoch());
            }
            assertTrue(log.recoveryPoint() <= log.durableOffset());
            assertTrue(log.durableOffset() <= log.endOffset());
            assertEquals(
                held.stream().mapToLong(ByteBuffer::remaining).sum(), log.sizeInBytes());
        }
    }

    /** Seeds that once found something. */
    @ParameterizedTest
    @ValueSource(longs = {720, 20_543, 956_450})
    void theLogIsItsModelAsItOnceWasNot(final long seed) throws Exception
    {
        theLogIsItsModel(seed);
    }

    @Property(tries = 40, seed = "9", shrinking = ShrinkingMode.OFF)
    void theLogIsItsModel(@ForAll @LongRange(min = 0, max = 1L << 40) final long seed) throws Exception
    {
        final Path journal = Files.createTempDirectory("model");
        try
        {
            final Model model = new Model(seed, journal);
            for (int i = 0; i < STEPS; i++)
            {
                model.step();
            }
            model.log.close();
        }
        finally
        {
            TestLogs.delete(journal);
        }
    }
}
