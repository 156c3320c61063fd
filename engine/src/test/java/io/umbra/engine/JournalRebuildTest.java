package io.umbra.engine;

import io.umbra.engine.replay.Bound;
import io.umbra.engine.replay.Comparison;
import io.umbra.engine.replay.FlightRecording;
import io.umbra.engine.replay.Listing;
import io.umbra.engine.replay.Show;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.transport.recording.ArchiveDirectory;
import io.umbra.transport.recording.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Journals that were recorded, and what replaying the recordings makes of them. */
class JournalRebuildTest
{
    private static final LedgerPartition A = new LedgerPartition("a", 0, new UUID(1, 1));
    private static final LedgerPartition B = new LedgerPartition("b", 4, new UUID(2, 2));
    private static final LedgerPartition B_ANEW = new LedgerPartition("b", 4, new UUID(3, 3));
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long TIME = 1_700_000_000L * SECOND;
    private static final int VALUE = 5_000;

    @TempDir
    private Path dir;

    private Path archive()
    {
        return dir.resolve("archive");
    }

    private JournalRebuild.Result rebuild(final Path into, final String topics, final long asOfNs) throws IOException
    {
        return rebuild(into, topics, asOfNs, 0);
    }

    private JournalRebuild.Result rebuild(
        final Path into, final String topics, final long asOfNs, final double speed) throws IOException
    {
        try (FlightRecording recording = FlightRecording.open(archive()))
        {
            return new JournalRebuild(
                new JournalRebuild.Context(
                    recording, into, null == topics ? null : Pattern.compile(topics), asOfNs, speed),
                (bytes) -> {}).rebuild();
        }
    }

    private Comparison.Result compare(final Path journal) throws IOException
    {
        try (FlightRecording recording = FlightRecording.open(archive()))
        {
            return new Comparison(recording, journal, null, (bytes) -> {}).compare();
        }
    }

    private List<String> show(final String topics, final Bound from, final Bound to) throws IOException
    {
        try (FlightRecording recording = FlightRecording.open(archive()))
        {
            final StringWriter text = new StringWriter();
            assertTrue(new Show(recording, null == topics ? null : Pattern.compile(topics), from, to)
                .text(new PrintWriter(text), (finding) ->
                {
                    throw new AssertionError(finding);
                }));
            return text.toString().lines().toList();
        }
    }

