package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataTaskState;
import io.umbra.codecs.ledger.MetadataTaskType;
import io.umbra.journal.ledger.LedgerFinding.Kind;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import static io.umbra.journal.ledger.LedgerFixture.MINUTE_MS;
import static io.umbra.journal.ledger.LedgerFixture.TEN_O_CLOCK_MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Kills a process that writes the metadata's ledger, again and again: what is known afterwards is what was known before
 * the last entry, or with it. Files are short and their heads long, so that most kills meet a head.
 */
class MetadataCrashTest
{
    private static final int KILLS = 16;
    private static final int KEYS = 400;
    private static final int WRITES_PER_FILE = 100;
    private static final Set<Kind> EXPECTED_KINDS = EnumSet.of(Kind.TORN_ENTRY, Kind.UNFINISHED_FILE, Kind.MISSING_END);

    @TempDir
    private Path directory;

    @Test
    void forgetsNothingWhenItIsKilled() throws Exception
    {
        final long seed = Long.getLong("umbra.seed", System.nanoTime());
        System.out.println("-Dumbra.seed=" + seed);
        final Path progressFile = directory.resolve("progress");
        final MappedByteBuffer mapped = IoUtil.mapNewFile(progressFile.toFile(), 64);
        final UnsafeBuffer progress = new UnsafeBuffer(mapped);
        final KilledWriter writer =
            new KilledWriter(Writer.class, directory, progressFile, progress, new Random(seed));
        for (int kill = 0; kill < KILLS; kill++)
        {
            writer.kill(kill % 4 == 0);
            final String when = "kill " + kill + " of seed " + seed;
            final long counted = progress.getLongVolatile(0);
            final long found = check(counted, when + ", unrepaired");
            for (final LedgerFinding finding :
                LedgerRecovery.recover(LedgerContext.metadataDirectory(directory)))
            {
                assertTrue(EXPECTED_KINDS.contains(finding.kind()), finding + ", " + when);
            }
            assertEquals(found, check(counted, when + ", repaired"), when);
            progress.putLongVolatile(0, found);
        }
        assertTrue(progress.getLongVolatile(0) > KILLS);
        IoUtil.unmap(mapped);
    }

    /**
     * Every write sets one key to its number, and removes the one half a circle further on.
     *
     * @return how many writes there were: as many as were counted, or one more.
     */
    private long check(final long counted, final String when)
    {
        final MetadataState state = MetadataReader.read(directory, Long.MAX_VALUE);
        final Map<String, String> values = state.values(MetadataKind.TOPIC);
        final MetadataState.Round round = state.round(MetadataTaskType.TOPICS);
        final long found = round == null ? 0 : round.completeNs();
        assertTrue(found == counted || found == counted + 1, when + ": " + counted + " counted, " + found + " found");
        for (long write = Math.max(0, found - KEYS / 2 + 1); write < found; write++)
        {
            assertEquals(Long.toString(write), values.get(Writer.key(write)), when);
        }
        // The next write may have got as far as its value.
        assertTrue(Math.abs(values.size() - Math.min(found, KEYS / 2)) <= 1, when + ": " + values.size() + " values");
        return found;
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
            final LedgerFixture fixture = new LedgerFixture(Path.of(args[0]));
            fixture.roll = LedgerRoll.MINUTELY;
            long writes = progress.getLongVolatile(0);
            fixture.clock.update(time(writes));
            progress.putLongVolatile(Long.BYTES, 1);
            final MetadataLedger ledger = MetadataLedger.open(fixture.context());
            while (true)
            {
                ledger.put(MetadataKind.TOPIC, key(writes), Long.toString(writes), fixture.nowNs());
                ledger.remove(MetadataKind.TOPIC, key(writes + KEYS / 2), fixture.nowNs());
                writes++;
                ledger.round(MetadataTaskType.TOPICS,
                    new MetadataState.Round(MetadataTaskState.OK, writes, ""), fixture.nowNs());
                progress.putLongVolatile(0, writes);
                fixture.clock.update(time(writes));
            }
        }

        private static String key(final long write)
        {
            return "key-" + write % KEYS;
        }

        private static long time(final long writes)
        {
            return TEN_O_CLOCK_MS + writes / WRITES_PER_FILE * MINUTE_MS;
        }
    }
}
