package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The checks of {@link PartitionLogFuzzTest} on inputs that Jazzer makes of those that have reached something new:
 * {@code mvn verify -Pfuzz}. Each comes to the same log, for one that is refused has changed nothing. The first two
 * bytes of an input say how the others get there.
 */
public final class PartitionLogFuzzer
{
    private static final int ARE_CHECKSUMS_RIGHT = 1;
    private static final int IS_CHUNKED = 2;
    private static final long START = 1_000;
    private static final int HELD = 3;
    private static final int SEEDS = 40;
    private static final List<ByteBuffer> SOURCE = new TestBatches(17, START).add(HELD + SEEDS / 4).batches();
    private static final AppendResult RESULT = new AppendResult();
    private static Path dir;
    private static PartitionLog log;

    private PartitionLogFuzzer()
    {
    }

    /**
     * Begins, with something to start from in the folder that the system property {@code umbra.fuzz.corpus} names.
     *
     * @throws Exception if that cannot be written.
     */
    public static void fuzzerInitialize() throws Exception
    {
        dir = Files.createTempDirectory("umbra-fuzz-");
        openLog();
        final Path corpus = Files.createDirectories(Path.of(System.getProperty("umbra.fuzz.corpus")));
        for (int i = 0; i < SEEDS; i++)
        {
            final byte[] batches = TestLogs.concatenated(SOURCE.subList(HELD, HELD + 1 + i / 4));
            final byte[] seed = new byte[2 + batches.length];
            seed[0] = (byte)(i % 4);
            seed[1] = (byte)(13 * i);
            System.arraycopy(batches, 0, seed, 2, batches.length);
            Files.write(corpus.resolve("seed-" + i), seed);
        }
    }

    /**
     * Ends.
     *
     * @throws IOException if what is left cannot be deleted.
     */
    public static void fuzzerTearDown() throws IOException
    {
        log.close();
        TestLogs.delete(dir);
    }

    private static void openLog() throws Exception
    {
        log = PartitionLog.open(TestLogs.context(dir));
        log.startAt(START);
        TestLogs.append(log, SOURCE.subList(0, HELD));
    }

    /**
     * Tries one.
     *
     * @param input whatever Jazzer thinks of.
     * @throws Exception if the file system fails.
     */
    public static void fuzzerTestOneInput(final byte[] input) throws Exception
    {
        if (input.length < 2)
        {
            return;
        }
        final byte[] bytes = Arrays.copyOfRange(input, 2, input.length);
        if (0 != (input[0] & ARE_CHECKSUMS_RIGHT))
        {
            PartitionLogFuzzTest.repairChecksums(bytes);
        }
        final long endOffset = log.endOffset();
        final long digest = log.digest();
        final int epoch = log.lastEpoch();
        final long size = log.sizeInBytes();
        final int taken = append(bytes, 0 == (input[0] & IS_CHUNKED) ? bytes.length : 1 + (input[1] & 0xff));
        if (taken > 0)
        {
            PartitionLogFuzzTest.assertValid(log, Arrays.copyOf(bytes, taken), endOffset, false, epoch);
            assertEquals(size + taken, log.sizeInBytes());
            assertSurvivesAndBegin();
        }
        else
        {
            assertEquals(endOffset, log.endOffset());
            assertEquals(digest, log.digest());
            assertEquals(epoch, log.lastEpoch());
            assertEquals(size, log.sizeInBytes());
        }
    }

    /** Returns how many bytes were taken; 0 for none. */
    private static int append(final byte[] bytes, final int chunk) throws IOException
    {
        try
        {
            if (chunk >= bytes.length)
            {
                log.append(slice(bytes, 0, bytes.length), RESULT);
                return bytes.length;
            }
            final int claimed = bytes.length < BatchHeader.LOG_OVERHEAD ?
                bytes.length : ByteBuffer.wrap(bytes).getInt(8) + BatchHeader.LOG_OVERHEAD;
            for (int from = 0; from < bytes.length; from += chunk)
            {
                final int length = Math.min(chunk, bytes.length - from);
                if (log.appendChunk(slice(bytes, from, length), from, claimed, RESULT))
                {
                    return from + length;
                }
            }
            log.abandonChunks();
            return 0;
        }
        catch (final InvalidBatchException ex)
        {
            return 0;
        }
    }

    private static BatchBytes slice(final byte[] bytes, final int from, final int length)
    {
        final BatchBytes slice = new BatchBytes();
        if (length > 0)
        {
            slice.add(ByteBuffer.wrap(bytes), from, length);
        }
        return slice;
    }

    private static void assertSurvivesAndBegin() throws Exception
    {
        final long endOffset = log.endOffset();
        final long digest = log.digest();
        log.close();
        try (PartitionLog opened = PartitionLog.open(TestLogs.context(dir)))
        {
            assertTrue(opened.recoveryReport().isClean(), opened.recoveryReport()::toString);
            assertEquals(endOffset, opened.endOffset());
            assertEquals(digest, opened.digest());
        }
        TestLogs.delete(dir);
        Files.createDirectory(dir);
        openLog();
    }
}
