package io.umbra.journal;

import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Bytes that are almost what may come next in a log, or not at all. Either they are refused and nothing has changed, in
 * memory or on disk, or they are batches that Kafka's own check accepts and that continue the log; and a log of them
 * can be opened again. {@code -Dumbra.fuzz.tries} and {@code -Dumbra.fuzz.seed} say how many, and which.
 */
class PartitionLogFuzzTest
{
    private static final long SEED = Long.getLong("umbra.fuzz.seed", 20_261_124);
    private static final long TRIES = Long.getLong("umbra.fuzz.tries", 6_000);
    private static final long SOAK_TRIES = 5_000_000;

    private static final int TRIES_PER_LOG = 60;
    private static final int MOST_FINDINGS = 8;
    private static final int MOST_AT_ONCE = 3;
    private static final int KINDS = 9;
    private static final int SOURCE_BATCHES = 20;
    private static final long LAST_OFFSET = 1L << 60;
    private static final int LAST_EPOCH = 1 << 30;
    private static final int EPOCH_POSITION = 12;
    private static final int CRC_POSITION = 17;
    /** Base offset, length, leader epoch, magic, CRC, attributes, last offset delta, times, producer, count. */
    private static final int[] FIELDS = {0, 4, 8, 12, 16, 17, 21, 23, 27, 35, 43, 47, 51, 53, 57, 61, 65};
    private static final int[] INTERESTING = {
        0, 1, -1, 2, 12, 47, 48, 49, 50, 60, 61, 62, 127, 128, 255, 1 << 16, 1 << 20, 1 << 30,
        Integer.MAX_VALUE, Integer.MAX_VALUE - 11, Integer.MAX_VALUE - 12, Integer.MAX_VALUE - 13, Integer.MIN_VALUE};

    @TempDir
    private Path journal;

    private final AppendResult result = new AppendResult();
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private Random random;
    private PartitionLog log;
    private List<ByteBuffer> source;
    private int next;
    /** Whether the bytes were handed over as a peer would do it that is not mistaken. */
    private boolean isFair;
    private long accepted;
    private long refused;

    @Test
    void whateverComesIsRefusedOrValid() throws Exception
    {
        run(TRIES, SEED);
        assertTrue(
            accepted > TRIES / 10 && refused > TRIES / 10, () -> accepted + " accepted, " + refused + " refused");
    }

    @Test
    @Tag("soak")
    void whateverComesIsRefusedOrValidAtLength() throws Exception
    {
        run(SOAK_TRIES, System.nanoTime());
    }

    private void run(final long tries, final long seed)
    {
        final List<Throwable> findings = new ArrayList<>();
        for (long i = 0; i < tries && findings.size() < MOST_FINDINGS; i += TRIES_PER_LOG)
        {
            try
            {
                fuzz(seed + i);
            }
            catch (final Exception | AssertionError ex)
            {
                findings.add(new AssertionError("seed " + (seed + i) + ": " + ex, ex));
            }
        }
        if (!findings.isEmpty())
        {
            final AssertionError failure = new AssertionError(findings.toString(), findings.get(0));
            findings.stream().skip(1).forEach(failure::addSuppressed);
            throw failure;
        }
    }

    private void fuzz(final long seed) throws Exception
    {
        random = new Random(seed);
        final Path dir = Files.createDirectory(journal.resolve("log-" + seed));
        final long start = random.nextBoolean() ? 0 : random.nextInt(1000);
        held.reset();
        log = PartitionLog.open(TestLogs.context(dir).segmentBytes(2_500));
        log.startAt(start);
        continueSource();
        for (int i = 0; i < TRIES_PER_LOG && log.endOffset() < LAST_OFFSET && log.lastEpoch() < LAST_EPOCH; i++)
        {
            attempt();
        }
        final long endOffset = log.endOffset();
        final long digest = log.digest();
        assertArrayEquals(held.toByteArray(), TestLogs.concatenatedLogs(log.directory()));
        log.close();
        try (PartitionLog opened = PartitionLog.open(TestLogs.context(dir).segmentBytes(2_500)))
        {
            assertTrue(opened.recoveryReport().isClean(), opened.recoveryReport()::toString);
            assertEquals(endOffset, opened.endOffset());
            assertEquals(digest, opened.digest());
        }
        TestLogs.delete(dir);
    }

