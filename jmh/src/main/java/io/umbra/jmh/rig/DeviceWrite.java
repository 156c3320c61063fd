package io.umbra.jmh.rig;

import com.sun.nio.file.ExtendedOpenOption;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What the device takes, written as the journal writes: writes of 1 MiB past the page cache to the ends of as many
 * files as there are partitions, in turns, and every 100 ms a second thread that makes durable what has come. Nothing
 * is read, validated or indexed.
 */
public final class DeviceWrite
{
    private static final int FRAME_BYTES = 1 << 20;
    private static final int ALIGNMENT = 4096;
    private static final long FLUSH_INTERVAL_MS = 100;

    private DeviceWrite()
    {
    }

    /**
     * Writes until all is durable.
     *
     * @param args folder, number of files, MiB to write, records that these stand for, file of the shared count.
     * @throws Exception if a file cannot be written.
     */
    public static void main(final String[] args) throws Exception
    {
        final Path folder = Path.of(args[0]);
        final FileChannel[] files = new FileChannel[Integer.parseInt(args[1])];
        final long frames = Long.parseLong(args[2]);
        final long records = Long.parseLong(args[3]);
        final SharedCount count = new SharedCount(Path.of(args[4]));
        for (int i = 0; i < files.length; i++)
        {
            files[i] = FileChannel.open(folder.resolve(i + ".log"), StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
        }
        final ByteBuffer frame = frame();
        final long[] written = new long[1];
        final boolean[] isDone = new boolean[1];
        final Thread flusher = new Thread(() -> flush(files, written, isDone, frames, records, count), "flush");
        flusher.start();
        for (int i = 0; i < frames; i++)
        {
            write(files[i % files.length], frame);
            synchronized (written)
            {
                written[0]++;
            }
        }
        synchronized (written)
        {
            isDone[0] = true;
        }
        flusher.join();
        // The benchmark reads what this process has taken, and ends it.
        new CountDownLatch(1).await();
    }

    private static ByteBuffer frame()
    {
        final byte[] bytes = new byte[FRAME_BYTES];
        new Random(1).nextBytes(bytes);
        return ByteBuffer.allocateDirect(FRAME_BYTES + ALIGNMENT).alignedSlice(ALIGNMENT).limit(FRAME_BYTES)
            .put(bytes);
    }

    private static void write(final FileChannel file, final ByteBuffer frame) throws IOException
    {
        frame.rewind();
        while (frame.hasRemaining())
        {
            file.write(frame);
        }
    }

    private static void flush(
        final FileChannel[] files,
        final long[] written,
        final boolean[] isDone,
        final long frames,
        final long records,
        final SharedCount count)
    {
        try
        {
            boolean isLast = false;
            while (!isLast)
            {
                TimeUnit.MILLISECONDS.sleep(FLUSH_INTERVAL_MS);
                final long upTo;
                synchronized (written)
                {
                    upTo = written[0];
                    isLast = isDone[0];
                }
                for (final FileChannel file : files)
                {
                    file.force(false);
                }
                count.set(records * upTo / frames);
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
