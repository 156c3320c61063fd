package io.umbra.engine;

import io.umbra.codecs.ledger.LinkEventDecoder;
import io.umbra.codecs.ledger.RpoSampleDecoder;
import io.umbra.engine.ledger.LedgerPrinter;
import io.umbra.engine.status.FetchState;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.journal.Incident;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerEntryHandler;
import io.umbra.journal.ledger.LedgerReader;
import io.umbra.journal.ledger.LinkLedger;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.CachedEpochClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The observer with a real table and a real ledger, its duty cycles and its clock turned by hand. */
class LinkObserverTest
{
    private static final UUID ORDERS = new UUID(1, 2);

    @TempDir
    private Path dir;
    private final CachedEpochClock clock = new CachedEpochClock();
    private PartitionTable table;
    private LinkLedger ledger;
    private LinkObserver observer;
    private String noSpace;

    @BeforeEach
    void start() throws IOException
    {
        clock.update(1_800_000_000_000L);
        table = PartitionTable.create(dir, "east", 0, clock.time());
        ledger = LinkLedger.open(new LedgerContext().ledgerDirectory(dir.resolve("ledger")).nodeId(0).clock(clock));
        observer = new LinkObserver(new LinkObserver.Context(table, ledger, () -> noSpace, new EventLog(), clock));
        observer.onStart();
        turn();
    }

    @AfterEach
    void close() throws IOException
    {
        ledger.close();
        table.close();
    }

    private void turn()
    {
        clock.advance(1_000);
        observer.doWork();
    }

    private static Histogram delays(final long... delaysUs)
    {
        final Histogram histogram = new Histogram(DelayWindows.MAX_US, 2);
        for (final long delayUs : delaysUs)
        {
            histogram.recordValue(delayUs);
        }
        return histogram;
    }

    private List<String> entries()
    {
        final List<String> entries = new ArrayList<>();
        try (LedgerReader reader = LedgerReader.open(LedgerContext.linkDirectory(dir.resolve("ledger"))))
        {
            final LedgerEntryHandler handler = new LedgerEntryHandler()
            {
                @Override
                public void onRpoSample(final long index, final RpoSampleDecoder entry)
                {
                    entries.add("lag " + entry.lagRecords() + " " + entry.lagBytes() + " " + entry.lagMs() +
                        " journaled " + entry.bytes() + " " + entry.records());
                }

                @Override
                public void onLinkEvent(final long index, final LinkEventDecoder entry)
                {
                    entries.add(entry.eventType() + " " + entry.fromOffset() + " " + entry.toOffset());
                }
            };
            while (reader.poll(handler))
            {
                assertTrue(entries.size() < 10_000);
            }
        }
        return entries;
    }

    private String printed() throws IOException
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        LedgerPrinter.ofLink(dir.resolve("ledger")).text(1_000, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void samplesTellWhatIsMissingAndWhatCameSinceTheLast() throws IOException
    {
        observer.measured(2_000, delays(), delays());
        turn();
        table.add("orders", ORDERS, 0, 0, 0);
        table.journalPositions(0, 0, 40, 40, 0, 40);
        table.journalCommitted(0, 40, 1, 1_000, 10, 0, 0);
        table.sampled(0, 44, clock.time(), 5);
        table.header().linkState(LinkState.ACTIVE, null);
        table.header().throughput(0, 0, 1_000, 10, 0);
        observer.measured(2_000, delays(1_500, 250_000), delays(3_000));
        turn();
        table.header().throughput(0, 0, 1_200, 12, 0);
        observer.measured(2_000, delays(), delays());
        turn();
        assertEquals(
            List.of("ENGINE_STARTED -1 -1", "lag -1 -1 -1 journaled 0 0", "lag 4 400 5 journaled 1000 10",
                "LINK_STATE -1 -1", "lag 4 400 5 journaled 200 2"),
            entries());
        final String text = printed();
        assertTrue(text.contains("lag 4 records 400 bytes 5 ms  sampled ms p50 1.5 p99 25"), text);
        assertTrue(text.contains("logAppendTime ms p50 3.0"), text);
        assertTrue(text.contains("LINK_STATE  SOURCE_UNAVAILABLE to ACTIVE"), text);
    }

    @Test
    void incidentsFaultsAndTheEndAreEvents() throws IOException
    {
        table.add("orders", ORDERS, 0, 0, 0);
        table.journalPositions(0, 0, 40, 40, 0, 40);
        turn();
        observer.incident(new Incident(Incident.Kind.GAP, "orders", ORDERS, 0, 40, 50, clock.time(), "dropped"));
        table.fetchState(0, FetchState.FAULTED, "magic 1");
        turn();
        observer.onClose();
        assertEquals(
            List.of("ENGINE_STARTED -1 -1", "GAP 40 50", "FAULT 40 -1", "ENGINE_STOPPED -1 -1"), entries());
        assertTrue(printed().contains("GAP  orders-0  at 40 to 50: dropped"), printed());
    }

    @Test
    void withoutRoomTheNewestAreKept()
    {
        noSpace = "full";
        for (int i = 0; i < LinkObserver.MAX_WAITING + 5; i++)
        {
            observer.incident(new Incident(Incident.Kind.GAP, "orders", ORDERS, 0, i, i + 1, clock.time(), ""));
        }
        turn();
        assertEquals(List.of("ENGINE_STARTED -1 -1"), entries());
        noSpace = null;
        turn();
        final List<String> entries = entries();
        assertEquals(1 + LinkObserver.MAX_WAITING, entries.size());
        assertEquals("GAP 5 6", entries.get(1));
    }
}