    /** Batches that may come next, whatever the log holds. The leader epoch is not covered by the CRC. */
    private void continueSource()
    {
        source = new TestBatches(random.nextLong(), log.endOffset()).add(SOURCE_BATCHES).batches();
        next = 0;
        final int epoch = Math.max(0, log.lastEpoch());
        source.forEach((batch) -> batch.putInt(EPOCH_POSITION, batch.getInt(EPOCH_POSITION) + epoch));
    }

    private void attempt() throws Exception
    {
        if (next == source.size())
        {
            continueSource();
        }
        final int count = Math.min(1 + random.nextInt(3), source.size() - next);
        final byte[] genuine = TestLogs.concatenated(source.subList(next, next + count));
        final byte[] bytes = random.nextInt(4) == 0 ? genuine : mutated(genuine);
        final long endOffset = log.endOffset();
        final boolean wasEmpty = log.isEmpty();
        final long digest = log.digest();
        final int epoch = log.lastEpoch();
        try
        {
            final int length = append(bytes);
            if (length > 0)
            {
                final byte[] taken = Arrays.copyOf(bytes, length);
                accepted++;
                assertValid(taken, endOffset, wasEmpty, epoch);
                held.writeBytes(taken);
                next += count;
                if (!Arrays.equals(taken, genuine))
                {
                    continueSource();
                }
                return;
            }
            log.abandonChunks();
        }
        catch (final InvalidBatchException ex)
        {
            assertTrue(!isFair || !Arrays.equals(bytes, genuine), ex::toString);
        }
        refused++;
        assertEquals(endOffset, log.endOffset());
        assertEquals(digest, log.digest());
        assertEquals(epoch, log.lastEpoch());
        assertEquals(wasEmpty, log.isEmpty());
        assertEquals(held.size(), log.sizeInBytes());
        if (random.nextInt(8) == 0)
        {
            assertArrayEquals(held.toByteArray(), TestLogs.concatenatedLogs(log.directory()));
        }
    }

    /** Whole or, now and then, in chunks, up to the end of a batch; returns how many bytes were taken. */
    private int append(final byte[] bytes) throws Exception
    {
        isFair = true;
        if (random.nextInt(4) > 0)
        {
            log.append(sliced(bytes, 0, bytes.length), result);
            return bytes.length;
        }
        // A peer that cuts a batch into chunks goes by the length in its header, and may be wrong about it.
        final int claimed = bytes.length < BatchHeader.LOG_OVERHEAD || random.nextInt(8) == 0 ?
            interesting() : ByteBuffer.wrap(bytes).getInt(8) + BatchHeader.LOG_OVERHEAD;
        isFair = claimed == bytes.length;
        int from = 0;
        while (from < bytes.length)
        {
            final int least = from == 0 && random.nextInt(8) > 0 ? BatchHeader.SIZE : 1;
            final int length = Math.min(bytes.length - from, least + random.nextInt(100));
            final int offset = random.nextInt(20) == 0 ? interesting() : from;
            isFair &= offset == from && (from > 0 || length >= BatchHeader.SIZE);
            from += length;
            if (log.appendChunk(sliced(bytes, from - length, length), offset, claimed, result))
            {
                return from;
            }
        }
        return 0;
    }

    /** In pieces that lie somewhere in buffers, as they do in a stream. */
    private BatchBytes sliced(final byte[] bytes, final int from, final int length)
    {
        final BatchBytes list = new BatchBytes();
        int at = from;
        while (at < from + length)
        {
            final int some = Math.min(from + length - at, 1 + random.nextInt(random.nextBoolean() ? 40 : 4_000));
            final int margin = random.nextInt(3);
            final ByteBuffer buffer = ByteBuffer.allocate(some + 2 * margin).put(margin, bytes, at, some);
            list.add(buffer, margin, some);
            at += some;
        }
        return list;
    }

    private void assertValid(final byte[] bytes, final long endOffset, final boolean wasEmpty, final int lastEpoch)
    {
        assertValid(log, bytes, endOffset, wasEmpty, lastEpoch);
    }

