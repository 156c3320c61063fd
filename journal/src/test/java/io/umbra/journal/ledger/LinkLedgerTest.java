package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.LinkEventDecoder;
import io.umbra.codecs.ledger.LinkEventType;
import io.umbra.codecs.ledger.LinkHeadDecoder;
import io.umbra.codecs.ledger.RpoSampleDecoder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static io.umbra.journal.ledger.LedgerFixture.MINUTE_MS;
import static io.umbra.journal.ledger.LedgerFixture.TEN_O_CLOCK_MS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LinkLedgerTest
{
    private static final long TEN_NS = TEN_O_CLOCK_MS * 1_000_000;
    /** Chronicle's table beside the files, and the directory. */
    private static final long TABLE_BYTES = 128 << 10;

    @TempDir
    private Path directory;
    private LedgerFixture fixture;

    @BeforeEach
    void setUp()
    {
        fixture = new LedgerFixture(directory);
    }

    private LinkLedger open()
    {
        return LinkLedger.open(fixture.context());
    }

    private static LinkLedger.Sample sample(final long timeNs, final byte[] histogram)
    {
        return new LinkLedger.Sample(timeNs, 2_000, 3, 10, 1_000, 250, 4_096, 40, histogram, null);
    }

    private static LinkLedger.Event event(final long timeNs, final String message)
    {
        return new LinkLedger.Event(
            timeNs, LinkEventType.FAULT, "orders", 3, 17, -1, "ACTIVE", "FAULTED", message);
    }

    /** Times of samples, messages of events. */
    private List<String> read(final long fromMs)
    {
        final List<String> entries = new ArrayList<>();
        try (LedgerReader reader = LedgerReader.open(LedgerContext.linkDirectory(directory)))
        {
            reader.toTime(fromMs);
            final LedgerEntryHandler handler = new LedgerEntryHandler()
            {
                @Override
                public void onRpoSample(final long index, final RpoSampleDecoder entry)
                {
                    entries.add(String.valueOf(entry.timeNs() - TEN_NS));
                }

                @Override
                public void onLinkEvent(final long index, final LinkEventDecoder entry)
                {
                    entry.skipTopic();
                    entry.skipBefore();
                    entry.skipAfter();
                    entries.add(entry.message());
                }
            };
            while (reader.poll(handler))
            {
                assertTrue(entries.size() < 10_000);
            }
        }
        return entries;
    }

    @Test
    void whatIsWrittenIsRead()
    {
        try (LinkLedger ledger = open())
        {
            ledger.sample(sample(TEN_NS + 5, new byte[]{1, 2, 3}));
            ledger.event(event(TEN_NS + 6, "CRC"));
        }
        try (LedgerReader reader = LedgerReader.open(LedgerContext.linkDirectory(directory)))
        {
            assertTrue(reader.poll(new LedgerEntryHandler()
            {
                @Override
                public void onLinkHead(final long index, final LinkHeadDecoder entry)
                {
                    assertEquals(TEN_NS, entry.timeNs());
                }
            }));
            assertTrue(reader.poll(new LedgerEntryHandler()
            {
                @Override
                public void onRpoSample(final long index, final RpoSampleDecoder entry)
                {
                    assertEquals(TEN_NS + 5, entry.timeNs());
                    assertEquals(2_000, entry.intervalMs());
                    assertEquals(3, entry.linkState());
                    assertEquals(10, entry.lagRecords());
                    assertEquals(1_000, entry.lagBytes());
                    assertEquals(250, entry.lagMs());
                    assertEquals(4_096, entry.bytes());
                    assertEquals(40, entry.records());
                    final byte[] histogram = new byte[entry.sampledLength()];
                    entry.getSampled(histogram, 0, histogram.length);
                    assertArrayEquals(new byte[]{1, 2, 3}, histogram);
                    assertEquals(0, entry.logAppendTimeLength());
                }
            }));
            assertTrue(reader.poll(new LedgerEntryHandler()
            {
                @Override
                public void onLinkEvent(final long index, final LinkEventDecoder entry)
                {
                    assertEquals(LinkEventType.FAULT, entry.eventType());
                    assertEquals(3, entry.partition());
                    assertEquals(17, entry.fromOffset());
                    assertEquals(-1, entry.toOffset());
                    assertEquals("orders", entry.topic());
                    assertEquals("ACTIVE", entry.before());
                    assertEquals("FAULTED", entry.after());
                    assertEquals("CRC", entry.message());
                }
            }));
        }
    }

    @Test
    void itGoesOnWhereItEnded() throws IOException
    {
        try (LinkLedger ledger = open())
        {
            ledger.sample(sample(TEN_NS, null));
        }
        try (LinkLedger ledger = open())
        {
            assertEquals(List.of(), ledger.findings());
            ledger.event(event(TEN_NS, "one"));
            ledger.force();
            assertEquals(List.of("0", "one"), read(0), "while it is being written");
            fixture.clock.advance(61 * MINUTE_MS);
            ledger.event(event(TEN_NS, "two"));
        }
        assertEquals(2, CycleName.list(LedgerContext.linkDirectory(directory)).size());
        assertEquals(List.of("0", "one", "two"), read(0));
    }

    @Test
    void aTimeLeadsToTheFileThatHasIt()
    {
        try (LinkLedger ledger = open())
        {
            for (int hour = 0; hour < 4; hour++)
            {
                ledger.event(event(TEN_NS, "hour " + hour));
                fixture.clock.advance(60 * MINUTE_MS);
            }
        }
        assertEquals(List.of("hour 2", "hour 3"), read(TEN_O_CLOCK_MS + 150 * MINUTE_MS));
        assertEquals(List.of("hour 3"), read(TEN_O_CLOCK_MS + 1_000 * MINUTE_MS));
        assertEquals(4, read(TEN_O_CLOCK_MS - MINUTE_MS).size());
    }

    @Test
    void theOldestGoWhenAllWouldTakeTooMuch() throws IOException
    {
        final byte[] histogram = new byte[8_000];
        try (LinkLedger ledger = LinkLedger.open(fixture.context().maxBytes(LedgerContext.MIN_MAX_BYTES)))
        {
            for (int i = 0; i < 400; i++)
            {
                ledger.sample(sample(TEN_NS + i, histogram));
                fixture.clock.advance(1_000);
            }
        }
        final List<String> left = read(0);
        assertTrue(left.size() < 200 && left.size() > 30, () -> left.size() + " entries left");
        assertEquals("399", left.get(left.size() - 1));
        // Files that are sparse are longer than what they take.
        final Process du = new ProcessBuilder(
            "du", "-sB1", LedgerContext.linkDirectory(directory).toString()).start();
        final long bytes = Long.parseLong(
            new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\\s")[0]);
        assertTrue(bytes <= LedgerContext.MIN_MAX_BYTES + TABLE_BYTES, bytes + " bytes");
    }

    @Test
    void aHistogramThatIsTooLongIsRefused()
    {
        try (LinkLedger ledger = open())
        {
            assertThrows(IllegalArgumentException.class,
                () -> ledger.sample(sample(TEN_NS, new byte[LinkLedger.MAX_HISTOGRAM_LENGTH + 1])));
            ledger.sample(sample(TEN_NS + 1, new byte[LinkLedger.MAX_HISTOGRAM_LENGTH]));
            ledger.event(event(TEN_NS, "x".repeat(5_000)));
        }
        assertEquals(List.of("1", "x".repeat(1_024)), read(0));
    }
}
