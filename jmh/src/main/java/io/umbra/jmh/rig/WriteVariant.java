package io.umbra.jmh.rig;

import com.sun.nio.file.ExtendedOpenOption;
import org.HdrHistogram.Histogram;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;

/**
 * One way to put frames from an IPC stream on a disk, in a process of its own: frames come in fragments, as in a term
 * buffer, and go to the end of a segment of 1 GiB, after which the next one begins. Every 100 ms, or without a pause, a
 * second thread makes durable what has come.
 */
public final class WriteVariant
{
    private static final int FRAME_BYTES = 4 << 20;
    private static final int FRAGMENT = 1 << 16;
    private static final int FRAGMENTS = FRAME_BYTES / FRAGMENT;
    private static final int FRAMES_PER_SEGMENT = 256;
    /** So many frames lie in memory before the first comes again: more than the caches hold. */
    private static final int FRAMES_IN_MEMORY = 16;
    private static final int ALIGNMENT = 4096;
    private static final int BUFFERS = 2;
    private static final long FLUSH_INTERVAL_MS = 100;

    private final Kind kind;
    private final Path folder;
    private final ByteBuffer[] memory = new ByteBuffer[FRAMES_IN_MEMORY * FRAGMENTS];
    private final Histogram histogram = Latencies.histogram();
    private final ArrayBlockingQueue<ByteBuffer> filled = new ArrayBlockingQueue<>(BUFFERS);
    private final ArrayBlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(BUFFERS);
    private volatile FileChannel file;
    private MappedByteBuffer map;
    private volatile boolean isDone;

    /** How. */
    enum Kind
    {
        /** One gather write of all fragments, through the page cache. */
        GATHER,
        /** The same over a segment that is there already, in the page cache: recycled or preallocated. */
        RECYCLED,
        /** The same, while the second thread forces without a pause. */
        PACED,
        /** Copied into a mapped segment. */
        MMAP,
        /** Copied into an aligned buffer and written past the page cache. */
        DIRECT,
        /** The same with two buffers: one is written by another thread while the other is filled. */
        OVERLAPPED;

        boolean isDirect()
        {
            return DIRECT == this || OVERLAPPED == this;
        }
    }

    private WriteVariant(final Kind kind, final Path folder)
    {
        this.kind = kind;
        this.folder = folder;
        final Random random = new Random(1);
        final byte[] bytes = new byte[FRAGMENT];
        for (int i = 0; i < memory.length; i++)
        {
            random.nextBytes(bytes);
            memory[i] = ByteBuffer.allocateDirect(FRAGMENT).put(bytes);
        }
        for (int i = 0; i < BUFFERS; i++)
        {
            free.add(ByteBuffer.allocateDirect(FRAME_BYTES + ALIGNMENT).alignedSlice(ALIGNMENT).limit(FRAME_BYTES));
        }
    }

    /**
     * Writes until all is durable, and stays until it is ended.
     *
     * @param args kind, folder, frames, file of the shared count of frames, file for the histogram of writes.
     * @throws Exception if a file cannot be written.
     */
    public static void main(final String[] args) throws Exception
    {
        final WriteVariant variant = new WriteVariant(Kind.valueOf(args[0]), Path.of(args[1]));
        variant.run(Integer.parseInt(args[2]), new SharedCount(Path.of(args[3])));
        Latencies.write(variant.histogram, Path.of(args[4]));
        new SharedCount(Path.of(args[3])).set(Long.MAX_VALUE);
        new CountDownLatch(1).await();
    }

    private void run(final int frames, final SharedCount count) throws Exception
    {
        if (Kind.RECYCLED == kind)
        {
            recycle();
        }
        final Thread flusher = start(this::flush, "flush");
        if (Kind.OVERLAPPED == kind)
        {
            start(this::writeFilled, "write");
        }
        for (int frame = 0; frame < frames; frame++)
        {
            if (0 == frame % FRAMES_PER_SEGMENT)
            {
                open(frame / FRAMES_PER_SEGMENT);
            }
            final long startNs = System.nanoTime();
            write(frame);
            Latencies.record(histogram, System.nanoTime() - startNs);
            count.set(frame);
        }
        awaitWritten();
        isDone = true;
        flusher.join();
        file.force(false);
        if (null != map)
        {
            map.force();
        }
    }