    /** What a log has taken is what Kafka's own classes take for the next batches of it. */
    static void assertValid(
        final PartitionLog log, final byte[] bytes, final long endOffset, final boolean wasEmpty, final int lastEpoch)
    {
        long expected = endOffset;
        int epoch = lastEpoch;
        int size = 0;
        boolean isFirst = wasEmpty;
        for (final MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches())
        {
            assertInstanceOf(DefaultRecordBatch.class, batch);
            batch.ensureValid();
            assertEquals(RecordBatch.MAGIC_VALUE_V2, batch.magic());
            assertTrue(isFirst ? batch.lastOffset() >= expected : batch.baseOffset() >= expected);
            assertTrue(batch.lastOffset() >= batch.baseOffset() && batch.baseOffset() >= 0);
            assertTrue(batch.partitionLeaderEpoch() >= epoch);
            expected = batch.lastOffset() + 1;
            epoch = batch.partitionLeaderEpoch();
            size += batch.sizeInBytes();
            isFirst = false;
        }
        assertEquals(bytes.length, size);
        assertEquals(expected, log.endOffset());
        assertEquals(epoch, log.lastEpoch());
    }

    private int interesting()
    {
        return random.nextInt(3) == 0 ? random.nextInt() : INTERESTING[random.nextInt(INTERESTING.length)];
    }

    private byte[] mutated(final byte[] genuine)
    {
        byte[] bytes = genuine.clone();
        for (int i = 1 + random.nextInt(MOST_AT_ONCE); i > 0 && bytes.length > 0; i--)
        {
            bytes = mutatedOnce(bytes);
        }
        if (random.nextBoolean())
        {
            // Past the first line of defence.
            repairChecksums(bytes);
        }
        return bytes;
    }

    private byte[] mutatedOnce(final byte[] bytes)
    {
        final int at = random.nextInt(bytes.length);
        switch (random.nextInt(KINDS))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.nextInt(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.nextInt();
                return bytes;
            case 2:
            case 3:
            case 4:
                return field(bytes);
            case 5:
                return Arrays.copyOf(bytes, at);
            case 6:
                return joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(
                    bytes, at + random.nextInt(bytes.length - at), bytes.length));
            case 7:
                return joined(bytes, TestLogs.concatenated(List.of(source.get(random.nextInt(source.size())))));
            default:
                final byte[] noise = new byte[random.nextInt(80)];
                random.nextBytes(noise);
                return joined(joined(Arrays.copyOf(bytes, at), noise), Arrays.copyOfRange(bytes, at, bytes.length));
        }
    }

    private byte[] field(final byte[] bytes)
    {
        final ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int batch = 0;
        while (random.nextBoolean() && hasNext(buffer, batch))
        {
            batch = after(buffer, batch);
        }
        final int position = batch + FIELDS[random.nextInt(FIELDS.length)];
        if (position + Integer.BYTES <= bytes.length)
        {
            buffer.putInt(position, random.nextInt(3) == 0 ?
                buffer.getInt(position) + random.nextInt(5) - 2 : interesting());
        }
        return bytes;
    }

    private static boolean hasNext(final ByteBuffer buffer, final int batch)
    {
        final int next = batch + BatchHeader.SIZE > buffer.limit() ? -1 : after(buffer, batch);
        return next >= batch + BatchHeader.SIZE && next <= buffer.limit() - BatchHeader.SIZE;
    }

    private static int after(final ByteBuffer buffer, final int batch)
    {
        return batch + BatchHeader.LOG_OVERHEAD + buffer.getInt(batch + 8);
    }

    static void repairChecksums(final byte[] bytes)
    {
        final ByteBuffer buffer = ByteBuffer.wrap(bytes);
        final CRC32C crc = new CRC32C();
        int batch = 0;
        while (batch + BatchHeader.SIZE <= bytes.length)
        {
            final int end = after(buffer, batch);
            if (end < batch + BatchHeader.SIZE || end > bytes.length)
            {
                return;
            }
            crc.reset();
            crc.update(bytes, batch + BatchHeader.CRC_START, end - batch - BatchHeader.CRC_START);
            buffer.putInt(batch + CRC_POSITION, (int)crc.getValue());
            batch = end;
        }
    }

    private static byte[] joined(final byte[] first, final byte[] second)
    {
        final byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
