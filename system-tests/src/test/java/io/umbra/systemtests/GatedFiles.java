package io.umbra.systemtests;

import io.umbra.journal.SegmentFiles;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/**
 * A file system on which gather writes go through a gate: none while it is shut, one for each permit that is given.
 * So a journal can be made as slow as a test wants, without any clock. And a device can be broken: it takes writes,
 * and does not confirm them.
 */
final class GatedFiles implements SegmentFiles
{
    private final Semaphore permits = new Semaphore(0);
    private volatile boolean isOpen;
    private volatile String brokenDirectory;

    /** Lets some more writes through. */
    void permit(final int writes)
    {
        permits.release(writes);
    }

    /** Lets everything through from now on. */
    void open()
    {
        isOpen = true;
        permits.release(1_000_000);
    }

    /** From now on the device does not confirm writes to the files in a directory of this name. */
    void breakDevice(final String directory)
    {
        brokenDirectory = directory;
    }

    @Override
    public FileChannel open(final Path path, final OpenOption... options) throws IOException
    {
        return new GatedChannel(FileChannel.open(path, options), path.getParent().getFileName().toString());
    }

    private final class GatedChannel extends FileChannel
    {
        private final FileChannel channel;
        private final String directory;

        GatedChannel(final FileChannel channel, final String directory)
        {
            this.channel = channel;
            this.directory = directory;
        }

        @Override
        public long write(final ByteBuffer[] sources, final int offset, final int length) throws IOException
        {
            if (!isOpen)
            {
                permits.acquireUninterruptibly();
            }
            return channel.write(sources, offset, length);
        }

        @Override
        public int read(final ByteBuffer target) throws IOException
        {
            return channel.read(target);
        }

        @Override
        public long read(final ByteBuffer[] targets, final int offset, final int length) throws IOException
        {
            return channel.read(targets, offset, length);
        }

        @Override
        public int write(final ByteBuffer source) throws IOException
        {
            return channel.write(source);
        }

        @Override
        public long position() throws IOException
        {
            return channel.position();
        }

        @Override
        public FileChannel position(final long newPosition) throws IOException
        {
            channel.position(newPosition);
            return this;
        }

        @Override
        public long size() throws IOException
        {
            return channel.size();
        }

        @Override
        public FileChannel truncate(final long size) throws IOException
        {
            channel.truncate(size);
            return this;
        }

        @Override
        public void force(final boolean metaData) throws IOException
        {
            if (directory.equals(brokenDirectory))
            {
                throw new IOException("Input/output error");
            }
            channel.force(metaData);
        }

        @Override
        public long transferTo(final long position, final long count, final WritableByteChannel target)
            throws IOException
        {
            return channel.transferTo(position, count, target);
        }

        @Override
        public long transferFrom(final ReadableByteChannel source, final long position, final long count)
            throws IOException
        {
            return channel.transferFrom(source, position, count);
        }

        @Override
        public int read(final ByteBuffer target, final long position) throws IOException
        {
            return channel.read(target, position);
        }

        @Override
        public int write(final ByteBuffer source, final long position) throws IOException
        {
            if (!isOpen)
            {
                permits.acquireUninterruptibly();
            }
            return channel.write(source, position);
        }

        @Override
        public MappedByteBuffer map(final MapMode mode, final long position, final long size) throws IOException
        {
            return channel.map(mode, position, size);
        }

        @Override
        public FileLock lock(final long position, final long size, final boolean shared) throws IOException
        {
            return channel.lock(position, size, shared);
        }

        @Override
        public FileLock tryLock(final long position, final long size, final boolean shared) throws IOException
        {
            return channel.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException
        {
            channel.close();
        }
    }
}
