package io.umbra.journal.ledger;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static io.umbra.journal.ledger.LedgerFixture.BATCH_RECORDS;
import static io.umbra.journal.ledger.LedgerFixture.MINUTE_MS;
import static io.umbra.journal.ledger.LedgerFixture.ORDERS_INDEX;
import static io.umbra.journal.ledger.LedgerFixture.PAYMENTS;
import static io.umbra.journal.ledger.LedgerFixture.PAYMENTS_INDEX;
import static io.umbra.journal.ledger.LedgerFixture.TEN_O_CLOCK_MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LedgerRollTest
{
    private LedgerFixture fixture;

    @BeforeEach
    void createFixture(@TempDir final Path directory)
    {
        fixture = new LedgerFixture(directory);
    }

    @ParameterizedTest
    @CsvSource({"MINUTELY,1", "HOURLY,60", "DAILY,1440"})
    void beginsAFileForEveryPeriod(final LedgerRoll roll, final int minutes) throws IOException
    {
        fixture.roll = roll;
        final long period = minutes * MINUTE_MS;
        fixture.clock.update(TEN_O_CLOCK_MS - TEN_O_CLOCK_MS % period);
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 2);
            fixture.clock.advance(period - 1);
            fixture.commits(ledger, 20, 2);
            assertEquals(1, fixture.files().size());
            fixture.clock.advance(1);
            fixture.commits(ledger, 40, 2);
            assertEquals(2, fixture.files().size());
            // Nothing happens for a while: no file for that.
            fixture.clock.advance(5 * period);
            assertEquals(2, fixture.files().size());
            ledger.ensureRoom();
            assertEquals(3, fixture.files().size());
        }
        assertEquals(offsets(6), fixture.readCommits());
        assertEquals(
            List.of(
                "STARTED", "opened orders-3 0..0 orders", "commit orders-3 0..9", "commit orders-3 10..19",
                "commit orders-3 20..29", "commit orders-3 30..39",
                "opened orders-3 0..40 orders", "commit orders-3 40..49", "commit orders-3 50..59",
                "opened orders-3 0..60 orders"),
            fixture.read());
    }

    @Test
    void everyFileNamesThePartitionsThatAreOpen() throws IOException
    {
        try (Ledger ledger = fixture.start(0))
        {
            ledger.partitionOpened(PAYMENTS_INDEX, PAYMENTS, 0, 0, 0, fixture.nowNs());
            fixture.commits(ledger, 0, 2);
            ledger.logStart(ORDERS_INDEX, 10, fixture.nowNs());
            fixture.clock.advance(60 * MINUTE_MS);
            fixture.commit(ledger, PAYMENTS_INDEX, 0);
            ledger.partitionClosed(PAYMENTS_INDEX);
            ledger.truncated(ORDERS_INDEX, 20, 15, 5, fixture.nowNs(), "");
            fixture.clock.advance(60 * MINUTE_MS);
            fixture.commit(ledger, ORDERS_INDEX, 15);
        }
        final List<Path> files = fixture.files();
        assertEquals(3, files.size());
        assertEquals(
            List.of("opened orders-3 10..20 orders", "opened payments-0 0..0 payments", "commit payments-0 0..9",
                "truncated orders-3 20 to 15: "),
            sortedHead(readFile(files.get(1)), 2));
        assertEquals(
            List.of("opened orders-3 10..15 orders", "commit orders-3 15..24"), readFile(files.get(2)));
        // Names are known when reading begins in the last file.
        try (LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            reader.lastEntries(1);
            assertEquals(List.of("commit orders-3 15..24"), LedgerFixture.read(reader));
            reader.lastEntries(4);
            assertEquals(4, LedgerFixture.read(reader).size());
        }
    }

    @Test
    void neverGoesBackWithTheClock() throws IOException
    {
        fixture.roll = LedgerRoll.MINUTELY;
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 2);
            fixture.clock.update(TEN_O_CLOCK_MS - 90 * MINUTE_MS);
            fixture.commits(ledger, 20, 2);
        }
        try (Ledger ledger = fixture.start(40))
        {
            fixture.commits(ledger, 40, 2);
            fixture.clock.update(TEN_O_CLOCK_MS + MINUTE_MS);
            fixture.commits(ledger, 60, 2);
        }
        assertEquals(2, fixture.files().size());
        assertEquals(offsets(8), fixture.readCommits());
    }

    @Test
    void goesOnInANewFileWhenTheLastOneHasEnded() throws IOException
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 2);
        }
        // Killed between the end mark of a file and the creation of the next.
        final Path file = fixture.files().get(0);
        CycleFile.seal(file, CycleFile.scan(file).end());
        try (Ledger ledger = fixture.start(20))
        {
            fixture.commits(ledger, 20, 2);
            assertTrue(ledger.findings().isEmpty());
        }
        assertEquals(2, fixture.files().size());
        assertEquals(offsets(4), fixture.readCommits());
    }

    @Test
    void staysWithinItsBounds() throws IOException
    {
        fixture.maxBytes = 2 << 20;
        final int perRound = 1000;
        long offset = 0;
        try (Ledger ledger = fixture.start(0);
            LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            // Ten times as much as there may be.
            for (int round = 0; round < 150; round++)
            {
                fixture.commits(ledger, offset, perRound);
                offset += perRound * BATCH_RECORDS;
                assertTrue(allocated() <= fixture.maxBytes, "allocated " + allocated());
                fixture.clock.advance(1000);
            }
            final List<Long> kept = fixture.readCommits();
            assertTrue(kept.size() > 5000, "kept " + kept.size());
            for (int i = 1; i < kept.size(); i++)
            {
                assertEquals(kept.get(i - 1) + BATCH_RECORDS, kept.get(i));
            }
            assertEquals(offset - BATCH_RECORDS, kept.get(kept.size() - 1));
            // A reader whose file is gone goes on with the oldest that there is.
            final List<String> late = LedgerFixture.read(reader);
            assertFalse(late.isEmpty());
            assertEquals("commit orders-3 " + (offset - 10) + ".." + (offset - 1), late.get(late.size() - 1));
        }
        // Oldest first, at opening too.
        final List<Path> before = fixture.files();
        fixture.maxBytes = 1 << 20;
        try (Ledger ledger = fixture.open())
        {
            assertTrue(ledger.findings().isEmpty());
        }
        final List<Path> after = fixture.files();
        assertTrue(after.size() < before.size());
        assertEquals(before.subList(before.size() - after.size(), before.size()), after);
    }

    @Test
    void givesBackWhatAFileDidNotNeed() throws IOException
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 2);
            fixture.clock.advance(60 * MINUTE_MS);
            fixture.commits(ledger, 20, 2);
        }
        assertTrue(Files.size(fixture.files().get(0)) < 64 << 10);
        assertEquals(offsets(4), fixture.readCommits());
        try (Ledger ledger = fixture.open())
        {
            assertTrue(ledger.findings().isEmpty());
        }
        assertEquals(offsets(4), fixture.readCommits());
    }

    @Test
    void namesThousandsOfPartitionsInEveryFile() throws IOException
    {
        final int partitions = 20_000;
        fixture.roll = LedgerRoll.MINUTELY;
        try (Ledger ledger = fixture.start(0))
        {
            for (int i = 0; i < partitions; i++)
            {
                final LedgerPartition partition =
                    new LedgerPartition("t".repeat(200) + i, 0, LedgerFixture.ORDERS.topicId());
                ledger.partitionOpened(100 + i, partition, 0, 0, 0, fixture.nowNs());
            }
            fixture.clock.advance(MINUTE_MS);
            fixture.commit(ledger, ORDERS_INDEX, 0);
        }
        final List<Path> files = fixture.files();
        assertEquals(2, files.size());
        assertEquals(partitions + 2, readFile(files.get(1)).size());
        try (LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            reader.lastEntries(1);
            assertEquals(List.of("commit orders-3 0..9"), LedgerFixture.read(reader));
        }
    }

    /** What the files take on the disk; they are sparse. */
    private long allocated() throws IOException
    {
        final List<String> command = new ArrayList<>(List.of("du", "-B1"));
        fixture.files().forEach((file) -> command.add(file.toString()));
        long allocated = 0;
        for (final String line : new String(
            new ProcessBuilder(command).start().getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\n"))
        {
            allocated += Long.parseLong(line.split("\\s")[0]);
        }
        return allocated;
    }

    private static List<Long> offsets(final int commits)
    {
        final List<Long> offsets = new ArrayList<>();
        for (int i = 0; i < commits; i++)
        {
            offsets.add((long) i * BATCH_RECORDS);
        }
        return offsets;
    }

    /** The order of names is not fixed. */
    private static List<String> sortedHead(final List<String> entries, final int names)
    {
        final List<String> sorted = new ArrayList<>(entries.subList(0, names));
        sorted.sort(null);
        sorted.addAll(entries.subList(names, entries.size()));
        return sorted;
    }

    private static List<String> readFile(final Path file) throws IOException
    {
        final LedgerFixture.Texts texts = new LedgerFixture.Texts();
        final EntryDispatcher dispatcher = new EntryDispatcher();
        CycleFile.scan(file, (buffer, offset, length) ->
            dispatcher.dispatch(new UnsafeBuffer(buffer), offset, 0, texts));
        return texts.list;
    }
}
