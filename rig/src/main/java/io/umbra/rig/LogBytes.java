package io.umbra.rig;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/** The whole batches of a partition's segments as one stream of bytes. For one thread. */
final class LogBytes implements AutoCloseable
{
    private final LogScan scan;
    private int next;
    private FileChannel channel;
    private long left;

    LogBytes(final LogScan scan, final long startPosition) throws IOException
    {
        this.scan = scan;
        skip(startPosition);
    }

    private void skip(final long bytes) throws IOException
    {
        long toSkip = bytes;
        while (toSkip > 0 && openNext())
        {
            final long step = Math.min(toSkip, left);
            channel.position(channel.position() + step);
            left -= step;
            toSkip -= step;
        }
    }

    /** Fills the buffer as far as there are bytes; flips it. */
    void read(final ByteBuffer buffer) throws IOException
    {
        buffer.clear();
        while (buffer.hasRemaining() && openNext())
        {
            final int limit = buffer.limit();
            buffer.limit((int) Math.min(limit, buffer.position() + left));
            final int read = channel.read(buffer);
            buffer.limit(limit);
            if (read < 0)
            {
                throw new IOException(scan.segments().get(next - 1).file() + " became shorter while it was read");
            }
            left -= read;
        }
        buffer.flip();
    }

    /** True when the current file has bytes left, or another one that has them was opened. */
    private boolean openNext() throws IOException
    {
        while (0 == left)
        {
            close();
            if (next == scan.segments().size())
            {
                return false;
            }
            final LogScan.Segment segment = scan.segments().get(next++);
            channel = FileChannel.open(segment.file(), StandardOpenOption.READ);
            left = segment.validBytes();
        }
        return true;
    }

    @Override
    public void close() throws IOException
    {
        if (null != channel)
        {
            channel.close();
            channel = null;
        }
    }
}
