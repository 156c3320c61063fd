package io.umbra.engine.rpo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.codecs.ledger.LinkEventType;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.RpoSummary;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LinkLedger;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.CachedEpochClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** History written by hand, read in spans. */
class RpoHistoryTest
{
    /** 2026-11-23T10:00:00Z. */
    private static final long TEN_MS = 1_795_428_000_000L;
    private static final long MINUTE_MS = 60_000;

    @TempDir
    private Path dir;
    private final CachedEpochClock clock = new CachedEpochClock();

    private LinkLedger open()
    {
        return LinkLedger.open(new LedgerContext().ledgerDirectory(dir).nodeId(0).clock(clock));
    }

    private void sample(final LinkLedger ledger, final long timeMs, final LinkState state, final long... delaysMs)
    {
        clock.update(timeMs);
        final Histogram delays = new Histogram(TimeUnit.DAYS.toMicros(1), 2);
        for (final long delayMs : delaysMs)
        {
            delays.recordValue(delayMs * 1000);
        }
        ledger.sample(new LinkLedger.Sample(timeMs * 1_000_000, 2_000, state.code(), delaysMs.length, 100, 7, 2_000, 20,
            DelayCodec.encode(delays), null));
    }

    private static void event(final LinkLedger ledger, final long timeMs, final String message)
    {
        ledger.event(new LinkLedger.Event(
            timeMs * 1_000_000, LinkEventType.GAP, "orders", 3, 10, 20, null, null, message));
    }

    /** Samples for two minutes, an hour of nothing, samples for another minute. */
    private void write()
    {
        try (LinkLedger ledger = open())
        {
            for (long ms = 2_000; ms <= 2 * MINUTE_MS; ms += 2_000)
            {
                sample(ledger, TEN_MS + ms, LinkState.ACTIVE, ms <= MINUTE_MS ? 1 : 10, 2);
            }
            event(ledger, TEN_MS + 90_000, "the source had dropped <them>");
            final long later = TEN_MS + 62 * MINUTE_MS;
            for (long ms = 2_000; ms <= MINUTE_MS; ms += 2_000)
            {
                sample(ledger, later + ms, ms == 2_000 ? LinkState.SOURCE_UNAVAILABLE : LinkState.ACTIVE);
            }
        }
    }

    private RpoReport read(final long fromMs, final long toMs, final long stepMs)
    {
        return RpoHistory.read(dir, "east", fromMs, toMs, stepMs);
    }

    @Test
    void aMissingLedgerHasNothing()
    {
        final RpoReport report = read(TEN_MS, TEN_MS + MINUTE_MS, 1_000);
        assertTrue(report.isEmpty());
        assertEquals(List.of(new RpoReport.Gap(TEN_MS, TEN_MS + MINUTE_MS)), report.gaps());
    }

    @Test
    void spansSumUpWhatWasMeasuredInThem()
    {
        write();
        final RpoReport report = read(TEN_MS, TEN_MS + 2 * MINUTE_MS, MINUTE_MS);
        assertEquals(2, report.spans().size());
        final RpoSpan first = report.spans().get(0);
        assertEquals(TEN_MS, first.fromMs());
        assertEquals(TEN_MS + MINUTE_MS, first.toMs());
        assertEquals(MINUTE_MS, first.coveredMs());
        assertEquals(60, first.sampled().count());
        assertEquals(1, first.sampled().p50(), 0.02);
        assertEquals(2, first.sampled().max(), 0.02);
        assertEquals(10, report.spans().get(1).sampled().max(), 0.1);
        assertEquals(1_000, first.bytesPerSecond());
        assertEquals(10, first.recordsPerSecond());
        assertEquals(2, first.lagRecords());
        assertEquals(RpoSummary.NONE, first.logAppendTime());
        assertEquals(120, report.total().sampled().count());
        assertEquals(List.of(), report.gaps());
        assertEquals(1, report.events().size());
        assertEquals("GAP  orders-3  at 10 to 20: the source had dropped <them>", report.events().get(0).text());
    }

