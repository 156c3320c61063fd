package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataTaskState;
import io.umbra.codecs.ledger.MetadataTaskType;
import io.umbra.journal.ledger.LedgerFinding.Kind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;

import static io.umbra.journal.ledger.LedgerFixture.MINUTE_MS;
import static io.umbra.journal.ledger.LedgerFixture.TEN_O_CLOCK_MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class MetadataLedgerTest
{
    private static final long TEN_NS = TEN_O_CLOCK_MS * 1_000_000;
    private static final long LATEST = Long.MAX_VALUE;
    private static final int NOT_COMPLETE = 0x8000_0000;
    private static final int META_DATA = 0x4000_0000;
    private static final int LENGTH_MASK = 0x3fff_ffff;
    private static final int FIRST_DOCUMENT = 256;

    @TempDir
    private Path directory;
    private LedgerFixture fixture;

    @BeforeEach
    void setUp()
    {
        fixture = new LedgerFixture(directory);
    }

    private MetadataLedger open()
    {
        return MetadataLedger.open(fixture.context());
    }

    private NavigableMap<Long, Path> files() throws IOException
    {
        return CycleName.list(LedgerContext.metadataDirectory(directory));
    }

    private static MetadataState.Round ok(final long completeNs)
    {
        return new MetadataState.Round(MetadataTaskState.OK, completeNs, "");
    }

    private Map<String, String> topics(final long asOfNs)
    {
        final MetadataState state = MetadataReader.read(directory, asOfNs);
        assertTrue(state.isComplete());
        return state.values(MetadataKind.TOPIC);
    }

    private static long entries(final Path file) throws IOException
    {
        return CycleFile.scan(file).entries();
    }

    @Test
    void aMissingLedgerKnowsNothing()
    {
        assertFalse(MetadataReader.read(directory, LATEST).isComplete());
        assertEquals(OptionalLong.empty(), MetadataReader.earliestNs(directory));
    }

    @Test
    void everyTimeHasItsValues() throws IOException
    {
        try (MetadataLedger ledger = open())
        {
            assertTrue(ledger.put(MetadataKind.TOPIC, "a", "1", TEN_NS + 10));
            assertTrue(ledger.put(MetadataKind.GROUP, "a", "other kind", TEN_NS + 10));
            ledger.round(MetadataTaskType.TOPICS, ok(TEN_NS + 11), TEN_NS + 11);
            assertTrue(ledger.put(MetadataKind.TOPIC, "a", "2", TEN_NS + 20));
            assertTrue(ledger.put(MetadataKind.TOPIC, "b", "1", TEN_NS + 20));
            assertTrue(ledger.remove(MetadataKind.TOPIC, "a", TEN_NS + 30));
            ledger.round(MetadataTaskType.TOPICS,
                new MetadataState.Round(MetadataTaskState.FAULTED, TEN_NS + 11, "no permission"), TEN_NS + 40);

            final long before = entries(files().lastEntry().getValue());
            assertFalse(ledger.put(MetadataKind.TOPIC, "b", "1", TEN_NS + 50));
            assertFalse(ledger.remove(MetadataKind.TOPIC, "a", TEN_NS + 50));
            assertEquals(before, entries(files().lastEntry().getValue()), "what is not new was written");
            assertEquals(Map.of("b", "1"), ledger.state().values(MetadataKind.TOPIC));
            // While the writer has it open.
            assertEquals(Map.of("b", "1"), topics(LATEST));
        }
        assertEquals(OptionalLong.of(TEN_NS), MetadataReader.earliestNs(directory));
        assertFalse(MetadataReader.read(directory, TEN_NS - 1).isComplete());
        assertEquals(Map.of(), topics(TEN_NS));
        assertEquals(Map.of(), topics(TEN_NS + 9));
        assertEquals(Map.of("a", "1"), topics(TEN_NS + 10));
        assertEquals(Map.of("a", "2", "b", "1"), topics(TEN_NS + 29));
        assertEquals(Map.of("b", "1"), topics(TEN_NS + 30));

        assertNull(MetadataReader.read(directory, TEN_NS + 10).round(MetadataTaskType.TOPICS));
        assertEquals(ok(TEN_NS + 11), MetadataReader.read(directory, TEN_NS + 39).round(MetadataTaskType.TOPICS));
        final MetadataState latest = MetadataReader.read(directory, LATEST);
        assertEquals("no permission", latest.round(MetadataTaskType.TOPICS).message());
        assertEquals(MetadataTaskState.FAULTED, latest.round(MetadataTaskType.TOPICS).state());
        assertNull(latest.round(MetadataTaskType.GROUPS));
        assertEquals(Map.of("a", "other kind"), latest.values(MetadataKind.GROUP));
        assertEquals(TEN_NS + 40, latest.timeNs());
    }

    @Test
    void aReopenedLedgerGoesOn() throws IOException
    {
        try (MetadataLedger ledger = open())
        {
            ledger.put(MetadataKind.TOPIC, "a", "1", TEN_NS + 10);
            ledger.round(MetadataTaskType.TOPICS, ok(TEN_NS + 11), TEN_NS + 11);
        }
        try (MetadataLedger ledger = open())
        {
            assertEquals(List.of(), ledger.findings());
            assertEquals(Map.of("a", "1"), ledger.state().values(MetadataKind.TOPIC));
            assertEquals(ok(TEN_NS + 11), ledger.state().round(MetadataTaskType.TOPICS));
            assertFalse(ledger.put(MetadataKind.TOPIC, "a", "1", TEN_NS + 20));
            // The clock has been set back: the entry is later all the same.
            ledger.put(MetadataKind.TOPIC, "a", "2", TEN_NS + 5);
        }
        assertEquals(1, files().size());
        assertEquals(Map.of("a", "1"), topics(TEN_NS + 10));
        assertEquals(Map.of("a", "2"), topics(TEN_NS + 11));
    }

    @Test
    void everyFileIsCompleteInItself() throws IOException
    {
        fixture.roll = LedgerRoll.MINUTELY;
        try (MetadataLedger ledger = open())
        {
            ledger.put(MetadataKind.TOPIC, "a", "1", fixture.nowNs());
            ledger.put(MetadataKind.TOPIC, "b", "1", fixture.nowNs());
            ledger.put(MetadataKind.TOPIC, "gone", "1", fixture.nowNs());
            ledger.remove(MetadataKind.TOPIC, "gone", fixture.nowNs());
            ledger.round(MetadataTaskType.TOPICS, ok(fixture.nowNs()), fixture.nowNs());
            fixture.clock.update(TEN_O_CLOCK_MS + MINUTE_MS);
            ledger.put(MetadataKind.TOPIC, "b", "2", fixture.nowNs());
        }
        assertEquals(2, files().size());
        assertEquals(Map.of("a", "1", "b", "1"), topics(TEN_NS + 1));
        Files.delete(files().firstEntry().getValue());
        assertEquals(Map.of("a", "1", "b", "2"), topics(LATEST));
        final MetadataState state = MetadataReader.read(directory, LATEST);
        assertEquals(ok(TEN_NS), state.round(MetadataTaskType.TOPICS), "the time of the look is its own");
        assertEquals(OptionalLong.of(TEN_NS + MINUTE_MS * 1_000_000), MetadataReader.earliestNs(directory));
        assertFalse(MetadataReader.read(directory, TEN_NS + 1).isComplete());
    }

    /** A crash in the middle of the head: the file before it is needed, until the next start has written it again. */
    @Test
    void aHeadThatIsNotWholeIsWrittenAgain() throws IOException
    {
        fixture.roll = LedgerRoll.MINUTELY;
        try (MetadataLedger ledger = open())
        {
            for (int i = 0; i < 100; i++)
            {
                ledger.put(MetadataKind.TOPIC, "topic-" + i, "1", fixture.nowNs());
            }
            fixture.clock.update(TEN_O_CLOCK_MS + MINUTE_MS);
            ledger.put(MetadataKind.TOPIC, "last", "1", fixture.nowNs());
        }
        final Path last = files().lastEntry().getValue();
        cutAfter(last, 50);
        assertEquals(50, entries(last));
        assertEquals(100, topics(LATEST).size());
        assertEquals(OptionalLong.of(TEN_NS), MetadataReader.earliestNs(directory));

        try (MetadataLedger ledger = open())
        {
            assertEquals(List.of(Kind.TORN_ENTRY), ledger.findings().stream().map(LedgerFinding::kind).toList());
            assertEquals(100, ledger.state().values(MetadataKind.TOPIC).size());
            ledger.remove(MetadataKind.TOPIC, "topic-99", fixture.nowNs());
            ledger.remove(MetadataKind.TOPIC, "topic-0", fixture.nowNs());
        }
        assertEquals(2, files().size());
        Files.delete(files().firstEntry().getValue());
        assertEquals(98, topics(LATEST).size());
    }

    /** As a kill leaves it: the next entry is begun, without its length, and the first document knows of none later. */
    private static void cutAfter(final Path file, final int entries) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            final ByteBuffer bytes = ByteBuffer.allocate((int) channel.size()).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(bytes, 0);
            final long recordedLast = CycleFile.scan(file).recordedLast();
            int position = 0;
            int lastEntry = 0;
            for (int count = 0; count < entries; )
            {
                final int header = bytes.getInt(position);
                if ((header & META_DATA) == 0)
                {
                    count++;
                    lastEntry = position;
                }
                position += Integer.BYTES + (header & LENGTH_MASK);
                position += -position & 3;
            }
            bytes.putInt(position, NOT_COMPLETE);
            Arrays.fill(bytes.array(), position + 20, bytes.capacity(), (byte) 0);
            for (int at = 0; at < FIRST_DOCUMENT; at++)
            {
                if (bytes.getLong(at) == recordedLast)
                {
                    bytes.putLong(at, lastEntry);
                }
            }
            bytes.clear();
            channel.write(bytes, 0);
        }
    }

    @Test
    void longTextsAreKept() throws IOException
    {
        final String key = "k".repeat(249);
        final String value = "ü".repeat(120_000);
        try (MetadataLedger ledger = open())
        {
            ledger.put(MetadataKind.TOPIC, key, value, TEN_NS);
            ledger.put(MetadataKind.TOPIC, "short", "", TEN_NS);
            final IllegalArgumentException tooLong = assertThrows(IllegalArgumentException.class,
                () -> ledger.put(MetadataKind.TOPIC, "long", "x".repeat(300_000), TEN_NS));
            assertTrue(tooLong.getMessage().contains("TOPIC long has 300004 bytes"), tooLong.getMessage());
            ledger.put(MetadataKind.TOPIC, "after", "1", TEN_NS);
        }
        try (MetadataLedger ledger = open())
        {
            assertEquals(List.of(), ledger.findings());
            assertEquals(Map.of(key, value, "short", "", "after", "1"), ledger.state().values(MetadataKind.TOPIC));
        }
    }

    @Test
    void theOldestFilesGoWhenSpaceIsShort() throws IOException
    {
        fixture.maxBytes = LedgerContext.MIN_MAX_BYTES;
        try (MetadataLedger ledger = open())
        {
            for (int i = 0; i < 20_000; i++)
            {
                ledger.put(MetadataKind.GROUP_OFFSET, "key-" + i % 50, "offset " + i, fixture.nowNs());
                fixture.clock.update(TEN_O_CLOCK_MS + i);
            }
        }
        long length = 0;
        for (final Path file : files().headMap(files().lastKey()).values())
        {
            length += Files.size(file);
        }
        assertTrue(files().size() > 2 && length <= fixture.maxBytes, length + " bytes in " + files());
        final MetadataState latest = MetadataReader.read(directory, LATEST);
        assertEquals(50, latest.values(MetadataKind.GROUP_OFFSET).size());
        assertEquals("offset 19999", latest.values(MetadataKind.GROUP_OFFSET).get("key-49"));
        final long earliest = MetadataReader.earliestNs(directory).orElseThrow();
        assertTrue(earliest > TEN_NS);
        assertEquals(50, MetadataReader.read(directory, earliest).values(MetadataKind.GROUP_OFFSET).size());
        assertFalse(MetadataReader.read(directory, earliest - 1).isComplete());
    }

    @Test
    void damageInTheMiddleIsNamed() throws IOException
    {
        try (MetadataLedger ledger = open())
        {
            for (int i = 0; i < 1_000; i++)
            {
                ledger.put(MetadataKind.TOPIC, "topic-" + i, "value", TEN_NS);
            }
        }
        final Path file = files().lastEntry().getValue();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.write(ByteBuffer.allocate(4096), CycleFile.scan(file).lastEntry() / 2);
        }
        final LedgerException damage =
            assertThrows(LedgerException.class, () -> MetadataReader.read(directory, LATEST));
        assertTrue(damage.getMessage().contains(file.toString()), damage.getMessage());
        try (MetadataLedger ledger = open())
        {
            assertEquals(Kind.DAMAGED_FILE, ledger.findings().get(0).kind());
            final int known = ledger.state().values(MetadataKind.TOPIC).size();
            assertTrue(known > 0 && known < 1_000, () -> known + " values");
        }
    }
}
