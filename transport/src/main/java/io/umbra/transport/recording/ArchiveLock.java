package io.umbra.transport.recording;

import org.agrona.CloseHelper;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Says that an archive has one writer: a lock on a file in its directory, which the system gives back when the process
 * ends, however it ends.
 */
final class ArchiveLock implements AutoCloseable
{
    private static final String NAME = "recorder.lock";
    private static final int ATTEMPTS = 20;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final FileChannel channel;

    private ArchiveLock(final FileChannel channel)
    {
        this.channel = channel;
    }

    /** Null if another has it. */
    static ArchiveLock tryAcquire(final Path dir) throws IOException
    {
        final FileChannel channel = FileChannel.open(
            dir.resolve(NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        // Whoever asks whether it is held has it for a moment.
        for (int i = 0; i < ATTEMPTS; i++)
        {
            if (!isLocked(channel))
            {
                return new ArchiveLock(channel);
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
        CloseHelper.quietClose(channel);
        return null;
    }

    /** Whether somebody records into the archive. */
    static boolean isHeld(final Path dir)
    {
        final Path file = dir.resolve(NAME);
        if (!Files.isWritable(file))
        {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            return isLocked(channel);
        }
        catch (final IOException ex)
        {
            return false;
        }
    }

    /** Takes the lock unless somebody has it. */
    private static boolean isLocked(final FileChannel channel) throws IOException
    {
        try
        {
            final FileLock lock = channel.tryLock();
            return null == lock;
        }
        catch (final OverlappingFileLockException ex)
        {
            return true;
        }
    }

    @Override
    public void close()
    {
        CloseHelper.quietClose(channel);
    }
}