    /** The segments of all partitions, by their path in the journal. */
    private static Map<String, byte[]> segments(final Path journal) throws IOException
    {
        final Map<String, byte[]> segments = new TreeMap<>();
        try (Stream<Path> files = Files.walk(journal))
        {
            for (final Path file : files.filter((path) -> path.toString().endsWith(".log")).toList())
            {
                segments.put(journal.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return segments;
    }

    private static void assertSame(final Path expected, final Path actual) throws IOException
    {
        final Map<String, byte[]> segments = segments(expected);
        final Map<String, byte[]> rebuilt = segments(actual);
        assertEquals(segments.keySet(), rebuilt.keySet());
        segments.forEach((path, bytes) -> assertArrayEquals(bytes, rebuilt.get(path), path));
    }

    private static void append(final RecordedJournal journal, final LedgerPartition name, final int count)
    {
        for (int i = 0; i < count; i++)
        {
            journal.append(name, VALUE, 0);
        }
    }

    @Test
    void everyThingThatChangesALogIsReplayedOverSeveralRuns() throws IOException
    {
        try (RecordedJournal journal = new RecordedJournal(dir, TIME, true))
        {
            journal.open(A, 10);
            journal.open(B, 0);
            append(journal, A, 20);
            append(journal, B, 5);
            journal.appendChunks(A, 300_000, 100_000);
            append(journal, A, 3);
            journal.logStart(A, 19);
            journal.append(B, VALUE, 4);
            journal.append(B, VALUE, 4);
            journal.diverge(B, 0, 5);
            journal.append(B, VALUE, 7);
            journal.lose(B, 40);
            journal.append(B, VALUE, 7);
            journal.append(B, VALUE, 8);
        }
        // Other indexes, and a topic that was created anew.
        try (RecordedJournal journal = new RecordedJournal(dir, TIME + 100 * SECOND, true))
        {
            journal.open(B_ANEW, 0);
            journal.open(A, 0);
            append(journal, A, 5);
            append(journal, B_ANEW, 12);
        }
        final Path into = dir.resolve("rebuilt");
        final JournalRebuild.Result result = rebuild(into, null, Long.MAX_VALUE);
        assertEquals(List.of(), result.problems());
        assertEquals(3, result.partitions());
        assertTrue(segments(into).size() > 8, () -> "too few segments to say anything");
        assertTrue(Files.isDirectory(into.resolve("diverged")));
        assertTrue(Files.isDirectory(into.resolve("retired")));
        assertSame(dir.resolve("journal"), into);
        assertEquals(List.of(), compare(into).differences());
        assertEquals(List.of(), compare(dir.resolve("journal")).differences());
    }

    @Test
    void whatWasRecordedAndNotJournaledIsTakenBackWhereTheNextRunBegins() throws IOException
    {
        final RecordedJournal killed = new RecordedJournal(dir, TIME, true);
        killed.open(A, 0);
        append(killed, A, 10);
        long next = killed.end(A);
        for (int i = 0; i < 5; i++)
        {
            next = killed.publish(A, next, VALUE, 0);
        }
        killed.abandon();
        try (RecordedJournal journal = new RecordedJournal(dir, TIME + SECOND, true))
        {
            journal.open(A, 0);
            assertEquals(10, journal.end(A));
            // The same records come again, in other batches.
            journal.append(A, 2 * VALUE, 0);
            append(journal, A, 8);
        }
        final Path into = dir.resolve("rebuilt");
        assertEquals(List.of(), rebuild(into, null, Long.MAX_VALUE).problems());
        assertSame(dir.resolve("journal"), into);
        assertEquals(List.of(), compare(dir.resolve("journal")).differences());
    }

    /** The recorder was behind when the engine was killed: in the middle of a batch that comes in chunks. */
    @Test
    void whatWasJournaledAndNotRecordedIsRecordedBeforeTheNextRunBegins() throws IOException
    {
        final Path snapshot = dir.resolve("snapshot");
        try (RecordedJournal journal = new RecordedJournal(dir, TIME, true))
        {
            journal.open(A, 0);
            journal.open(B, 3);
            append(journal, A, 10);
            append(journal, B, 2);
            journal.appendChunks(A, 300_000, 70_000, (chunk) ->
            {
                if (2 == chunk)
                {
                    journal.copyArchive(snapshot);
                }
            });
            append(journal, B, 4);
            append(journal, A, 4);
            journal.logStart(A, 2);
            journal.append(A, VALUE, 5);
        }
        try (Stream<Path> files = Files.list(snapshot))
        {
            for (final Path file : files.toList())
            {
                Files.move(file, archive().resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        try (RecordedJournal journal = new RecordedJournal(dir, TIME + SECOND, true))
        {
            assertEquals(1, journal.news.size(), journal.news::toString);
            assertTrue(journal.news.get(0).contains(" 10 frames "), journal.news::toString);
            journal.open(A, 0);
            journal.append(A, VALUE, 5);
            journal.append(A, VALUE, 6);
        }
        final Path into = dir.resolve("rebuilt");
        assertEquals(List.of(), rebuild(into, null, Long.MAX_VALUE).problems());
        assertSame(dir.resolve("journal"), into);
        assertEquals(List.of(), compare(dir.resolve("journal")).differences());
    }

    @Test
    void topicsAndTimeNarrowItDown() throws IOException
    {
        try (RecordedJournal journal = new RecordedJournal(dir, TIME, true))
        {
            journal.open(A, 0);
            journal.open(B, 0);
            for (int i = 0; i < 10; i++)
            {
                journal.append(A, VALUE, 0);
                journal.append(B, VALUE, 0);
                journal.timeNs += SECOND;
            }
        }
        final Path onlyA = dir.resolve("a");
        assertEquals(1, rebuild(onlyA, "a", Long.MAX_VALUE).partitions());
        assertFalse(Files.exists(onlyA.resolve("b-4")));
        assertArrayEquals(
            segments(dir.resolve("journal")).get("a-0/00000000000000000000.log"),
            segments(onlyA).get("a-0/00000000000000000000.log"));

        final JournalRebuild.Result asOf = rebuild(dir.resolve("asOf"), null, TIME + 3 * SECOND);
        assertEquals(8, asOf.frames());
        assertEquals(List.of(), asOf.problems());

        assertEquals(11, show("b", Bound.NONE_BELOW, Bound.NONE_ABOVE).size());
        final List<String> some = show(
            "a|b", Bound.parse("2023-11-14T22:13:22Z"), Bound.parse("2023-11-14T22:13:24Z"));
        assertEquals(4, some.size(), some::toString);
        assertTrue(some.get(0).contains("2023-11-14T22:13:22Z  a-0  Data assignmentEpoch=1 fetchOffset=2 "),
            some::toString);
        assertTrue(some.get(0).contains(" sourceHighWatermark=3 "), some::toString);
        final String position = some.get(0).substring(2, some.get(0).indexOf(' '));
        assertEquals(some.get(0), show(null, Bound.parse(position), Bound.NONE_ABOVE).get(0));
    }

    @Test
    void aFileThatIsMissingLeavesAGapThatIsSaid() throws IOException
    {
        try (RecordedJournal journal = new RecordedJournal(dir, TIME, true))
        {
            journal.open(A, 0);
            while (journal.end(A) < 30)
            {
                journal.append(A, 100_000, 0);
            }
        }
        // Some of the second term's frames lose a byte.
        final Recording recording = ArchiveDirectory.recordings(archive()).get(0);
        final Path file = ArchiveDirectory.segment(archive(), recording.id(), 0);
        final byte[] bytes = Files.readAllBytes(file);
        bytes[RecordedJournal.TERM_LENGTH + 500_000] ^= 1;
        Files.write(file, bytes);

        final JournalRebuild.Result result = rebuild(dir.resolve("rebuilt"), null, Long.MAX_VALUE);
        assertEquals(2, result.problems().size(), result.problems()::toString);
        assertTrue(result.problems().get(0).contains("checksum"), result.problems()::toString);
        assertTrue(result.problems().get(1).contains("a-0: offsets "), result.problems()::toString);
        final Map<String, byte[]> original = segments(dir.resolve("journal"));
        final Map<String, byte[]> rebuilt = segments(dir.resolve("rebuilt"));
        // What is behind the gap is as it was: a batch is larger than a segment, so each has its own.
        assertTrue(rebuilt.size() < original.size() && rebuilt.size() > 20, () -> rebuilt.keySet().toString());
        rebuilt.forEach((path, content) -> assertArrayEquals(original.get(path), content, path));
        assertEquals(1, compare(dir.resolve("journal")).differences().size());
    }

    @Test
    void itTakesTheTimeThatItTookIfThatIsWanted() throws IOException
    {
        try (RecordedJournal journal = new RecordedJournal(dir, TIME, true))
        {
            journal.open(A, 0);
            for (int i = 0; i < 5; i++)
            {
                journal.append(A, VALUE, 0);
                journal.timeNs += SECOND / 10;
            }
        }
        final JournalRebuild.Result result = rebuild(dir.resolve("rebuilt"), null, Long.MAX_VALUE, 1);
        assertTrue(result.tookMs() >= 400, () -> result.tookMs() + " ms");
        assertSame(dir.resolve("journal"), dir.resolve("rebuilt"));
    }

    /** As a later, or an unknown earlier, version of Umbra would have recorded it. */
    @Test
    void aMessageThatIsNotUnderstoodEndsARebuildAndIsPassedOverByShow() throws IOException
    {
        try (RecordedJournal journal = new RecordedJournal(dir, TIME, true))
        {
            journal.open(A, 0);
            append(journal, A, 3);
        }
        final int frameHeader = 32;
        final Path file = ArchiveDirectory.segment(archive(), 0, 0);
        final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        // The first message says that fetching begins, the second is a data frame.
        final int second = (bytes.getInt(0) + 31) & -32;
        final int length = (bytes.getInt(second) + 31) & -32;
        bytes.putShort(second + frameHeader + 6, (short)9);
        final CRC32C crc = new CRC32C();
        crc.update(bytes.array(), second + frameHeader, length - frameHeader);
        bytes.putInt(second + 12, (int)crc.getValue());
        Files.write(file, bytes.array());

        final IOException ex = assertThrows(
            IOException.class, () -> rebuild(dir.resolve("rebuilt"), null, Long.MAX_VALUE));
        assertTrue(ex.getMessage().contains("version 9, this Umbra understands 1 to "), ex::getMessage);
        final List<String> findings = new ArrayList<>();
        final StringWriter text = new StringWriter();
        try (FlightRecording recording = FlightRecording.open(archive()))
        {
            assertFalse(new Show(recording, null, Bound.NONE_BELOW, Bound.NONE_ABOVE)
                .text(new PrintWriter(text), findings::add));
        }
        assertEquals(1, findings.size(), findings::toString);
        assertTrue(findings.get(0).contains("position " + second + ": "), findings::toString);
        assertEquals(3, text.toString().lines().count(), text::toString);
    }

    @Test
    void whatDiffersIsNamed() throws IOException
    {
        try (RecordedJournal journal = new RecordedJournal(dir, TIME, true))
        {
            journal.open(A, 0);
            journal.open(B, 0);
            append(journal, A, 20);
            append(journal, B, 20);
        }
        final Path journal = dir.resolve("journal");
        assertEquals(List.of(), compare(journal).differences());
        final Path segment = journal.resolve("a-0/00000000000000000000.log");
        final byte[] bytes = Files.readAllBytes(segment);
        bytes[VALUE] ^= 1;
        Files.write(segment, bytes);
        List<String> differences = compare(journal).differences();
        assertEquals(1, differences.size(), differences::toString);
        assertTrue(differences.get(0).contains("a-0 offset 0: ") && differences.get(0).contains("byte " + VALUE),
            differences::toString);

        // A log that lacks its end.
        final List<Path> segments;
        try (Stream<Path> files = Files.list(journal.resolve("b-4")))
        {
            segments = new ArrayList<>(files.filter((path) -> path.toString().endsWith(".log")).sorted().toList());
        }
        Files.delete(segments.get(segments.size() - 1));
        differences = compare(journal).differences();
        assertTrue(differences.stream().anyMatch((line) ->
            line.startsWith("b-4 offset 19: recorded, and not in the journal")), differences::toString);
    }

    @Test
    void aListSaysWhatThereIs() throws IOException
    {
        try (RecordedJournal journal = new RecordedJournal(dir, TIME, true))
        {
            journal.open(A, 0);
            append(journal, A, 3);
            journal.timeNs += SECOND;
            append(journal, A, 1);
            try (FlightRecording recording = FlightRecording.open(archive()))
            {
                assertEquals("RECORDING", Listing.of(recording).recordings().get(0).state());
            }
        }
        try (FlightRecording recording = FlightRecording.open(archive()))
        {
            final Listing listing = Listing.of(recording);
            final Listing.Row row = listing.recordings().get(0);
            assertFalse(listing.live());
            assertEquals("CLOSED", row.state());
            assertEquals("2023-11-14T22:13:20Z", row.from());
            assertEquals("2023-11-14T22:13:21Z", row.to());
            assertTrue(row.bytes() > 4 * VALUE && row.bytes() < 5 * VALUE, () -> row.bytes() + "");
            assertEquals(List.of(new Listing.RunRow("2023-11-14T22:13:20Z", "link", "cluster", 1)), listing.runs());
            assertTrue(listing.text().contains("run of link link since"), listing::text);
        }
    }
}
