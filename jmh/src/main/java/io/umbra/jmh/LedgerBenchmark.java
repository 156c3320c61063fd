package io.umbra.jmh;

import io.umbra.journal.ledger.Ledger;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerPartition;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One commit into the ledger, room ensured as the JournalAgent does it.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.SampleTime, Mode.Throughput})
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class LedgerBenchmark
{
    private Path directory;
    private Ledger ledger;
    private long offset;

    /**
     * A new ledger.
     *
     * @throws IOException if it cannot be made.
     */
    @Setup(Level.Trial)
    public void setUp() throws IOException
    {
        directory = Files.createTempDirectory("umbra-ledger");
        ledger = Ledger.open(new LedgerContext().ledgerDirectory(directory).nodeId(0).shard(0));
        ledger.partitionOpened(0, new LedgerPartition("bench", 0, new UUID(1, 2)), 0, 0, 0, 0);
    }

    /**
     * Remove it.
     *
     * @throws IOException if it cannot be removed.
     */
    @TearDown(Level.Trial)
    public void tearDown() throws IOException
    {
        ledger.close();
        try (Stream<Path> files = Files.walk(directory))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.delete(file);
            }
        }
    }

    /**
     * One commit.
     *
     * @return the next offset.
     * @throws IOException if the disk is full.
     */
    @Benchmark
    public long commit() throws IOException
    {
        ledger.ensureRoom();
        ledger.commit(0, 1, 0, 1, offset, offset, 0, 0, 1024, 1, offset, offset, 0, 0);
        return ++offset;
    }
}
