package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The lock on a journal directory: a lock on its file <code>.lock</code>, which names the process that has it. */
final class JournalLock implements AutoCloseable
{
    static final String FILE_NAME = ".lock";

    private final FileChannel channel;
    private final FileLock lock;

    private JournalLock(final FileChannel channel, final FileLock lock)
    {
        this.channel = channel;
        this.lock = lock;
    }

    static JournalLock take(final Path directory) throws IOException
    {
        final Path path = directory.resolve(FILE_NAME);
        final FileChannel channel = FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try
        {
            final FileLock lock = tryLock(channel);
            if (lock == null)
            {
                throw new JournalException("journal.dir=" + directory + " is in use by another engine" + holder(path));
            }
            channel.truncate(0);
            channel.write(
                ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8)), 0);
            return new JournalLock(channel, lock);
        }
        catch (final IOException | RuntimeException ex)
        {
            channel.close();
            throw ex;
        }
    }

    private static FileLock tryLock(final FileChannel channel) throws IOException
    {
        try
        {
            return channel.tryLock();
        }
        catch (final OverlappingFileLockException ex)
        {
            // By this very process.
            return null;
        }
    }

    private static String holder(final Path path) throws IOException
    {
        final String pid = Files.readString(path).trim();
        return pid.isEmpty() ? "" : " (process " + pid + ")";
    }

    @Override
    public void close() throws IOException
    {
        try
        {
            lock.release();
        }
        finally
        {
            channel.close();
        }
    }
}
