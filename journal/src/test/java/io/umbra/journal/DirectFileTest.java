package io.umbra.journal;

import com.sun.nio.file.ExtendedOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Appends that go past the page cache, between others that do not. */
class DirectFileTest
{
    private static final int FRAGMENT = 65_472;
    private static final int DIRECT_BYTES = 16 * 1024;
    private static final int[] SIZES = {
        100, 4095, 4096, 4097, 8192, DIRECT_BYTES - 1, DIRECT_BYTES, DIRECT_BYTES + 1,
        200_000, 1 << 20, (4 << 20) - 256, (4 << 20) + 200_000, 6 << 20};

    @TempDir
    private Path dir;

    private final BatchBytes bytes = new BatchBytes();
    private final AppendResult result = new AppendResult();
    private final List<ByteBuffer> batches = new ArrayList<>();
    private int directOpens;

    private PartitionLogContext context(final Path journal)
    {
        return TestLogs.context(journal).segmentBytes(32 << 20).directWriteBytes(DIRECT_BYTES)
            .segmentFiles(this::open);
    }

    private FileChannel open(final Path path, final OpenOption... options) throws IOException
    {
        directOpens += List.of(options).contains(ExtendedOpenOption.DIRECT) ? 1 : 0;
        return FileChannel.open(path, options);
    }

    /** As a frame lies in an IPC stream. */
    private BatchBytes inFragments(final ByteBuffer... frame)
    {
        bytes.reset();
        for (final ByteBuffer batch : frame)
        {
            for (int at = 0; at < batch.limit(); at += FRAGMENT)
            {
                bytes.add(batch, at, Math.min(FRAGMENT, batch.limit() - at));
            }
        }
        return bytes;
    }

    private ByteBuffer next(final int size)
    {
        final ByteBuffer batch = TestBatches.ofSize(TestLogs.endOffset(batches), 0, size);
        batches.add(batch);
        return batch;
    }

    private void assertOnDisk(final PartitionLog log) throws IOException
    {
        assertArrayEquals(TestLogs.concatenated(batches), TestLogs.concatenatedLogs(log.directory()));
    }

    @Test
    void aReaderSeesEveryAppendAtOnceWhateverItsSize() throws Exception
    {
        final SplittableRandom random = new SplittableRandom(42);
        try (PartitionLog log = PartitionLog.open(context(dir)))
        {
            for (int i = 0; i < 60; i++)
            {
                log.append(inFragments(next(SIZES[random.nextInt(SIZES.length)])), result);
                assertOnDisk(log);
                if (i % 7 == 0)
                {
                    TestLogs.flush(log);
                }
            }
            assertTrue(log.sizeInBytes() > 32 << 20, "no segment was full");
        }
        assertTrue(directOpens > 1);
        try (PartitionLog log = PartitionLog.open(context(dir).tailCheckBytes(Integer.MAX_VALUE)))
        {
            assertEquals(List.of(), log.recoveryReport().findings());
            assertEquals(TestLogs.endOffset(batches), log.endOffset());
            assertEquals(TestLogs.digest(batches), log.digest());
        }
    }

    @Test
    void framesOfManyBatchesAndChunksOfOneGoTheSameWay() throws Exception
    {
        try (PartitionLog log = PartitionLog.open(context(dir)))
        {
            log.append(inFragments(next(300), next(70_000), next(1000), next(65_536)), result);
            assertOnDisk(log);
            final ByteBuffer large = next(9_000_001);
            for (int at = 0; at < large.limit(); at += 3_000_000)
            {
                bytes.reset();
                bytes.add(large, at, Math.min(3_000_000, large.limit() - at));
                assertEquals(at + bytes.length() == large.limit(), log.appendChunk(bytes, at, large.limit(), result));
            }
            assertOnDisk(log);
            log.append(inFragments(next(20_000)), result);
            assertOnDisk(log);
        }
    }

    @Test
    void aFlippedBitIsFoundInWhatIsStaged() throws Exception
    {
        try (PartitionLog log = PartitionLog.open(context(dir)))
        {
            log.append(inFragments(next(50_001)), result);
            final ByteBuffer bad = TestBatches.ofSize(log.endOffset(), 0, 700_000);
            bad.put(650_000, (byte)(bad.get(650_000) ^ 1));
            assertThrows(InvalidBatchException.class, () -> log.append(inFragments(bad), result));
            assertOnDisk(log);
            log.append(inFragments(next(700_000)), result);
            assertOnDisk(log);
        }
    }

    @Test
    void aFullDiskLeavesTheLogAsItWas() throws Exception
    {
        final TestFiles files = new TestFiles();
        try (PartitionLog log = PartitionLog.open(context(dir).segmentFiles(files)))
        {
            log.append(inFragments(next(50_001)), result);
            final ByteBuffer batch = TestBatches.ofSize(log.endOffset(), 0, 500_000);
            // Not even a block; whole blocks; all but what is left beyond the last block.
            for (final int room : new int[] {0, 100, 4096, 400_000 / 4096 * 4096, 497_000})
            {
                files.writable(room);
                assertThrows(IOException.class, () -> log.append(inFragments(batch), result));
                assertOnDisk(log);
            }
            files.writable(Long.MAX_VALUE);
            batches.add(batch);
            log.append(inFragments(batch), result);
            assertOnDisk(log);
        }
    }

    @Test
    void aFileSystemWithoutDirectAccessIsWrittenTheOrdinaryWay() throws Exception
    {
        final SegmentFiles refusing = (path, options) ->
        {
            if (List.of(options).contains(ExtendedOpenOption.DIRECT))
            {
                throw new IOException("Invalid argument");
            }
            return FileChannel.open(path, options);
        };
        try (PartitionLog log = PartitionLog.open(context(dir).segmentFiles(refusing)))
        {
            for (final int size : SIZES)
            {
                log.append(inFragments(next(size)), result);
                assertOnDisk(log);
            }
        }
    }

    @Test
    void sharedMemoryIsWrittenToo() throws Exception
    {
        final Path memory = Path.of("/dev/shm");
        final Path journal = Files.createTempDirectory(Files.isDirectory(memory) ? memory : dir, "umbra-direct");
        try (PartitionLog log = PartitionLog.open(context(journal)))
        {
            log.append(inFragments(next(300_000)), result);
            log.append(inFragments(next(300_001)), result);
            assertOnDisk(log);
        }
        finally
        {
            TestLogs.delete(journal);
        }
    }
}
