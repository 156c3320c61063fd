package io.umbra.transport.recording;

import org.agrona.CloseHelper;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Keeps what is being replayed from being deleted: a file in the archive's directory {@code holds}, locked while its
 * owner lives, that says for each recording from which position on it is needed. A hold whose owner has ended, however
 * it ended, holds nothing.
 * <p>
 * In a directory that cannot be written there is nothing to hold: nobody records there.
 */
public final class ReplayHold implements AutoCloseable
{
    private static final String DIRECTORY = "holds";
    private static final String SUFFIX = ".hold";

    private final Path file;
    private final FileChannel channel;
    private final Map<Long, Long> positions = new HashMap<>();

    private ReplayHold(final Path file, final FileChannel channel)
    {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Hold an archive as a whole.
     *
     * @param dir of the archive.
     * @return the hold; one that does nothing where no file can be written.
     */
    public static ReplayHold of(final Path dir)
    {
        final Path holds = dir.resolve(DIRECTORY);
        FileChannel channel = null;
        try
        {
            Files.createDirectories(holds);
            final Path file = holds.resolve(ProcessHandle.current().pid() + "-" + UUID.randomUUID() + SUFFIX);
            // It is locked before anybody can take it for one that was left behind.
            final Path begun = file.resolveSibling(file.getFileName() + ".new");
            channel = FileChannel.open(begun, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            channel.lock();
            Files.move(begun, file, StandardCopyOption.ATOMIC_MOVE);
            return new ReplayHold(file, channel);
        }
        catch (final IOException ex)
        {
            CloseHelper.quietClose(channel);
            return new ReplayHold(null, null);
        }
    }

    /**
     * What lies below is needed no more. From any thread.
     *
     * @param recordingId of the recording.
     * @param position    from which on it is needed; {@link Long#MAX_VALUE} when it is not.
     */
    public synchronized void advance(final long recordingId, final long position)
    {
        positions.put(recordingId, position);
        if (null == channel || !channel.isOpen())
        {
            return;
        }
        final StringBuilder text = new StringBuilder();
        positions.forEach((id, at) -> text.append(id).append(' ').append(at).append('\n'));
        try
        {
            final ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.US_ASCII));
            channel.truncate(0);
            channel.write(bytes, 0);
        }
        catch (final IOException ex)
        {
            // An empty hold holds everything.
            CloseHelper.quietClose(() -> channel.truncate(0));
        }
    }

    @Override
    public synchronized void close()
    {
        CloseHelper.quietClose(channel);
        if (null != file)
        {
            CloseHelper.quietClose(() -> Files.deleteIfExists(file));
        }
    }

    /**
     * The position from which on a recording is needed by whoever replays it.
     *
     * @param dir         of the archive.
     * @param recordingId of the recording.
     * @return {@link Long#MAX_VALUE} if nobody does.
     * @throws IOException if the holds cannot be read.
     */
    static long lowest(final Path dir, final long recordingId) throws IOException
    {
        long lowest = Long.MAX_VALUE;
        final Path holds = dir.resolve(DIRECTORY);
        if (!Files.isDirectory(holds))
        {
            return lowest;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(holds, "*" + SUFFIX))
        {
            for (final Path file : files)
            {
                if (!isAlive(file))
                {
                    Files.deleteIfExists(file);
                    continue;
                }
                lowest = Math.min(lowest, position(Files.readString(file, StandardCharsets.US_ASCII), recordingId));
            }
        }
        return lowest;
    }

    private static boolean isAlive(final Path file) throws IOException
    {
        try (FileChannel other = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            final FileLock lock = other.tryLock();
            return null == lock;
        }
        catch (final OverlappingFileLockException ex)
        {
            return true;
        }
    }

    /** A recording that a hold does not name is held as a whole. */
    private static long position(final String text, final long recordingId)
    {
        for (final String line : text.split("\n"))
        {
            final String[] fields = line.split(" ");
            if (2 == fields.length && fields[0].equals(Long.toString(recordingId)) && fields[1].matches("\\d{1,19}"))
            {
                return Long.parseLong(fields[1]);
            }
        }
        return 0;
    }
}
