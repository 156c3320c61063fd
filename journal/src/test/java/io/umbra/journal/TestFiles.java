package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/**
 * A file system for tests. It forces nothing, since no test pulls a plug; and it can run full: from some number of
 * written bytes or of forces on, everything fails that writes, creates, cuts or forces, as asked for.
 */
final class TestFiles implements SegmentFiles
{
    private long writable = Long.MAX_VALUE;
    private int forces = Integer.MAX_VALUE;
    private boolean truncateFails;
    private int forced;
    private long written;
    private long read;

    /** So many bytes more can be written: the write that passes the limit is cut short there. */
    void writable(final long bytes)
    {
        writable = bytes;
    }

    /** So many forces more succeed. */
    void forces(final int count)
    {
        forces = count;
    }

    void truncateFails(final boolean fails)
    {
        truncateFails = fails;
    }

    int forced()
    {
        return forced;
    }

    long written()
    {
        return written;
    }

    long read()
    {
        return read;
    }

    private int count(final int n)
    {
        read += Math.max(0, n);
        return n;
    }

    @Override
    public FileChannel open(final Path path, final OpenOption... options) throws IOException
    {
        return new Channel(FileChannel.open(path, options));
    }

    private final class Channel extends FileChannel
    {
        private final FileChannel delegate;

        private Channel(final FileChannel delegate)
        {
            this.delegate = delegate;
        }

        private int allowed(final long wanted) throws IOException
        {
            if (writable <= 0)
            {
                throw new IOException("No space left on device");
            }
            final int n = (int)Math.min(wanted, writable);
            writable -= n;
            written += n;
            return n;
        }

        @Override
        public int write(final ByteBuffer source) throws IOException
        {
            final int n = allowed(source.remaining());
            final int written = delegate.write(source.slice(source.position(), n));
            source.position(source.position() + written);
            return written;
        }

        @Override
        public long write(final ByteBuffer[] sources, final int offset, final int length) throws IOException
        {
            // One buffer at a time, and of that a part: gathering writes may write less than all.
            for (int i = offset; i < offset + length; i++)
            {
                if (sources[i].hasRemaining())
                {
                    return write(sources[i]);
                }
            }
            return 0;
        }

        @Override
        public int write(final ByteBuffer source, final long position) throws IOException
        {
            final int n = allowed(source.remaining());
            final int written = delegate.write(source.slice(source.position(), n), position);
            source.position(source.position() + written);
            return written;
        }

        @Override
        public FileChannel truncate(final long size) throws IOException
        {
            if (truncateFails)
            {
                throw new IOException("Input/output error");
            }
            delegate.truncate(size);
            return this;
        }

        @Override
        public void force(final boolean metaData) throws IOException
        {
            forced++;
            if (forces-- <= 0)
            {
                throw new IOException("Input/output error");
            }
        }

        @Override
        public int read(final ByteBuffer target) throws IOException
        {
            return count(delegate.read(target));
        }

        @Override
        public long read(final ByteBuffer[] targets, final int offset, final int length) throws IOException
        {
            return delegate.read(targets, offset, length);
        }

        @Override
        public int read(final ByteBuffer target, final long position) throws IOException
        {
            return count(delegate.read(target, position));
        }

        @Override
        public long position() throws IOException
        {
            return delegate.position();
        }

        @Override
        public FileChannel position(final long newPosition) throws IOException
        {
            delegate.position(newPosition);
            return this;
        }

        @Override
        public long size() throws IOException
        {
            return delegate.size();
        }

        @Override
        public long transferTo(final long position, final long count, final WritableByteChannel target)
            throws IOException
        {
            return delegate.transferTo(position, count, target);
        }

        @Override
        public long transferFrom(final ReadableByteChannel source, final long position, final long count)
            throws IOException
        {
            return delegate.transferFrom(source, position, count);
        }

        @Override
        public MappedByteBuffer map(final MapMode mode, final long position, final long size) throws IOException
        {
            return delegate.map(mode, position, size);
        }

        @Override
        public FileLock lock(final long position, final long size, final boolean shared) throws IOException
        {
            return delegate.lock(position, size, shared);
        }

        @Override
        public FileLock tryLock(final long position, final long size, final boolean shared) throws IOException
        {
            return delegate.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException
        {
            delegate.close();
        }
    }
}