    private Thread start(final ThrowingRunnable runnable, final String name)
    {
        final Thread thread = new Thread(() ->
        {
            try
            {
                runnable.run();
            }
            catch (final IOException | InterruptedException ex)
            {
                ex.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private interface ThrowingRunnable
    {
        void run() throws IOException, InterruptedException;
    }

    private void recycle() throws IOException
    {
        final ByteBuffer zeros = ByteBuffer.allocateDirect(FRAME_BYTES);
        try (FileChannel channel = FileChannel.open(
            folder.resolve("recycled"), StandardOpenOption.CREATE, StandardOpenOption.WRITE))
        {
            for (int i = 0; i < FRAMES_PER_SEGMENT; i++)
            {
                channel.write(zeros.clear());
            }
            channel.force(true);
        }
    }

    private void open(final int segment) throws IOException, InterruptedException
    {
        if (null != file && Kind.RECYCLED == kind)
        {
            file.position(0);
            return;
        }
        awaitWritten();
        final Path path = folder.resolve(Kind.RECYCLED == kind ? "recycled" : segment + ".log");
        final List<OpenOption> options = kind.isDirect() ?
            List.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT) :
            List.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ);
        final FileChannel next = FileChannel.open(path, options.toArray(OpenOption[]::new));
        if (null != file)
        {
            file.force(false);
            // What is complete is not needed: the disk does not fill.
            Files.delete(folder.resolve(segment - 1 + ".log"));
        }
        if (Kind.MMAP == kind)
        {
            if (null != map)
            {
                map.force();
            }
            map = next.map(FileChannel.MapMode.READ_WRITE, 0, (long)FRAMES_PER_SEGMENT * FRAME_BYTES);
        }
        file = next;
    }

    /** All buffers are back. */
    private void awaitWritten() throws InterruptedException
    {
        final ByteBuffer[] all = new ByteBuffer[BUFFERS];
        for (int i = 0; i < BUFFERS; i++)
        {
            all[i] = free.take();
        }
        free.addAll(List.of(all));
    }

    private void write(final int frame) throws IOException, InterruptedException
    {
        final int first = frame % FRAMES_IN_MEMORY * FRAGMENTS;
        switch (kind)
        {
            case MMAP:
                map.position(frame % FRAMES_PER_SEGMENT * FRAME_BYTES);
                copy(first, map);
                break;

            case DIRECT:
            case OVERLAPPED:
                final ByteBuffer buffer = free.take();
                copy(first, buffer.rewind());
                buffer.rewind();
                if (Kind.OVERLAPPED == kind)
                {
                    filled.put(buffer);
                }
                else
                {
                    writeFully(buffer);
                    free.put(buffer);
                }
                break;

            default:
                gather(first);
                break;
        }
    }

    private void copy(final int first, final ByteBuffer target)
    {
        for (int i = first; i < first + FRAGMENTS; i++)
        {
            target.put(memory[i].rewind());
        }
    }

    private void gather(final int first) throws IOException
    {
        for (int i = first; i < first + FRAGMENTS; i++)
        {
            memory[i].rewind();
        }
        for (long bytes = 0; bytes < FRAME_BYTES;)
        {
            bytes += file.write(memory, first, FRAGMENTS);
        }
    }

    private void writeFully(final ByteBuffer buffer) throws IOException
    {
        while (buffer.hasRemaining())
        {
            file.write(buffer);
        }
    }

    private void writeFilled() throws IOException, InterruptedException
    {
        while (true)
        {
            final ByteBuffer buffer = filled.take();
            writeFully(buffer);
            free.put(buffer);
        }
    }

    private void flush() throws IOException, InterruptedException
    {
        while (!isDone)
        {
            Thread.sleep(Kind.PACED == kind ? 1 : FLUSH_INTERVAL_MS);
            final FileChannel channel = file;
            if (null != channel)
            {
                channel.force(false);
            }
        }
    }
}
