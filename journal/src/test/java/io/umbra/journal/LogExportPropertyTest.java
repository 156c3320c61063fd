package io.umbra.journal;

import io.umbra.journal.LogExport.Transfer;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Any log, however it was left and wherever it is cut, is to a broker what it would have made of the same batches. */
class LogExportPropertyTest
{
    private static final int BATCHES = 90;

    /** How the source was left. */
    enum Source
    {
        CRASHED, TORN, CLOSED, LIVE
    }

    @Property(tries = 60, seed = "5", shrinking = ShrinkingMode.OFF)
    void aBrokerShowsWhatItWouldHaveMadeOfTheSameBatches(
        @ForAll @LongRange(min = 0, max = 1_000_000) final long seed,
        @ForAll @IntRange(min = 0, max = BATCHES) final int flushed,
        @ForAll @IntRange(min = 500, max = 50_000) final int stateInterval,
        @ForAll final Source source,
        @ForAll final Transfer transfer,
        @ForAll final boolean isCut) throws Exception
    {
        try (WrittenLog written = new WrittenLog(seed, BATCHES, flushed, stateInterval))
        {
            final Random random = new Random(seed);
            final Path journal = written.copyOfCrashed();
            long recoveryPoint = written.recoveryPoint;
            long recoveryDigest = written.recoveryDigest;
            if (source == Source.TORN)
            {
                final List<Path> logs = WrittenLog.files(journal, LogSegment.LOG_SUFFIX);
                final byte[] half = new byte[1 + random.nextInt(300)];
                random.nextBytes(half);
                Files.write(logs.get(logs.size() - 1), half, StandardOpenOption.APPEND);
            }
            else if (source == Source.CLOSED)
            {
                PartitionLog.open(written.recovery(journal)).close();
                recoveryPoint = written.endOffset();
                recoveryDigest = written.digest();
            }
            final boolean isLive = source == Source.LIVE;
            final ByteBuffer at = written.batches.get(random.nextInt(BATCHES));
            final long cut = !isCut ? Long.MAX_VALUE :
                TestBatches.header(at).baseOffset + random.nextInt(TestBatches.header(at).lastOffsetDelta + 2);
            final List<ByteBuffer> kept = TestExports.below(written.batches, cut);
            final long logStart = random.nextInt(3) == 0 || kept.isEmpty() ? 0 :
                TestBatches.header(kept.get(random.nextInt(kept.size()))).baseOffset + random.nextInt(2);
            final Path target = written.root.resolve("target");
            final LogExport.Context ctx = TestExports.context(journal, target)
                .cutOffset(cut)
                .logStartOffset(logStart)
                .recoveryPoint(recoveryPoint, recoveryDigest)
                .isLive(isLive)
                .transfer(isLive && transfer == Transfer.MOVE ? Transfer.LINK : transfer);
            final Map<String, String> before = TestExports.fingerprint(journal);
            final ExportPlan plan = LogExport.plan(ctx);
            assertEquals(before, TestExports.fingerprint(journal));

            final ExportedLog exported = LogExport.export(ctx);
            if (transfer != Transfer.MOVE || isLive)
            {
                assertEquals(before, TestExports.fingerprint(journal));
            }
            assertAsPlanned(plan, exported);
            assertEquals(TestLogs.digest(kept), exported.digest());
            if (kept.isEmpty())
            {
                assertEquals(exported.endOffset(), exported.promotedEndOffset());
                TestExports.openedByBroker(exported, target);
                return;
            }
            assertEquals(TestLogs.endOffset(kept), exported.endOffset());
            assertEquals(Math.min(logStart, exported.endOffset()), exported.logStartOffset());
            final KafkaView expected = TestExports.expected(
                written.root.resolve("expected"), kept, exported.logStartOffset());
            final KafkaView actual = TestExports.openedByBroker(exported, target);
            assertEquals(expected, actual);
            assertEquals(TestExports.committed(kept, exported.logStartOffset()), actual.committed());
            if (transfer != Transfer.MOVE || isLive)
            {
                assertEquals(before, TestExports.fingerprint(journal));
                // The shadow goes on, and what was exported stays as it was.
                final Map<String, String> promoted = TestExports.fingerprint(target);
                final PartitionLog shadow = PartitionLog.open(
                    written.context(journal).recoveryPoint(recoveryPoint).knownDigest(recoveryPoint, recoveryDigest));
                TestLogs.append(shadow, TestBatches.plain(shadow.endOffset() + 5, 500_000, 300));
                shadow.truncateTo(random.nextInt((int)shadow.endOffset()));
                shadow.close();
                assertEquals(promoted, TestExports.fingerprint(target));
            }
        }
    }

    private static void assertAsPlanned(final ExportPlan plan, final ExportedLog exported)
    {
        assertNull(plan.damage());
        assertNull(exported.damage());
        assertEquals(plan.logStartOffset(), exported.logStartOffset());
        assertEquals(plan.endOffset(), exported.endOffset());
        assertEquals(plan.digest(), exported.digest());
        assertEquals(plan.lastEpoch(), exported.lastEpoch());
        assertEquals(plan.lastTimestamp(), exported.lastTimestamp());
        assertEquals(plan.openTransactions(), exported.openTransactions());
        assertEquals(plan.segments(), exported.segments());
        assertEquals(plan.openTransactions().size(), exported.promotedEndOffset() - exported.endOffset());
        assertTrue(exported.bytesLinked() >= plan.bytesToLink(), plan + " " + exported);
        assertTrue(exported.bytesCopied() >= plan.bytesToCopy(), plan + " " + exported);
    }
}
