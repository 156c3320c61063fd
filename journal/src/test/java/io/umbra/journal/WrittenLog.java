package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A log of several segments, epochs and transactions, as it is at a kill: files as they were, nothing closed; and the
 * same log when it is closed in order. Recovery tests damage the former and compare with the latter.
 */
final class WrittenLog implements AutoCloseable
{
    final Path root;
    final List<ByteBuffer> batches;
    final long recoveryPoint;
    final long recoveryDigest;
    final Path crashed;
    /** How long the index files were that the last whole flush has forced, by name. */
    final Map<Path, Long> forcedIndexBytes = new HashMap<>();
    private final Path closed;
    private final long stateInterval;
    private int copies;

    WrittenLog(final long seed, final int count, final int flushedBatches, final long stateInterval) throws Exception
    {
        this.stateInterval = stateInterval;
        root = Files.createTempDirectory("written-log");
        batches = TestBatches.generate(seed, count);
        closed = Files.createDirectories(root.resolve("closed"));
        final PartitionLog log = PartitionLog.open(context(closed));
        TestLogs.append(log, batches.subList(0, flushedBatches / 2));
        TestLogs.flush(log);
        TestLogs.append(log, batches.subList(flushedBatches / 2, flushedBatches));
        TestLogs.flush(log);
        recoveryPoint = log.recoveryPoint();
        recoveryDigest = log.recoveryDigest();
        for (final Path file : indexes(closed))
        {
            forcedIndexBytes.put(file.getFileName(), Files.size(file));
        }
        final int middle = (flushedBatches + batches.size()) / 2;
        TestLogs.append(log, batches.subList(flushedBatches, middle));
        TestLogs.flushLog(log);
        TestLogs.append(log, batches.subList(middle, batches.size()));
        crashed = root.resolve("crashed");
        TestLogs.copy(closed, crashed);
        log.close();
    }

    PartitionLogContext context(final Path journal)
    {
        return TestLogs.context(journal).stateIntervalBytes(stateInterval);
    }

    /** The context for what was left, with what the checkpoints say. */
    PartitionLogContext recovery(final Path journal)
    {
        return context(journal).recoveryPoint(recoveryPoint).knownDigest(recoveryPoint, recoveryDigest);
    }

    long endOffset()
    {
        return TestLogs.endOffset(batches);
    }

    long digest()
    {
        return TestLogs.digest(batches);
    }

    Path copyOfCrashed() throws IOException
    {
        final Path copy = root.resolve("copy" + copies++);
        TestLogs.copy(crashed, copy);
        return copy;
    }

    /** Offset and time indexes of all segments. */
    static List<Path> indexes(final Path journal) throws IOException
    {
        final List<Path> indexes = files(journal, ".index");
        indexes.addAll(files(journal, ".timeindex"));
        return indexes;
    }

    static Path partition(final Path journal)
    {
        return journal.resolve("orders-3");
    }

    static List<Path> files(final Path journal, final String suffix) throws IOException
    {
        final List<Path> files = new ArrayList<>();
        for (final String name : TestLogs.files(partition(journal)).keySet())
        {
            if (name.endsWith(suffix))
            {
                files.add(partition(journal).resolve(name));
            }
        }
        return files;
    }

    /** What was recovered is a prefix, and all that goes with it agrees. */
    int assertIsPrefix(final PartitionLog log) throws IOException
    {
        final List<ByteBuffer> read = TestLogs.read(log.directory());
        assertTrue(read.size() <= batches.size(), () -> "more batches than were written: " + log.recoveryReport());
        TestLogs.assertPrefix(batches, read);
        final List<ByteBuffer> prefix = batches.subList(0, read.size());
        assertEquals(TestLogs.endOffset(prefix), log.endOffset());
        assertEquals(TestLogs.digest(prefix), log.digest());
        assertEquals(log.endOffset(), log.durableOffset());
        assertEquals(log.digest(), log.durableDigest());
        assertEquals(
            prefix.isEmpty() ? -1 : TestBatches.header(prefix.get(prefix.size() - 1)).leaderEpoch, log.lastEpoch());
        return read.size();
    }

    /** Written on from where it was recovered, the log is what it would have been without the crash: in every file. */
    void assertContinues(final PartitionLog log, final int from) throws Exception
    {
        TestLogs.append(log, batches.subList(from, batches.size()));
        assertEquals(digest(), log.digest());
        log.close();
        TestLogs.assertSameFiles(
            partition(closed), log.directory(), !log.recoveryReport().has(RecoveryReport.Kind.MISSING_DIGESTS));
    }

    @Override
    public void close() throws IOException
    {
        TestLogs.delete(root);
    }
}