    @Test
    void whatIsOutsideIsLeftOut()
    {
        write();
        final RpoReport report = read(TEN_MS + 30_000, TEN_MS + 80_000, 25_000);
        assertEquals(25, report.total().coveredMs() / 2_000);
        assertEquals(List.of(), report.events());
        assertEquals(2, report.spans().size());
    }

    @Test
    void timesWithoutSamplesAreToldOf()
    {
        write();
        final RpoReport report = read(TEN_MS - MINUTE_MS, TEN_MS + 70 * MINUTE_MS, MINUTE_MS);
        assertEquals(
            List.of(
                new RpoReport.Gap(TEN_MS - MINUTE_MS, TEN_MS),
                new RpoReport.Gap(TEN_MS + 2 * MINUTE_MS, TEN_MS + 62 * MINUTE_MS),
                new RpoReport.Gap(TEN_MS + 63 * MINUTE_MS, TEN_MS + 70 * MINUTE_MS)),
            report.gaps());
        assertEquals(3, report.spans().size());
        assertEquals(LinkState.SOURCE_UNAVAILABLE, report.spans().get(2).state());
        assertEquals(LinkState.ACTIVE, report.spans().get(1).state());
        assertEquals(3 * MINUTE_MS, report.total().coveredMs());
    }

    @Test
    void itHasFourForms() throws IOException, ParserConfigurationException, SAXException
    {
        write();
        final RpoReport report = read(TEN_MS, TEN_MS + 63 * MINUTE_MS, MINUTE_MS);

        final String table = RpoText.table(report);
        assertTrue(
            table.matches("(?s).*2026-11-23 10:01:00 +[0-9.]+ +1[0-9.]+ +1[0-9.]+ +7 +2 .*ACTIVE.*"), table);
        assertTrue(table.contains("no samples from 2026-11-23 10:02:00 to 2026-11-23 11:02:00"), table);
        assertTrue(table.contains("2026-11-23 10:01:30  GAP  orders-3"), table);

        final List<String> csv = RpoText.csv(report).lines().toList();
        assertEquals(4, csv.size());
        final int columns = csv.get(0).split(",", -1).length;
        csv.forEach((line) -> assertEquals(columns, line.split(",", -1).length, line));
        assertTrue(
            csv.get(1).startsWith("2026-11-23T10:00:00Z,2026-11-23T10:01:00Z,60000,ACTIVE,7,2,100,"), csv.get(1));

        final JsonNode json = new ObjectMapper().readTree(RpoJson.document(report));
        assertEquals("2026-11-23T10:00:00Z", json.get("from").asText());
        assertEquals(3, json.get("spans").size());
        assertEquals(60, json.get("spans").get(0).get("rpoMs").get("count").asLong());
        assertTrue(json.get("spans").get(2).get("rpoMs").isNull());
        assertTrue(json.get("spans").get(0).get("logAppendTime").isNull());
        assertEquals("2026-11-23T11:02:00Z", json.get("gaps").get(0).get("to").asText());
        assertEquals("GAP", json.get("events").get(0).get("event").asText());

        final String svg = RpoPlot.svg(report);
        assertEquals("svg", DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg))).getDocumentElement().getTagName());
        assertTrue(svg.contains("the source had dropped &lt;them&gt;"), svg);
    }

    @Test
    void stepsAreRound()
    {
        assertEquals(2_000, RpoHistory.step(MINUTE_MS, 40));
        assertEquals(120_000, RpoHistory.step(60 * MINUTE_MS, 40));
        assertEquals(86_400_000L, RpoHistory.step(30L * 86_400_000, 40));
        assertEquals(10L * 86_400_000, RpoHistory.step(365L * 86_400_000, 40));
        assertThrows(IllegalArgumentException.class, () -> read(5, 5, 1));
        assertThrows(IllegalArgumentException.class, () -> read(0, TEN_MS, 1));
    }
}
