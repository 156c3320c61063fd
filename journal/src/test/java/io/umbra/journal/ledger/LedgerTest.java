package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.codecs.ledger.EngineEventDecoder;
import io.umbra.codecs.ledger.EngineEventType;
import io.umbra.codecs.ledger.PartitionOpenedDecoder;
import io.umbra.codecs.ledger.PartitionStateType;
import io.umbra.codecs.ledger.TruncatedDecoder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static io.umbra.journal.ledger.LedgerFixture.BATCH_RECORDS;
import static io.umbra.journal.ledger.LedgerFixture.MINUTE_MS;
import static io.umbra.journal.ledger.LedgerFixture.ORDERS;
import static io.umbra.journal.ledger.LedgerFixture.ORDERS_INDEX;
import static io.umbra.journal.ledger.LedgerFixture.PAYMENTS;
import static io.umbra.journal.ledger.LedgerFixture.PAYMENTS_INDEX;
import static io.umbra.journal.ledger.LedgerFixture.digest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LedgerTest
{
    private static final int RUNS = 60;
    private static final int COMMITS_PER_RUN = 20;

    private LedgerFixture fixture;

    @BeforeEach
    void createFixture(@TempDir final Path directory)
    {
        fixture = new LedgerFixture(directory);
    }

    @Test
    void readsEveryKindOfEntryInItsOrder()
    {
        try (Ledger ledger = fixture.open())
        {
            assertEquals(-1, ledger.lastIndex());
            ledger.engineEvent(EngineEventType.STARTED, fixture.nowNs());
            ledger.partitionOpened(ORDERS_INDEX, ORDERS, 5, 1000, 1, fixture.nowNs());
            ledger.partitionOpened(PAYMENTS_INDEX, PAYMENTS, 0, 0, 0, fixture.nowNs());
            fixture.commit(ledger, ORDERS_INDEX, 1000);
            fixture.commit(ledger, PAYMENTS_INDEX, 0);
            ledger.recovered(ORDERS_INDEX, 1010, 1019, 2, fixture.nowNs());
            ledger.truncated(ORDERS_INDEX, 1020, 1015, 3, fixture.nowNs(), "source truncated");
            ledger.partitionState(PAYMENTS_INDEX, 10, fixture.nowNs(), PartitionStateType.FAULTED, "bad CRC ü");
            ledger.logStart(ORDERS_INDEX, 900, fixture.nowNs());
            ledger.engineEvent(EngineEventType.STOPPED, fixture.nowNs());
        }
        assertEquals(
            List.of(
                "STARTED",
                "opened orders-3 5..1000 orders",
                "opened payments-0 0..0 payments",
                "commit orders-3 1000..1009",
                "commit payments-0 0..9",
                "recovered orders-3 1010..1019",
                "truncated orders-3 1020 to 1015: source truncated",
                "FAULTED payments-0: bad CRC ü",
                "log start orders-3 900",
                "STOPPED"),
            fixture.read());
    }

    @Test
    void keepsEveryFieldOfACommit()
    {
        try (Ledger ledger = fixture.open())
        {
            ledger.partitionOpened(ORDERS_INDEX, ORDERS, 0, 0, 0, 1);
            ledger.commit(ORDERS_INDEX, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
        }
        final List<String> seen = new ArrayList<>();
        try (LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            final LedgerEntryHandler handler = new LedgerEntryHandler()
            {
                @Override
                public void onPartitionOpened(
                    final long index, final LedgerPartition partition, final PartitionOpenedDecoder entry)
                {
                    assertEquals(ORDERS, partition);
                    assertEquals(ORDERS.topicId().getMostSignificantBits(), entry.topicIdHigh());
                    assertEquals(ORDERS.topicId().getLeastSignificantBits(), entry.topicIdLow());
                    seen.add("opened");
                }

                @Override
                public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
                {
                    assertEquals(1, entry.nodeId());
                    assertEquals(0, entry.shard());
                    assertEquals(ORDERS_INDEX, entry.partitionIndex());
                    assertEquals(11, entry.assignmentEpoch());
                    assertEquals(12, entry.leaderEpoch());
                    assertEquals(13, entry.leaderId());
                    assertEquals(14, entry.baseOffset());
                    assertEquals(15, entry.lastOffset());
                    assertEquals(16, entry.segmentBaseOffset());
                    assertEquals(17, entry.filePosition());
                    assertEquals(18, entry.length());
                    assertEquals(19, entry.records());
                    assertEquals(20, entry.digest());
                    assertEquals(21, entry.sourceHighWatermark());
                    assertEquals(22, entry.fetchTimeNs());
                    assertEquals(23, entry.commitTimeNs());
                    seen.add("commit");
                }
            };
            assertTrue(reader.poll(handler));
            assertTrue(reader.poll(handler));
            assertFalse(reader.poll(handler));
        }
        assertEquals(List.of("opened", "commit"), seen);
    }

    /**
     * The end of what a run leaves behind wanders over every length at which room is made for the next. The file of the
     * hour before has ended: Chronicle's appender then begins beside the current file and does not know its end.
     */
    @Test
    void everyRestartOfALongFileKeepsWhatIsThere() throws Exception
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.clock.advance(60 * MINUTE_MS);
            fixture.commits(ledger, 0, 1);
        }
        long commits = 1;
        for (int run = 0; run < RUNS; run++)
        {
            try (Ledger ledger = fixture.open())
            {
                assertEquals(List.of(), ledger.findings());
                ledger.engineEvent(EngineEventType.STARTED, fixture.nowNs());
                ledger.partitionOpened(
                    ORDERS_INDEX, ORDERS, 0, commits * BATCH_RECORDS, digest(commits * BATCH_RECORDS), fixture.nowNs());
                final int count = COMMITS_PER_RUN + run;
                fixture.commits(ledger, commits * BATCH_RECORDS, count);
                commits += count;
            }
        }
        assertEquals(2, fixture.files().size());
        final List<String> entries = fixture.read();
        assertEquals(1 + RUNS, entries.stream().filter("STARTED"::equals).count());
        assertEquals(commits, entries.stream().filter((text) -> text.startsWith("commit")).count());
    }

    @Test
    void goesOnInTheSameFileAfterARestart() throws Exception
    {
        final long lastIndex;
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 3);
            lastIndex = ledger.lastIndex();
        }
        try (Ledger ledger = fixture.open())
        {
            assertEquals(lastIndex, ledger.lastIndex());
            assertTrue(ledger.findings().isEmpty());
            ledger.engineEvent(EngineEventType.STARTED, fixture.nowNs());
            assertEquals(lastIndex + 1, ledger.lastIndex());
        }
        assertEquals(1, fixture.files().size());
        assertEquals(6, fixture.read().size());
    }

    @Test
    void tailsWhatIsWrittenMeanwhile()
    {
        try (LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            // There is no ledger yet.
            assertEquals(List.of(), LedgerFixture.read(reader));
            assertEquals(0, reader.index());
            try (Ledger ledger = fixture.start(0))
            {
                assertEquals(2, LedgerFixture.read(reader).size());
                fixture.commit(ledger, ORDERS_INDEX, 0);
                assertEquals(List.of("commit orders-3 0..9"), LedgerFixture.read(reader));
                assertEquals(ledger.lastIndex() + 1, reader.index());
                assertEquals(List.of(), LedgerFixture.read(reader));
                fixture.commit(ledger, ORDERS_INDEX, 10);
                assertEquals(List.of("commit orders-3 10..19"), LedgerFixture.read(reader));
            }
        }
    }

    @Test
    void comesBackToAnyIndexAndKnowsTheNamesThere()
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 50);
        }
        try (LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            final LedgerFixture.Texts all = new LedgerFixture.Texts();
            while (reader.poll(all))
            {
                assertNotNull(all.list);
            }
            assertEquals(52, all.list.size());
            for (int i = all.list.size() - 1; i >= 0; i--)
            {
                reader.toIndex(all.indexes.get(i));
                assertEquals(all.indexes.get(i), reader.index());
                assertEquals(all.list.subList(i, all.list.size()), LedgerFixture.read(reader));
            }
            for (final int count : new int[] {0, 1, 2, 51, 52})
            {
                assertEquals(count, reader.lastEntries(count));
                assertEquals(all.list.subList(52 - count, 52), LedgerFixture.read(reader));
            }
            assertEquals(52, reader.lastEntries(1000));
            assertEquals(all.list, LedgerFixture.read(reader));
            reader.toStart();
            assertEquals(all.list, LedgerFixture.read(reader));
            reader.toEnd();
            assertEquals(List.of(), LedgerFixture.read(reader));
        }
    }

    @Test
    void forgetsNamesWhenTheEngineStartsAgain()
    {
        try (Ledger ledger = fixture.start(0))
        {
            ledger.engineEvent(EngineEventType.STARTED, fixture.nowNs());
            fixture.commit(ledger, ORDERS_INDEX, 0);
        }
        try (LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            final List<LedgerPartition> names = new ArrayList<>();
            final LedgerEntryHandler handler = new LedgerEntryHandler()
            {
                @Override
                public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
                {
                    names.add(partition);
                }
            };
            while (reader.poll(handler))
            {
                assertTrue(names.size() <= 1);
            }
            assertEquals(1, names.size());
            assertNull(names.get(0));
        }
    }

    @Test
    void refusesEntriesOfPartitionsThatAreNotOpen()
    {
        try (Ledger ledger = fixture.open())
        {
            ledger.engineEvent(EngineEventType.STARTED, fixture.nowNs());
            assertThrows(IllegalStateException.class, () -> fixture.commit(ledger, ORDERS_INDEX, 0));
            assertThrows(IllegalStateException.class, () -> ledger.logStart(ORDERS_INDEX, 0, 0));
        }
        assertEquals(List.of("STARTED"), fixture.read());
    }

    @Test
    void cutsLongReasonsAtAWholeCharacter()
    {
        for (final String character : new String[] {"a", "ü", "€", "😀"})
        {
            for (int prefix = 0; prefix < 4; prefix++)
            {
                final String reason = "x".repeat(prefix) + character.repeat(1500);
                final String kept = reasonKept(reason);
                assertTrue(reason.startsWith(kept), kept);
                final int keptBytes = kept.getBytes(StandardCharsets.UTF_8).length;
                assertTrue(keptBytes <= 1024 && keptBytes > 1000, "kept " + keptBytes);
            }
        }
        assertEquals("", reasonKept(null));
        assertEquals("short", reasonKept("short"));
    }

    private String reasonKept(final String reason)
    {
        final String[] kept = new String[1];
        try (Ledger ledger = fixture.start(0))
        {
            ledger.truncated(ORDERS_INDEX, 1, 0, 0, fixture.nowNs(), reason);
        }
        try (LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            reader.lastEntries(1);
            assertTrue(reader.poll(new LedgerEntryHandler()
            {
                @Override
                public void onTruncated(
                    final long index, final LedgerPartition partition, final TruncatedDecoder entry)
                {
                    kept[0] = entry.reason();
                }
            }));
        }
        return kept[0];
    }

    @Test
    void saysHowLogAndLedgerFitTogether()
    {
        final LedgerState.End known = new LedgerState.End(100, digest(100), 1, 0);
        try (Ledger ledger = fixture.open())
        {
            assertEquals(LedgerAgreement.UNKNOWN, open(ledger, 100, null));
            assertEquals(LedgerAgreement.EQUAL, open(ledger, 100, known));
            assertEquals(LedgerAgreement.LOG_LONGER, open(ledger, 120, known));
            assertEquals(LedgerAgreement.LOG_SHORTER, open(ledger, 90, known));
            assertEquals(
                LedgerAgreement.DIGEST_DIFFERS, open(ledger, 100, new LedgerState.End(100, digest(1), 1, 0)));
        }
        assertEquals(
            List.of(
                "opened orders-3 0..100 orders",
                "opened orders-3 0..100 orders",
                "opened orders-3 0..120 orders",
                "recovered orders-3 100..119",
                "opened orders-3 0..90 orders",
                "truncated orders-3 100 to 90: the log ended there at the start",
                "opened orders-3 0..100 orders",
                "ACTIVE orders-3: rolling digest of the log is 0000000000000c23, of the ledger 0000000000000026"),
            fixture.read());
    }

    private LedgerAgreement open(final Ledger ledger, final long end, final LedgerState.End previous)
    {
        return ledger.openPartition(ORDERS_INDEX, ORDERS, 0, end, digest(end), previous, fixture.nowNs());
    }

    @Test
    void writesNothingToStandardOutput()
    {
        final PrintStream original = System.out;
        final ByteArrayOutputStream captured = new ByteArrayOutputStream();
        System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
        try
        {
            try (Ledger ledger = fixture.start(0))
            {
                fixture.commits(ledger, 0, 10);
            }
            assertEquals(12, fixture.read().size());
        }
        finally
        {
            System.setOut(original);
        }
        assertEquals("", captured.toString(StandardCharsets.UTF_8));
    }

    @Test
    void startsNoThreadThatSpinsOrWatches()
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 10);
            final List<String> names =
                Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
            // The one thread of Chronicle waits on a blocking queue until there is something to unmap.
            assertTrue(names.stream().noneMatch((name) -> name.contains("disk~space") || name.contains("event~loop")),
                names.toString());
        }
    }

    @Test
    void refusesBadSettings()
    {
        assertThrows(IllegalArgumentException.class, () -> Ledger.open(new LedgerContext()));
        assertThrows(IllegalArgumentException.class, () -> Ledger.open(fixture.context().maxBytes(1)));
        assertThrows(IllegalArgumentException.class, () -> Ledger.open(fixture.context().shard(-1)));
    }

    @Test
    void handlerMayThrowWithoutLosingItsPlace()
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, 2);
        }
        try (LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            assertThrows(IllegalArgumentException.class, () -> reader.poll(new LedgerEntryHandler()
            {
                @Override
                public void onEngineEvent(final long index, final EngineEventDecoder entry)
                {
                    throw new IllegalArgumentException("of the handler");
                }
            }));
            assertEquals(3, LedgerFixture.read(reader).size());
        }
    }
}
