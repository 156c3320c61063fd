package io.umbra.jmh;

import io.umbra.journal.AppendResult;
import io.umbra.journal.BatchBytes;
import io.umbra.journal.InvalidBatchException;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One frame of 1 MiB into a partition log: validated, appended, indexed; beside it the CRC alone and the bare write,
 * which say what the limits are. Operations per second are MiB per second. The log begins anew every 512 frames, so
 * that the disk does not fill.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class AppendBenchmark
{
    private static final int FRAME_BYTES = 1 << 20;
    private static final int FRAMES_PER_LOG = 512;

    /** Records of 1 KiB in a batch: a producer that lingers, and one that does not. */
    @Param({"16", "1"})
    private int batchRecords;

    private final BatchBytes bytes = new BatchBytes();
    private final AppendResult result = new AppendResult();
    private Path directory;
    private ByteBuffer frame;
    private int batchBytes;
    private long offset;
    private int frames;
    private PartitionLog log;
    private FileChannel bare;

    /**
     * New files.
     *
     * @throws IOException if they cannot be made.
     */
    @Setup(Level.Trial)
    public void setUp() throws IOException
    {
        directory = Files.createTempDirectory("umbra-append");
        frame = SampleBatches.frame(FRAME_BYTES, batchRecords, 1024);
        batchBytes = SampleBatches.batchBytes(frame);
        bare = FileChannel.open(directory.resolve("bare"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        beginLog();
    }

    /**
     * Remove the files.
     *
     * @throws IOException if they cannot be removed.
     */
    @TearDown(Level.Trial)
    public void tearDown() throws IOException
    {
        log.close();
        bare.close();
        delete(directory);
    }

    /**
     * A frame as the JournalAgent has it.
     *
     * @return the rolling digest.
     * @throws IOException           not here.
     * @throws InvalidBatchException not here.
     */
    @Benchmark
    public long append() throws IOException, InvalidBatchException
    {
        if (++frames > FRAMES_PER_LOG)
        {
            log.close();
            delete(log.directory());
            beginLog();
        }
        offset = SampleBatches.rebase(frame, offset, batchRecords, batchBytes);
        slices();
        log.append(bytes, result);
        return result.digest();
    }

    /**
     * The CRC-32C of every batch, which is what validation spends its time on.
     *
     * @return the last one.
     */
    @Benchmark
    public int crc()
    {
        slices();
        int crc = 0;
        for (int position = 0; position < bytes.length(); position += batchBytes)
        {
            crc = bytes.crc32c(position + 21, batchBytes - 21);
        }
        return crc;
    }

    /**
     * The bytes into a file and nothing else: the limit.
     *
     * @return bytes written.
     * @throws IOException not here.
     */
    @Benchmark
    public long bareWrite() throws IOException
    {
        if (++frames > FRAMES_PER_LOG)
        {
            frames = 0;
            bare.truncate(0);
        }
        slices();
        return bytes.writeTo(bare, 0, bytes.length());
    }

    /** Fragments of an IPC stream with the largest mtu. */
    private void slices()
    {
        final int fragment = 65_472;
        bytes.reset();
        for (int position = 0; position < frame.limit(); position += fragment)
        {
            bytes.add(frame, position, Math.min(fragment, frame.limit() - position));
        }
    }

    private void beginLog() throws IOException
    {
        log = PartitionLog.open(new PartitionLogContext()
            .journalDir(directory)
            .partition("bench", 0)
            .topicId(new UUID(1, 2)));
        offset = 0;
        frames = 0;
    }

    private static void delete(final Path path) throws IOException
    {
        try (Stream<Path> files = Files.walk(path))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.delete(file);
            }
        }
    }
}
