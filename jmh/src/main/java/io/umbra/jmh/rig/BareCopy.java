package io.umbra.jmh.rig;

import com.sun.nio.file.ExtendedOpenOption;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The least that any copy onto this device takes: {@link BareFetch}, and a second thread that writes each response as
 * it was received, past the page cache, one after the other into one file, and makes it durable every 100 ms. Nothing
 * is checked, sorted by partition or indexed. Two buffers: one is filled while the other is written.
 */
public final class BareCopy
{
    private static final int ALIGNMENT = 4096;
    private static final int BUFFERS = 2;
    private static final long FLUSH_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final BlockingQueue<Filled> filled = new ArrayBlockingQueue<>(BUFFERS);
    private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(BUFFERS);

    private record Filled(ByteBuffer buffer, long records)
    {
    }

    private BareCopy()
    {
        for (int i = 0; i < BUFFERS; i++)
        {
            free.add(ByteBuffer.allocateDirect(BareFetch.BUFFER_BYTES + ALIGNMENT).alignedSlice(ALIGNMENT));
        }
    }

    /**
     * Runs until all is durable.
     *
     * @param args bootstrap server, topic, number of records in it, file of the shared count, file to write.
     * @throws Exception if the source does not answer as it should, or the file cannot be written.
     */
    public static void main(final String[] args) throws Exception
    {
        final long records = Long.parseLong(args[2]);
        final SharedCount count = new SharedCount(Path.of(args[3]));
        final BareCopy copy = new BareCopy();
        final Thread writer = new Thread(() -> copy.write(Path.of(args[4]), records, count), "write");
        writer.start();
        try (BareFetch fetch = BareFetch.connect(args[0], args[1]))
        {
            long fetched = 0;
            while (fetched < records)
            {
                final ByteBuffer buffer = copy.free.take();
                fetched += fetch.next(buffer, records - fetched);
                copy.filled.put(new Filled(buffer, fetched));
            }
        }
        writer.join();
        // The benchmark reads what this process has taken, and ends it.
        new CountDownLatch(1).await();
    }

    private void write(final Path path, final long records, final SharedCount count)
    {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
            ExtendedOpenOption.DIRECT))
        {
            long flushedNs = System.nanoTime();
            long written = 0;
            while (written < records)
            {
                final Filled next = filled.take();
                final ByteBuffer buffer = next.buffer;
                // Whole blocks: what is left is less than one.
                buffer.position(0).limit(buffer.limit() / ALIGNMENT * ALIGNMENT);
                while (buffer.hasRemaining())
                {
                    file.write(buffer);
                }
                written = next.records;
                free.put(buffer.clear());
                if (written == records || System.nanoTime() - flushedNs > FLUSH_INTERVAL_NS)
                {
                    file.force(false);
                    count.set(written);
                    flushedNs = System.nanoTime();
                }
            }
        }
        catch (final IOException ex)
        {
            ex.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }
}
