package io.umbra.engine;

import org.agrona.concurrent.EpochClock;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Says whether the journal's file system has room for more. The journal stops before the disk is full, since the ledger
 * and the partition table are memory-mapped: a page that cannot be allocated there would kill the process. For one
 * thread.
 */
final class SpaceGuard
{
    private static final long CHECK_INTERVAL_MS = 100;
    private static final long CHECK_INTERVAL_BYTES = 8L * 1024 * 1024;

    private final FileStore store;
    private final long minFreeBytes;
    private final EpochClock clock;
    private long nextCheckMs;
    private long uncheckedBytes;
    private boolean hasRoom = true;

    SpaceGuard(final Path journalDir, final long minFreeBytes, final EpochClock clock) throws IOException
    {
        store = Files.getFileStore(journalDir);
        this.minFreeBytes = minFreeBytes;
        this.clock = clock;
    }

    /**
     * Whether there is room, as last looked at: at most 100 ms and 8 MiB ago.
     *
     * @param bytes about to be written.
     * @return false to wait.
     * @throws IOException if the file system does not say.
     */
    boolean hasRoom(final int bytes) throws IOException
    {
        final long nowMs = clock.time();
        uncheckedBytes += bytes;
        if (nowMs >= nextCheckMs || uncheckedBytes >= CHECK_INTERVAL_BYTES)
        {
            hasRoom = store.getUsableSpace() - bytes >= minFreeBytes;
            nextCheckMs = nowMs + CHECK_INTERVAL_MS;
            uncheckedBytes = 0;
        }
        return hasRoom;
    }

    /**
     * What is wrong when a little more is about to be written.
     *
     * @return one line for the operator; null when there is room.
     */
    String problem()
    {
        try
        {
            return hasRoom(0) ? null :
                "the journal's file system has less free than journal.min.free.bytes, " +
                minFreeBytes / (1 << 20) + " MiB";
        }
        catch (final IOException ex)
        {
            return "the journal's file system does not say whether it has room: " + ex;
        }
    }

    String describe() throws IOException
    {
        return "the journal's file system has " + store.getUsableSpace() / (1 << 20) + " MiB free, " +
            "journal.min.free.bytes is " + minFreeBytes / (1 << 20) + " MiB";
    }
}
