package io.umbra.transport.recording;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class WriteBehindTest
{
    private static final int MIB = 1024 * 1024;
    private static final int SEGMENT = 4 * MIB;
    private static final int TERM = 2 * MIB;
    /** Recordings that go on begin in the middle of a term, and their first file with that term. */
    private static final long START = 5 * TERM + 4096 + 32;
    private static final long BASE = 5 * TERM;
    private static final Recording RECORDING = new Recording(
        7, 1001, START, Recording.NOT_STOPPED, 0, 0, 1, SEGMENT, TERM, 1408);

    @TempDir
    private Path dir;
    private byte[] first;
    private byte[] second;

    @BeforeEach
    void writeTwoSegments() throws IOException
    {
        assumeTrue(System.getProperty("os.name").equals("Linux"));
        first = write(BASE);
        second = write(BASE + SEGMENT);
    }

    private byte[] write(final long base) throws IOException
    {
        final byte[] bytes = new byte[SEGMENT];
        new Random(base).nextBytes(bytes);
        Files.write(file(base), bytes);
        return bytes;
    }

    private Path file(final long base)
    {
        return ArchiveDirectory.segment(dir, RECORDING.id(), base);
    }

    /** Whether the page cache has all of a part of a segment. */
    private boolean isCached(final long base, final long offset, final long length) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file(base), StandardOpenOption.READ))
        {
            return channel.map(FileChannel.MapMode.READ_ONLY, offset, length).isLoaded();
        }
    }

    @Test
    void whatIsBehindLeavesThePageCacheAndStaysInTheFile() throws IOException
    {
        assumeFalse(Files.getFileStore(dir).type().equals("tmpfs"));
        final WriteBehind writeBehind = new WriteBehind(dir, RECORDING, START);
        assertTrue(isCached(BASE, 0, SEGMENT));
        // To be written, and thus in the cache still.
        assertTrue(writeBehind.follow(BASE + SEGMENT + MIB));
        assertTrue(isCached(BASE + SEGMENT, 0, SEGMENT));
        assertTrue(writeBehind.follow(BASE + SEGMENT + 3 * MIB));

        assertFalse(isCached(BASE, MIB, SEGMENT - MIB));
        assertFalse(isCached(BASE + SEGMENT, 0, MIB));
        assertTrue(isCached(BASE + SEGMENT, 3 * MIB, MIB));
        assertArrayEquals(first, Files.readAllBytes(file(BASE)));
        assertArrayEquals(second, Files.readAllBytes(file(BASE + SEGMENT)));
    }

    @Test
    void waitsUntilThereIsEnoughToBeWorthACall()
    {
        final WriteBehind writeBehind = new WriteBehind(dir, RECORDING, START);
        assertFalse(writeBehind.follow(START + MIB - 8192));
        assertTrue(writeBehind.follow(START + MIB));
        assertFalse(writeBehind.follow(START + MIB + 4096));
    }

    @Test
    void aFileThatIsGoneIsPassedOver() throws IOException
    {
        Files.delete(file(BASE));
        final WriteBehind writeBehind = new WriteBehind(dir, RECORDING, START);
        assertTrue(writeBehind.follow(BASE + SEGMENT + MIB));
        assertTrue(writeBehind.follow(BASE + SEGMENT + 3 * MIB));
        assertArrayEquals(second, Files.readAllBytes(file(BASE + SEGMENT)));
    }
}
