package io.umbra.journal.ledger;

import io.umbra.journal.ledger.LedgerFinding.Kind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import static io.umbra.journal.ledger.LedgerFixture.BATCH_RECORDS;
import static io.umbra.journal.ledger.LedgerFixture.MINUTE_MS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Damage done by hand. What a real kill leaves behind is the matter of LedgerCrashTest.
 */
class LedgerRecoveryTest
{
    private static final int COMMITS = 100;

    private LedgerFixture fixture;

    @BeforeEach
    void createFixture(@TempDir final Path directory)
    {
        fixture = new LedgerFixture(directory);
    }

    @Test
    void findsNothingAfterACleanStop()
    {
        write();
        reopen(COMMITS);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x8000_0000, 0x8000_0088, 0xc000_0040})
    void clearsAHeaderThatIsBeingWritten(final int header) throws IOException
    {
        final Path file = write();
        overwrite(file, end(file), littleEndian(header));
        reopen(COMMITS, Kind.TORN_ENTRY);
    }

    @Test
    void clearsAnEntryWithoutItsHeader() throws IOException
    {
        final Path file = write();
        overwrite(file, end(file) + 4, random(100, 1));
        reopen(COMMITS, Kind.TORN_ENTRY);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void clearsGarbageAfterTheLastEntry(final long seed) throws IOException
    {
        final Path file = write();
        overwrite(file, end(file), random(500, seed));
        reopen(COMMITS, Kind.TORN_ENTRY);
    }

    @Test
    void keepsAFileWithMuchGarbageAsItIs() throws IOException
    {
        final Path file = write();
        overwrite(file, end(file), random(100_000, 6));
        final byte[] damaged = Files.readAllBytes(file);
        reopen(COMMITS, Kind.DAMAGED_FILE);
        assertArrayEquals(damaged, Files.readAllBytes(kept(file)));
    }

    @Test
    void keepsWholeEntriesBeforeAHole() throws IOException
    {
        final Path file = write();
        final long middle = positions(file).get(40);
        overwrite(file, middle, new byte[64]);
        final byte[] damaged = Files.readAllBytes(file);
        // The first two entries are no commits.
        reopen(38, Kind.DAMAGED_FILE);
        assertArrayEquals(damaged, Files.readAllBytes(kept(file)));
    }

    @Test
    void keepsWholeEntriesOfAFileThatIsCutShort() throws IOException
    {
        final Path file = write();
        truncate(file, positions(file).get(40) + 50);
        reopen(38, Kind.DAMAGED_FILE);
    }

    @Test
    void goesOnWithAFileThatIsCutWhereNothingWas() throws IOException
    {
        final Path file = write();
        truncate(file, end(file));
        reopen(COMMITS);
    }

    @Test
    void salvagesEntriesOfManyIndexPages() throws IOException
    {
        // An index page covers 32,768 entries.
        final int commits = 80_000;
        final Path file = write(commits);
        truncate(file, end(file) - 20);
        reopen(commits - 1, Kind.DAMAGED_FILE);
        try (LedgerReader reader = LedgerReader.open(fixture.shardDirectory()))
        {
            reader.toIndex(ChronicleSettings.ROLL_CYCLE.toIndex((int) CycleName.parse(file), 70_002));
            final LedgerFixture.Texts texts = new LedgerFixture.Texts();
            reader.poll(texts);
            assertEquals(List.of("commit orders-3 700000..700009"), texts.list);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0x8000_0000})
    void deletesAFileThatWasBeingCreated(final int header) throws IOException
    {
        write();
        final Path next = CycleName.file(fixture.shardDirectory(), minute() + 1);
        Files.write(next, new byte[1 << 20]);
        overwrite(next, 0, littleEndian(header));
        reopen(COMMITS, Kind.UNFINISHED_FILE);
    }

    @Test
    void deletesAnEmptyFile() throws IOException
    {
        write();
        Files.createFile(CycleName.file(fixture.shardDirectory(), minute() + 1));
        reopen(COMMITS, Kind.UNFINISHED_FILE);
    }

    @Test
    void setsAFileAsideThatIsNotALedgers() throws IOException
    {
        write();
        final Path next = CycleName.file(fixture.shardDirectory(), minute() + 1);
        final byte[] garbage = random(10_000, 7);
        Files.write(next, garbage);
        assertThrows(LedgerException.class, fixture::readCommits);
        reopen(COMMITS, Kind.UNREADABLE_FILE);
        assertArrayEquals(garbage, Files.readAllBytes(kept(next)));
    }

    @Test
    void setsAFileAsideWhoseBeginningIsLost() throws IOException
    {
        final Path file = write();
        overwrite(file, 0, new byte[512]);
        final LedgerException ex = assertThrows(LedgerException.class, fixture::readCommits);
        assertEquals(file, ex.file());
        reopen(0, Kind.UNREADABLE_FILE);
    }

    @Test
    void setsAFileAsideWithAForeignName() throws IOException
    {
        write();
        Files.write(fixture.shardDirectory().resolve("notes.cq4"), random(100, 8));
        reopen(COMMITS, Kind.UNREADABLE_FILE);
    }

    @Test
    void removesLeftoversOfARollAndOfASalvage() throws IOException
    {
        write();
        final Path precreated = fixture.shardDirectory().resolve("20261123-1100.precreated");
        Files.write(precreated, new byte[100]);
        final Path salvage = Files.createDirectories(fixture.shardDirectory().resolve("salvage"));
        Files.write(salvage.resolve("20261123-1000.cq4"), new byte[100]);
        reopen(COMMITS);
        assertFalse(Files.exists(precreated));
        assertFalse(Files.exists(salvage));
    }

    @Test
    void makesAMissingTableAnew() throws IOException
    {
        write();
        Files.delete(table());
        reopen(COMMITS);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 4, 100, 150, 300})
    void makesATornTableAnew(final int length) throws IOException
    {
        write();
        truncate(table(), length);
        reopenWhateverIsFound(COMMITS);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
    void makesAGarbledTableAnew(final long seed) throws IOException
    {
        write();
        overwrite(table(), seed * 30 - 330, random(200, seed));
        reopenWhateverIsFound(COMMITS);
    }

    @Test
    void saysThatATableWasDamaged() throws IOException
    {
        write();
        Files.write(table(), random(10_000, 19));
        reopen(COMMITS, Kind.DAMAGED_TABLE);
    }

    @Test
    void releasesLocksOfAProcessThatIsGone() throws IOException
    {
        write();
        // The id of this very process: what a container's first process finds after a restart.
        setLock("chronicle.write.lock", ProcessHandle.current().pid());
        setLock("chronicle.append.lock", ProcessHandle.current().pid());
        reopen(COMMITS);
    }

    @Test
    void marksTheEndOfAFileThatHasNone() throws IOException
    {
        final Path first = writeTwoFiles();
        final CycleFile.Scan scan = CycleFile.scan(first);
        assertTrue(scan.isSealed());
        overwrite(first, scan.end(), new byte[12]);
        reopen(2 * COMMITS, Kind.MISSING_END);
    }

    @Test
    void repairsAFileBeforeTheLastOneThatIsCutShort() throws IOException
    {
        final Path first = writeTwoFiles();
        truncate(first, positions(first).get(40));
        final LedgerException ex = assertThrows(LedgerException.class, fixture::readCommits);
        assertEquals(first, ex.file());
        final List<Long> expected = offsets(0, 38);
        expected.addAll(offsets(COMMITS, COMMITS));
        final List<Kind> kinds = new ArrayList<>();
        try (Ledger ledger = fixture.open())
        {
            ledger.findings().forEach((finding) -> kinds.add(finding.kind()));
        }
        assertEquals(List.of(Kind.DAMAGED_FILE), kinds);
        assertEquals(expected, fixture.readCommits());
    }

    @Test
    void aReaderNamesAFileThatIsDamagedInItsMiddle() throws IOException
    {
        final Path first = writeTwoFiles();
        final int header = 0x8000_0000;
        overwrite(first, positions(first).get(40), littleEndian(header));
        final LedgerException ex = assertThrows(LedgerException.class, fixture::readCommits);
        assertEquals(first, ex.file());
    }

    @Test
    void aReaderStopsBeforeAnEntryThatWasBeingWritten() throws IOException
    {
        final Path file = write();
        overwrite(file, end(file) + 4, random(100, 20));
        assertEquals(offsets(0, COMMITS), fixture.readCommits());
        overwrite(file, end(file), littleEndian(0x8000_0000));
        assertEquals(offsets(0, COMMITS), fixture.readCommits());
    }

    @Test
    void keepsEveryDamagedFileOfTheSameName() throws IOException
    {
        final Path file = write();
        for (int i = 1; i <= 3; i++)
        {
            truncate(file, end(file) - 10);
            fixture.open().close();
            assertEquals(offsets(0, COMMITS - i), fixture.readCommits());
        }
        try (Stream<Path> files = Files.list(fixture.shardDirectory()))
        {
            assertEquals(3, files.filter((path) -> path.toString().endsWith(".damaged")).count());
        }
    }

    private Path write()
    {
        return write(COMMITS);
    }

    private Path write(final int commits)
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, commits);
            return CycleName.file(fixture.shardDirectory(), minute());
        }
    }

    private Path writeTwoFiles()
    {
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, COMMITS);
            final Path first = CycleName.file(fixture.shardDirectory(), minute());
            fixture.clock.advance(60 * MINUTE_MS);
            fixture.commits(ledger, COMMITS * BATCH_RECORDS, COMMITS);
            return first;
        }
    }

    /**
     * Opens, compares, goes on, compares.
     */
    private void reopen(final int commits, final Kind... kinds)
    {
        try (Ledger ledger = fixture.open())
        {
            assertEquals(List.of(kinds), ledger.findings().stream().map(LedgerFinding::kind).toList(),
                ledger.findings().toString());
        }
        reopenWhateverIsFound(commits);
    }

    private void reopenWhateverIsFound(final int commits)
    {
        final List<Long> expected = offsets(0, commits);
        try (Ledger ledger = fixture.open())
        {
            assertEquals(expected, fixture.readCommits());
            ledger.partitionOpened(LedgerFixture.ORDERS_INDEX, LedgerFixture.ORDERS, 0, 0, 0, fixture.nowNs());
            fixture.commits(ledger, COMMITS * BATCH_RECORDS, 20);
            expected.addAll(offsets(COMMITS, 20));
            assertEquals(expected, fixture.readCommits());
        }
        try (Ledger ledger = fixture.open())
        {
            assertEquals(List.of(), ledger.findings());
        }
        assertEquals(expected, fixture.readCommits());
    }

    private static List<Long> offsets(final int from, final int commits)
    {
        final List<Long> offsets = new ArrayList<>();
        for (int i = 0; i < commits; i++)
        {
            offsets.add((long) (from + i) * BATCH_RECORDS);
        }
        return offsets;
    }

    private long minute()
    {
        return fixture.clock.time() / MINUTE_MS;
    }

    private Path table()
    {
        return fixture.shardDirectory().resolve("metadata.cq4t");
    }

    private static Path kept(final Path file)
    {
        return file.resolveSibling(file.getFileName() + ".damaged");
    }

    private static long end(final Path file) throws IOException
    {
        return CycleFile.scan(file).end();
    }

    /** Positions of the entries' headers. */
    private static List<Long> positions(final Path file) throws IOException
    {
        final byte[] bytes = Files.readAllBytes(file);
        final ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        final List<Long> positions = new ArrayList<>();
        int position = 0;
        while (true)
        {
            final int header = buffer.getInt(position);
            if (header == 0 || header < 0)
            {
                return positions;
            }
            if ((header & 0x4000_0000) == 0)
            {
                positions.add((long) position);
            }
            position += 4 + (header & 0x3fff_ffff);
            position += -position & 3;
        }
    }

    private void setLock(final String name, final long owner) throws IOException
    {
        final byte[] bytes = Files.readAllBytes(table());
        final String text = new String(bytes, StandardCharsets.ISO_8859_1);
        // A value is aligned and follows the code of a 64-bit number.
        final int value = text.indexOf('\u00a7', text.indexOf(name)) + 1;
        assertEquals(0, value % 8);
        assertEquals(Long.MIN_VALUE, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(value));
        overwrite(table(), value, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(owner).array());
    }

    private static byte[] littleEndian(final int value)
    {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }

    private static byte[] random(final int length, final long seed)
    {
        final byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void overwrite(final Path file, final long position, final byte[] bytes) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.write(ByteBuffer.wrap(bytes), position);
        }
    }

    private static void truncate(final Path file, final long length) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.truncate(length);
        }
    }
}
