package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.codecs.ledger.EngineEventType;
import io.umbra.journal.ledger.LedgerFinding.Kind;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

import static io.umbra.journal.ledger.LedgerFixture.BATCH_RECORDS;
import static io.umbra.journal.ledger.LedgerFixture.MINUTE_MS;
import static io.umbra.journal.ledger.LedgerFixture.ORDERS;
import static io.umbra.journal.ledger.LedgerFixture.ORDERS_INDEX;
import static io.umbra.journal.ledger.LedgerFixture.TEN_O_CLOCK_MS;
import static io.umbra.journal.ledger.LedgerFixture.digest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Kills a process that writes a ledger, again and again, at random moments: no whole entry may be lost, and what is
 * left of one that was being written may not disturb.
 *
 * <p>The writer counts its commits in a mapped file, which outlives it, after each of them: so the test knows how
 * many must be there. It rolls every few hundred commits, so that rolls are hit too.
 */
class LedgerCrashTest
{
    private static final int KILLS = 32;
    private static final int COMMITS_PER_FILE = 300;
    private static final Set<Kind> EXPECTED_KINDS = EnumSet.of(Kind.TORN_ENTRY, Kind.UNFINISHED_FILE, Kind.MISSING_END);

    @TempDir
    private Path directory;

    @Test
    void losesNoEntryWhenItIsKilled() throws Exception
    {
        final long seed = Long.getLong("umbra.seed", System.nanoTime());
        System.out.println("-Dumbra.seed=" + seed);
        final Random random = new Random(seed);
        final Path progressFile = directory.resolve("progress");
        final MappedByteBuffer mapped = IoUtil.mapNewFile(progressFile.toFile(), 64);
        final UnsafeBuffer progress = new UnsafeBuffer(mapped);
        final KilledWriter writer = new KilledWriter(Writer.class, directory, progressFile, progress, random);
        final List<Kind> kinds = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++)
        {
            writer.kill(kill % 4 == 0);
            final long committed = progress.getLongVolatile(0);
            // As another process sees it, before anything is repaired.
            check(committed, "unrepaired, kill " + kill + " of seed " + seed);
            for (final LedgerFinding finding : LedgerRecovery.recover(shardDirectory()))
            {
                assertTrue(EXPECTED_KINDS.contains(finding.kind()), finding + ", kill " + kill + " of seed " + seed);
                kinds.add(finding.kind());
            }
            final long found = check(committed, "repaired, kill " + kill + " of seed " + seed);
            // The one that was written but not counted.
            progress.putLongVolatile(0, found);
            final LedgerState.End end = LedgerReconciler.read(directory, Set.of("orders-3")).end(ORDERS);
            // Killed before the first commit: nothing is known.
            assertEquals(found * BATCH_RECORDS, end == null ? 0 : end.endOffset());
            assertTrue(end == null || end.digest() == digest(end.endOffset()));
        }
        System.out.println(progress.getLongVolatile(0) + " commits, found after kills: " + kinds);
        IoUtil.unmap(mapped);
    }

    private Path shardDirectory()
    {
        return LedgerContext.shardDirectory(directory, 0);
    }

    /**
     * Reads all commits.
     *
     * @return how many there are: as many as were counted, or one more.
     */
    private long check(final long committed, final String when)
    {
        final long[] count = new long[1];
        final LedgerEntryHandler handler = new LedgerEntryHandler()
        {
            @Override
            public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
            {
                assertEquals(ORDERS, partition, when);
                assertEquals(count[0] * BATCH_RECORDS, entry.baseOffset(), when);
                assertEquals(digest(entry.lastOffset() + 1), entry.digest(), when);
                count[0]++;
            }
        };
        int entries = 0;
        try (LedgerReader reader = LedgerReader.open(shardDirectory()))
        {
            while (reader.poll(handler))
            {
                entries++;
            }
        }
        assertTrue(entries >= count[0], when);
        assertTrue(count[0] == committed || count[0] == committed + 1,
            when + ": " + committed + " counted, " + count[0] + " found");
        return count[0];
    }

    /**
     * The process that is killed.
     */
    static final class Writer
    {
        private Writer()
        {
        }

        /**
         * Writes until it is killed.
         *
         * @param args directory of the ledgers, file of the progress.
         */
        public static void main(final String[] args)
        {
            final UnsafeBuffer progress =
                new UnsafeBuffer(IoUtil.mapExistingFile(Path.of(args[1]).toFile(), "progress"));
            long commits = progress.getLongVolatile(0);
            final LedgerFixture fixture = new LedgerFixture(Path.of(args[0]));
            fixture.roll = LedgerRoll.MINUTELY;
            fixture.clock.update(time(commits));
            progress.putLongVolatile(Long.BYTES, 1);
            final Ledger ledger = fixture.open();
            ledger.engineEvent(EngineEventType.STARTED, fixture.nowNs());
            final long end = commits * BATCH_RECORDS;
            ledger.partitionOpened(ORDERS_INDEX, ORDERS, 0, end, digest(end), fixture.nowNs());
            while (true)
            {
                fixture.commit(ledger, ORDERS_INDEX, commits * BATCH_RECORDS);
                commits++;
                progress.putLongVolatile(0, commits);
                fixture.clock.update(time(commits));
            }
        }

        private static long time(final long commits)
        {
            return TEN_O_CLOCK_MS + commits / COMMITS_PER_FILE * MINUTE_MS;
        }
    }
}
