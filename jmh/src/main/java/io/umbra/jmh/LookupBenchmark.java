package io.umbra.jmh;

import io.umbra.journal.AppendResult;
import io.umbra.journal.BatchBytes;
import io.umbra.journal.InvalidBatchException;
import io.umbra.journal.LogReader;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A batch by its offset, anywhere in a log of 256 MiB: the segment, its index, the batches after the index entry.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LookupBenchmark
{
    private static final int FRAMES = 256;
    private static final int FRAME_BYTES = 1 << 20;
    private static final int BATCH_RECORDS = 16;

    private final SplittableRandom random = new SplittableRandom(1);
    private Path directory;
    private LogReader reader;
    private long endOffset;

    /**
     * Writes the log.
     *
     * @throws IOException           if it cannot be written.
     * @throws InvalidBatchException not here.
     */
    @Setup(Level.Trial)
    public void setUp() throws IOException, InvalidBatchException
    {
        directory = Files.createTempDirectory("umbra-lookup");
        final ByteBuffer frame = SampleBatches.frame(FRAME_BYTES, BATCH_RECORDS, 1024);
        final BatchBytes bytes = new BatchBytes();
        final Path partition;
        try (PartitionLog log = PartitionLog.open(new PartitionLogContext()
            .journalDir(directory)
            .partition("bench", 0)
            .topicId(new UUID(1, 2))
            .segmentBytes(FRAMES / 8 * FRAME_BYTES)))
        {
            for (int i = 0; i < FRAMES; i++)
            {
                endOffset = SampleBatches.rebase(
                    frame, endOffset, BATCH_RECORDS, SampleBatches.batchBytes(frame));
                bytes.reset();
                bytes.add(frame, 0, frame.limit());
                log.append(bytes, new AppendResult());
            }
            endOffset = log.endOffset();
            partition = log.directory();
        }
        reader = LogReader.open(partition);
    }

    /**
     * Remove it.
     *
     * @throws IOException if it cannot be removed.
     */
    @TearDown(Level.Trial)
    public void tearDown() throws IOException
    {
        reader.close();
        try (Stream<Path> files = Files.walk(directory))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.delete(file);
            }
        }
    }

    /**
     * One batch.
     *
     * @return its base offset.
     * @throws IOException not here.
     */
    @Benchmark
    public long seekAndRead() throws IOException
    {
        reader.seek(random.nextLong(endOffset));
        return reader.next().baseOffset();
    }
}
