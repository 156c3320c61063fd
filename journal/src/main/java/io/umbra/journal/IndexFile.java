package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file of fixed-size entries that only grows at its end, or is cut there. New entries gather in memory and are
 * written when {@link #flush()} says so, which is always after the log bytes that they point at. Never preallocated. A
 * file that another directory has too is not written to: it is replaced first.
 */
final class IndexFile implements AutoCloseable
{
    private static final int INITIAL_ENTRIES = 16;

    private final SegmentFiles files;
    private final Path path;
    private final int entrySize;
    private FileChannel channel;
    private long fileLength;
    private ByteBuffer pending;
    private boolean unforced;

    IndexFile(final SegmentFiles files, final Path path, final int entrySize)
    {
        this.files = files;
        this.path = path;
        this.entrySize = entrySize;
    }

    Path path()
    {
        return path;
    }

    int entrySize()
    {
        return entrySize;
    }

    /** Creates the file empty, whatever was there. */
    void create() throws IOException
    {
        close();
        if (SharedFile.isShared(path))
        {
            Files.delete(path);
        }
        channel = files.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
        fileLength = 0;
        pending = null;
        unforced = true;
    }

    /** Takes the file as it is; a partial entry at its end is not counted and will be overwritten. */
    void load() throws IOException
    {
        fileLength = Files.exists(path) ? Files.size(path) / entrySize * entrySize : 0;
        pending = null;
    }

    int entries()
    {
        return (int)((fileLength + pendingBytes()) / entrySize);
    }

    int entriesOnFile()
    {
        return (int)(fileLength / entrySize);
    }

    /** The buffer to put one new entry into; the caller puts exactly one entry. */
    ByteBuffer appendEntry()
    {
        if (pending == null)
        {
            pending = ByteBuffer.allocate(INITIAL_ENTRIES * entrySize);
        }
        else if (pending.remaining() < entrySize)
        {
            pending = ByteBuffer.allocate(pending.capacity() * 2).put(pending.flip());
        }
        return pending;
    }

    int pendingBytes()
    {
        return pending == null ? 0 : pending.position();
    }

    /**
     * Writes the gathered entries out. After a failure they are still gathered, and the next flush writes them again.
     */
    void flush() throws IOException
    {
        if (pendingBytes() == 0)
        {
            return;
        }
        if (!isOpen())
        {
            openOwn(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }
        unforced = true;
        final ByteBuffer out = pending.duplicate().flip();
        long position = fileLength;
        while (out.hasRemaining())
        {
            position += channel.write(out, position);
        }
        fileLength = position;
        pending.clear();
    }

    private void openOwn(final OpenOption... options) throws IOException
    {
        if (SharedFile.replace(files, path, fileLength))
        {
            // Not closed: it may be in the hands of a flusher.
            channel = null;
        }
        if (!isOpen())
        {
            channel = files.open(path, options);
        }
    }

    /** All entries, gathered ones included, in a new buffer. */
    ByteBuffer readAll() throws IOException
    {
        final ByteBuffer all = ByteBuffer.allocate(entries() * entrySize);
        if (fileLength > 0)
        {
            all.limit((int)fileLength);
            if (isOpen())
            {
                readFully(channel, all);
            }
            else
            {
                try (FileChannel reading = files.open(path, StandardOpenOption.READ))
                {
                    readFully(reading, all);
                }
            }
            all.limit(all.capacity());
        }
        if (pendingBytes() > 0)
        {
            all.put(pending.duplicate().flip());
        }
        return all.flip();
    }

    /** Keeps the first entries and drops the rest, on file too. */
    void truncate(final int keep) throws IOException
    {
        final long length = (long)keep * entrySize;
        if (length < fileLength || Files.exists(path) && Files.size(path) > fileLength)
        {
            openOwn(StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel.truncate(Math.min(length, fileLength));
            unforced = true;
        }
        if (length <= fileLength)
        {
            fileLength = length;
            pending = null;
        }
        else
        {
            pending.position((int)(length - fileLength));
        }
    }

    /** The channel that has writes which no force has covered yet, or null. The caller forces it. */
    FileChannel takeUnforced()
    {
        if (!unforced || channel == null)
        {
            return null;
        }
        unforced = false;
        return channel;
    }

    void markUnforced()
    {
        unforced = true;
    }

    @Override
    public void close() throws IOException
    {
        final FileChannel closing = channel;
        channel = null;
        if (closing != null)
        {
            closing.close();
        }
    }

    private boolean isOpen()
    {
        // An interrupt closes a channel under its user.
        return channel != null && channel.isOpen();
    }

    private void readFully(final FileChannel from, final ByteBuffer into) throws IOException
    {
        long position = 0;
        while (into.hasRemaining())
        {
            final int n = from.read(into, position);
            if (n < 0)
            {
                throw new IOException(path + " ends at " + position + " where " + fileLength + " bytes were expected");
            }
            position += n;
        }
    }
}
