package io.umbra.engine.watch;

import io.umbra.codecs.ledger.LinkEventType;
import io.umbra.engine.rpo.DelayCodec;
import io.umbra.engine.status.FetchState;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.RpoMethod;
import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.RpoWindow;
import io.umbra.engine.status.StatusReader;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LinkLedger;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class WatchScreenTest
{
    private static final UUID ORDERS = new UUID(1, 2);

    @TempDir
    private Path dir;
    private final long nowMs = System.currentTimeMillis();
    private PartitionTable table;
    private LinkLedger ledger;
    private RecentHistory history;

    @BeforeEach
    void create() throws IOException
    {
        table = PartitionTable.create(dir, "east", 0, nowMs);
        table.header().heartbeatMs(nowMs);
        table.header().linkState(LinkState.ACTIVE, null);
        ledger = LinkLedger.open(new LedgerContext().ledgerDirectory(dir.resolve("ledger")).nodeId(0));
        history = new RecentHistory(dir.resolve("ledger"), nowMs);
    }

    @AfterEach
    void close() throws IOException
    {
        history.close();
        ledger.close();
        table.close();
    }

    private void add(final int partition, final long lagRecords, final long lagMs) throws IOException
    {
        final int index = table.add("orders", ORDERS, partition, 0, 0);
        table.fetchState(index, FetchState.ACTIVE, null);
        table.journalPositions(index, 0, 100, 100, 0, 100);
        table.sampled(index, 100 + lagRecords, nowMs, lagMs);
    }

    private void sample(final long bytes, final long delayMs)
    {
        final Histogram delays = new Histogram(TimeUnit.DAYS.toMicros(1), 2);
        delays.recordValue(delayMs * 1000);
        ledger.sample(new LinkLedger.Sample(
            nowMs * 1_000_000, 2_000, 1, 0, 0, 0, bytes, 1, DelayCodec.encode(delays), null));
    }

    private List<String> lines(final int columns, final int rows)
    {
        history.follow();
        return new WatchScreen(columns, rows, StandardCharsets.UTF_8)
            .lines(new StatusReader(dir, "east").read(nowMs), history, nowMs);
    }

    @Test
    void theWorstPartitionsComeFirst() throws IOException
    {
        for (int i = 0; i < 12; i++)
        {
            add(i, i, 10L * i);
        }
        table.fetchState(3, FetchState.FAULTED, "magic 1");
        final List<String> lines = lines(100, 50);
        final int head = lines.indexOf(lines.stream().filter((line) -> line.startsWith("PARTITION")).findFirst().get());
        assertTrue(lines.get(head + 1).matches("orders-3 +30 +3 +FAULTED  magic 1"), lines::toString);
        assertTrue(lines.get(head + 2).matches("orders-11 +110 +11 +ACTIVE"), lines::toString);
        assertTrue(lines.get(head + 8).startsWith("orders-5"), lines::toString);
        assertEquals("and 3 more", lines.get(head + 9));
        assertTrue(lines.get(0).startsWith("east   ACTIVE   engine running"), lines::toString);
        assertTrue(lines.get(1).endsWith("1 topics   11 ACTIVE   1 FAULTED"), lines::toString);
    }

    @Test
    void whenAllIsWellItSaysSo() throws IOException
    {
        add(0, 0, 0);
        table.header().rpo(RpoMethod.SAMPLED, RpoWindow.LAST_MINUTE, new RpoSummary(5, 1.25, 2, 3, 4));
        final List<String> lines = lines(100, 50);
        assertTrue(lines.contains("no partition lacks records"), lines::toString);
        assertTrue(lines.stream().anyMatch((line) -> line.matches("  minute +1\\.3 +2\\.0 +3\\.0 +4\\.0 *")),
            lines::toString);
        assertTrue(lines.stream().anyMatch((line) -> line.matches("  hour +- +- +- +-")), lines::toString);
    }

    @Test
    void throughputRpoAndEventsComeFromTheLedger() throws IOException
    {
        add(0, 0, 0);
        assertTrue(lines(100, 50).stream().noneMatch("EVENTS"::equals));
        sample(0, 1);
        sample(1_000, 8);
        sample(2_000, 5);
        ledger.event(new LinkLedger.Event(
            nowMs * 1_000_000, LinkEventType.GAP, "orders", 0, 5, 9, null, null, "dropped"));
        final List<String> lines = lines(120, 50);
        assertTrue(lines.stream().anyMatch((line) -> line.startsWith("journaled") && line.endsWith("▁▅█")),
            lines::toString);
        assertTrue(lines.stream().anyMatch((line) -> line.startsWith("  minute") && line.endsWith("▂█▅")),
            lines::toString);
        assertTrue(lines.get(lines.size() - 1).endsWith("  GAP  orders-0  at 5 to 9: dropped"), lines::toString);
    }

    @Test
    void itFitsTheTerminal() throws IOException
    {
        for (int i = 0; i < 30; i++)
        {
            add(i, i, i);
            ledger.event(new LinkLedger.Event(
                nowMs * 1_000_000, LinkEventType.GAP, "orders", i, 5, 9, null, null, "dropped ".repeat(20)));
        }
        final List<String> lines = lines(60, 20);
        assertTrue(lines.size() <= 20, lines::toString);
        assertTrue(lines.stream().allMatch((line) -> line.length() <= 60), lines::toString);
    }

    @Test
    void aTerminalWithoutBlocksGetsOtherCharacters()
    {
        assertEquals("_#=", Sparkline.in(StandardCharsets.US_ASCII).of(List.of(0.0, 8.0, 4.5), 10));
        assertEquals("▁ █", Sparkline.in(StandardCharsets.UTF_8).of(List.of(0.0, -1.0, 1.0), 10));
        assertEquals("█", Sparkline.in(StandardCharsets.UTF_8).of(List.of(0.0, 5.0), 1));
        assertEquals("▂", Sparkline.in(StandardCharsets.UTF_8).of(List.of(0.001, 100.0), 2).substring(0, 1));
    }
}
