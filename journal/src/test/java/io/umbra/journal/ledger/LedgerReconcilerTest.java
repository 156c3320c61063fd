package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.EngineEventType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import static io.umbra.journal.ledger.LedgerFixture.MINUTE_MS;
import static io.umbra.journal.ledger.LedgerFixture.ORDERS;
import static io.umbra.journal.ledger.LedgerFixture.ORDERS_INDEX;
import static io.umbra.journal.ledger.LedgerFixture.PAYMENTS;
import static io.umbra.journal.ledger.LedgerFixture.PAYMENTS_INDEX;
import static io.umbra.journal.ledger.LedgerFixture.digest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

class LedgerReconcilerTest
{
    private static final long HOUR_MS = 60 * MINUTE_MS;

    private Path journal;
    private LedgerFixture fixture;

    @BeforeEach
    void createFixture(@TempDir final Path directory)
    {
        journal = directory;
        fixture = new LedgerFixture(directory.resolve("ledger"));
    }

    @Test
    void knowsNothingWithoutALedger() throws IOException
    {
        assertEquals(new LedgerState(Map.of(), 0), LedgerReconciler.read(fixture.directory));
        createLog("orders-3");
        assertEquals(new LedgerState(Map.of(), 0), LedgerReconciler.read(fixture.directory));
        assertEquals(
            new LedgerState(Map.of(), 0), LedgerReconciler.read(journal.resolve("not").resolve("there")));
    }

    @Test
    void knowsTheEndAfterEveryKindOfEntry()
    {
        try (Ledger ledger = fixture.start(100))
        {
            fixture.commit(ledger, ORDERS_INDEX, 100);
            assertEnd(110);
            ledger.recovered(ORDERS_INDEX, 110, 119, digest(120), fixture.nowNs());
            assertEnd(120);
            ledger.truncated(ORDERS_INDEX, 120, 105, digest(105), fixture.nowNs(), "");
            assertEnd(105);
            ledger.logStart(ORDERS_INDEX, 50, fixture.nowNs());
            ledger.engineEvent(EngineEventType.STOPPED, fixture.nowNs());
            assertEnd(105);
        }
    }

    @Test
    void goesBackOnlyAsFarAsItMust() throws IOException
    {
        try (Ledger ledger = fixture.start(0))
        {
            ledger.partitionOpened(PAYMENTS_INDEX, PAYMENTS, 0, 500, digest(500), fixture.nowNs());
            for (int hour = 0; hour < 5; hour++)
            {
                fixture.commits(ledger, hour * 100, 10);
                fixture.clock.advance(HOUR_MS);
            }
            ledger.partitionClosed(PAYMENTS_INDEX);
            for (int hour = 5; hour < 8; hour++)
            {
                fixture.commits(ledger, hour * 100, 10);
                fixture.clock.advance(HOUR_MS);
            }
        }
        assertEquals(8, fixture.files().size());
        final LedgerState orders = read("orders-3");
        assertEquals(1, orders.files());
        assertEquals(800, orders.end(ORDERS).endOffset());
        // Named last at the head of the sixth file.
        final LedgerState both = read("orders-3", "payments-0");
        assertEquals(4, both.files());
        assertEquals(800, both.end(ORDERS).endOffset());
        assertEquals(500, both.end(PAYMENTS).endOffset());
        final LedgerState unknown = read("orders-3", "unknown-0");
        assertEquals(8, unknown.files());
        assertEquals(0, read().files());
    }

    @Test
    void asksForThePartitionsThatHaveALog() throws IOException
    {
        goesBackOnlyAsFarAsItMust();
        createLog("orders-3");
        Files.createDirectory(journal.resolve("diverged"));
        assertEquals(1, LedgerReconciler.read(fixture.directory).files());
        createLog("payments-0");
        final LedgerState state = LedgerReconciler.read(fixture.directory);
        assertEquals(4, state.files());
        assertEquals(500, state.end(PAYMENTS).endOffset());
    }

    @Test
    void remembersPartitionsThatTheLastRunsDidNotOpen()
    {
        try (Ledger ledger = fixture.start(100))
        {
            fixture.commit(ledger, ORDERS_INDEX, 100);
        }
        for (int run = 0; run < 3; run++)
        {
            fixture.clock.advance(HOUR_MS);
            try (Ledger ledger = fixture.open())
            {
                ledger.engineEvent(EngineEventType.STARTED, fixture.nowNs());
            }
        }
        assertEnd(110);
    }

