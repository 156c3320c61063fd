package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.MetadataKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static io.umbra.journal.ledger.LedgerFixture.BATCH_RECORDS;
import static io.umbra.journal.ledger.LedgerFixture.MINUTE_MS;
import static io.umbra.journal.ledger.LedgerFixture.ORDERS_INDEX;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * A full disk: a small file system in memory, which only root may mount. Were a page written for which there is no
 * space, the virtual machine would be gone, and the test with it.
 */
class LedgerRoomTest
{
    private static final long DISK_BYTES = 8 << 20;

    @TempDir
    private Path directory;
    private Path disk;
    private Path filler;
    private LedgerFixture fixture;
    private long commits;

    @BeforeEach
    void mount() throws Exception
    {
        disk = Files.createDirectory(directory.resolve("disk"));
        filler = disk.resolve("filler");
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=" + DISK_BYTES, "tmpfs", disk.toString()),
            "a file system cannot be mounted");
        fixture = new LedgerFixture(disk.resolve("ledger"));
    }

    @AfterEach
    void unmount() throws Exception
    {
        if (Files.exists(disk) && Files.getFileStore(disk).type().equals("tmpfs"))
        {
            assertTrue(run("umount", "--lazy", disk.toString()));
        }
    }

    @Test
    void waitsForSpaceAndLosesNothing() throws Exception
    {
        try (Ledger ledger = fixture.start(0))
        {
            for (int round = 0; round < 3; round++)
            {
                commitSome(ledger);
                fill();
                commitUntilFull(ledger);
                final long full = commits;
                // Again and again, as the agent asks.
                assertThrows(IOException.class, ledger::ensureRoom);
                assertThrows(IOException.class, ledger::ensureRoom);
                commitIgnoringRoom(ledger);
                assertEquals(commits, fixture.readCommits().size());
                assertTrue(commits >= full);
                Files.delete(filler);
                ledger.ensureRoom();
                commitSome(ledger);
            }
        }
        checkAll();
    }

    @Test
    void putsARollOffUntilThereIsSpace() throws Exception
    {
        try (Ledger ledger = fixture.start(0))
        {
            commitSome(ledger);
            fill();
            fixture.clock.advance(60 * MINUTE_MS);
            // The current file still has room.
            commitSome(ledger);
            assertEquals(1, fixture.files().size());
            commitUntilFull(ledger);
            assertEquals(1, fixture.files().size());
            Files.delete(filler);
            fixture.clock.advance(MINUTE_MS);
            ledger.ensureRoom();
            commitSome(ledger);
            assertEquals(2, fixture.files().size());
        }
        checkAll();
    }

    @Test
    void opensWhenThereIsSpaceAgain() throws Exception
    {
        fill();
        assertThrows(LedgerException.class, () -> fixture.open());
        Files.delete(filler);
        try (Ledger ledger = fixture.start(0))
        {
            commitSome(ledger);
        }
        fill();
        // What is there already can be opened, and the room that it has left is used.
        try (Ledger ledger = fixture.open())
        {
            ledger.ensureRoom();
            ledger.partitionOpened(ORDERS_INDEX, LedgerFixture.ORDERS, 0, 0, 0, fixture.nowNs());
            commitUntilFull(ledger);
            assertThrows(IOException.class, ledger::ensureRoom);
            Files.delete(filler);
            commitSome(ledger);
        }
        checkAll();
    }

    @Test
    void salvagesNothingWithoutSpaceAndLosesNothing() throws Exception
    {
        try (Ledger ledger = fixture.start(0))
        {
            commitSome(ledger);
        }
        final Path file = fixture.files().get(0);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.truncate(CycleFile.scan(file).end() - 1);
        }
        commits--;
        fill();
        assertThrows(LedgerException.class, () -> fixture.open());
        assertThrows(LedgerException.class, () -> fixture.open());
        Files.delete(filler);
        try (Ledger ledger = fixture.open())
        {
            assertEquals(
                List.of(LedgerFinding.Kind.DAMAGED_FILE),
                ledger.findings().stream().map(LedgerFinding::kind).toList());
        }
        checkAll();
    }

    /** Long values, and files whose heads hold them all: one is begun only when there is room for the whole of it. */
    @Test
    void metadataWaitsForSpaceAndLosesNothing() throws Exception
    {
        fixture.roll = LedgerRoll.MINUTELY;
        final Map<String, String> written = new TreeMap<>();
        try (MetadataLedger ledger = MetadataLedger.open(fixture.context()))
        {
            for (int round = 0; round < 3; round++)
            {
                fill();
                putUntilFull(ledger, written);
                assertThrows(LedgerException.class,
                    () -> ledger.put(MetadataKind.TOPIC, "topic-0", "x".repeat(200_000), fixture.nowNs()));
                fixture.clock.advance(MINUTE_MS);
                assertEquals(written, ledger.state().values(MetadataKind.TOPIC));
                assertEquals(written, latestTopics());
                Files.delete(filler);
                assertTrue(ledger.put(MetadataKind.TOPIC, "topic-0", "after round " + round, fixture.nowNs()));
                written.put("topic-0", "after round " + round);
            }
        }
        assertEquals(written, latestTopics());
        try (MetadataLedger ledger = MetadataLedger.open(fixture.context()))
        {
            assertEquals(List.of(), ledger.findings());
        }
    }

    private Map<String, String> latestTopics()
    {
        return MetadataReader.read(fixture.directory, Long.MAX_VALUE).values(MetadataKind.TOPIC);
    }

    private void putUntilFull(final MetadataLedger ledger, final Map<String, String> written)
    {
        for (int i = 0; i < 1_000_000; i++)
        {
            final String key = "topic-" + i % 20;
            final String value = i + "x".repeat(1_000);
            try
            {
                ledger.put(MetadataKind.TOPIC, key, value, fixture.nowNs());
                written.put(key, value);
            }
            catch (final LedgerException ex)
            {
                return;
            }
        }
        throw new AssertionError("the disk does not fill up");
    }

    private void commitSome(final Ledger ledger) throws IOException
    {
        for (int i = 0; i < 10; i++)
        {
            commit(ledger);
        }
    }

    /** There must be an end to it: the disk is small. */
    private void commitUntilFull(final Ledger ledger)
    {
        for (int i = 0; i < 1_000_000; i++)
        {
            try
            {
                commit(ledger);
            }
            catch (final IOException ex)
            {
                return;
            }
        }
        throw new AssertionError("the disk does not fill up");
    }

    /** Somebody who does not ask gets an exception instead, and nothing worse. */
    private void commitIgnoringRoom(final Ledger ledger)
    {
        for (int i = 0; i < 1_000_000; i++)
        {
            try
            {
                fixture.commit(ledger, ORDERS_INDEX, commits * BATCH_RECORDS);
                commits++;
            }
            catch (final LedgerException ex)
            {
                return;
            }
        }
        throw new AssertionError("the disk does not fill up");
    }

    private void commit(final Ledger ledger) throws IOException
    {
        ledger.ensureRoom();
        fixture.commit(ledger, ORDERS_INDEX, commits * BATCH_RECORDS);
        commits++;
    }

    private void checkAll()
    {
        final List<Long> expected = new ArrayList<>();
        for (long i = 0; i < commits; i++)
        {
            expected.add(i * BATCH_RECORDS);
        }
        assertEquals(expected, fixture.readCommits());
        try (Ledger ledger = fixture.open())
        {
            assertTrue(ledger.findings().isEmpty(), ledger.findings().toString());
        }
        assertEquals(expected, fixture.readCommits());
    }

    /** Fills the disk to the last byte. */
    private void fill() throws IOException
    {
        final ByteBuffer bytes = ByteBuffer.allocate(4096);
        try (FileChannel channel =
            FileChannel.open(filler, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))
        {
            while (channel.size() <= DISK_BYTES)
            {
                channel.write(bytes.clear());
            }
        }
        catch (final IOException ex)
        {
            // That is what was wanted.
            assertTrue(Files.size(filler) > 0, ex::toString);
            return;
        }
        throw new AssertionError("the disk does not fill up");
    }

    private static boolean run(final String... command) throws IOException, InterruptedException
    {
        try
        {
            final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            final String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            final boolean isDone = process.waitFor() == 0;
            if (!isDone)
            {
                System.out.println(output);
            }
            return isDone;
        }
        catch (final IOException ex)
        {
            // There is no such command here.
            return false;
        }
    }
}