    @Test
    void tellsATopicFromItsNamesake()
    {
        final LedgerPartition namesake = new LedgerPartition("orders", 3, new UUID(1, 1));
        try (Ledger ledger = fixture.start(100))
        {
            ledger.partitionOpened(PAYMENTS_INDEX, namesake, 0, 7, digest(7), fixture.nowNs());
            ledger.engineEvent(EngineEventType.STOPPED, fixture.nowNs());
        }
        final LedgerState state = read("orders-3");
        assertEquals(100, state.end(ORDERS).endOffset());
        assertEquals(7, state.end(namesake).endOffset());
        assertNull(state.end(PAYMENTS));
    }

    @Test
    void believesTheLatestWordOfAllShards()
    {
        // A run with one shard, then one with two, then one with one again.
        run(0, 100, 200);
        run(1, 200, 300);
        assertShardAndEnd(1, 300);
        run(0, 300, 350);
        assertShardAndEnd(0, 350);
        run(1, 350, 360);
        assertShardAndEnd(1, 360);
    }

    @Test
    void looksForAnotherShardsLaterWordInItsOlderFiles()
    {
        run(0, 0, 100);
        run(1, 100, 200);
        // Shard 1 has files after that in which the partition does not occur.
        for (int i = 0; i < 3; i++)
        {
            fixture.clock.advance(HOUR_MS);
            try (Ledger ledger = fixture.open())
            {
                ledger.engineEvent(EngineEventType.STARTED, fixture.nowNs());
            }
        }
        assertShardAndEnd(1, 200);
    }

    @Test
    void aLaterEntryOfAFileCountsWhateverTheClockSaid()
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commit(ledger, ORDERS_INDEX, 0);
            fixture.clock.update(fixture.clock.time() - 5 * HOUR_MS);
            fixture.commit(ledger, ORDERS_INDEX, 10);
        }
        assertEnd(20);
    }

    @Test
    void readsUpToATornEntryAndChangesNothing() throws IOException
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 10);
        }
        final Path file = fixture.files().get(0);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.truncate(CycleFile.scan(file).end() - 1);
        }
        final long size = Files.size(file);
        assertEnd(90);
        assertEquals(size, Files.size(file));
    }

    @Test
    void passesOverAnOpeningThatAKillLeftUnfinished()
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 10);
        }
        // The log held more, and PartitionOpened was written, Recovered was not.
        try (Ledger ledger = fixture.start(120))
        {
            assertEnd(100);
            ledger.recovered(ORDERS_INDEX, 100, 119, digest(120), fixture.nowNs());
            assertEnd(120);
        }
        // Also when the last run began a new file.
        fixture.clock.advance(HOUR_MS);
        fixture.start(130).close();
        assertEnd(120);
        assertEquals(2, read("orders-3").files());
        // Without anything before it, nothing is known.
        try (Ledger ledger = fixture.open())
        {
            ledger.partitionOpened(PAYMENTS_INDEX, PAYMENTS, 0, 500, digest(500), fixture.nowNs());
            assertNull(read("payments-0").end(PAYMENTS));
            ledger.engineEvent(EngineEventType.STOPPED, fixture.nowNs());
            assertEquals(500, read("payments-0").end(PAYMENTS).endOffset());
        }
    }

    private void run(final int shard, final long from, final long to)
    {
        fixture.shard = shard;
        fixture.clock.advance(MINUTE_MS);
        try (Ledger ledger = fixture.start(from))
        {
            fixture.clock.advance(MINUTE_MS);
            fixture.commits(ledger, from, (int) (to - from) / LedgerFixture.BATCH_RECORDS);
        }
    }

    private void assertShardAndEnd(final int shard, final long end)
    {
        final LedgerState.End found = read("orders-3").end(ORDERS);
        assertEquals(end, found.endOffset());
        assertEquals(digest(end), found.digest());
        assertEquals(shard, found.shard());
    }

    private void assertEnd(final long end)
    {
        assertShardAndEnd(0, end);
    }

    private LedgerState read(final String... partitions)
    {
        return LedgerReconciler.read(fixture.directory, Set.of(partitions));
    }

    private void createLog(final String name) throws IOException
    {
        Files.createFile(Files.createDirectory(journal.resolve(name)).resolve("partition.metadata"));
    }
}
