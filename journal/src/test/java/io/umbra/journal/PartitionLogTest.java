package io.umbra.journal;

import io.umbra.journal.InvalidBatchException.Reason;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PartitionLogTest
{
    @TempDir
    Path dir;

    private final AppendResult result = new AppendResult();

    private PartitionLog open() throws Exception
    {
        return PartitionLog.open(TestLogs.context(dir));
    }

    @Test
    void theHighestProducerIdOutlivesItsProducer() throws Exception
    {
        final PartitionLogContext ctx = TestLogs.context(dir)
            .clock(() -> TestBatches.TIME + 1_000_000).producerIdExpirationMs(1000);
        try (PartitionLog log = PartitionLog.open(ctx))
        {
            assertEquals(-1, log.highestProducerId());
            TestLogs.append(
                log,
                TestBatches.transactional(0, 0, 77, 3),
                TestBatches.marker(3, 0, 77, true),
                TestBatches.transactional(4, 0, 12, 3),
                TestBatches.plain(7, 0, 5900),
                TestBatches.plain(8, 0, 5900));
            assertEquals(77, log.highestProducerId());
            log.truncateTo(8);
            assertEquals(77, log.highestProducerId());
            log.truncateTo(0);
            assertEquals(77, log.highestProducerId());
        }
    }

    @Test
    void aNewLogIsEmptyAndHasKafkasFiles() throws Exception
    {
        try (PartitionLog log = open())
        {
            assertTrue(log.isEmpty());
            assertTrue(log.recoveryReport().isClean());
            assertEquals(0, log.endOffset());
            assertEquals(0, log.durableOffset());
            assertEquals(-1, log.lastEpoch());
            assertEquals(RollingDigest.SEED, log.digest());
            assertNull(log.prepareFlush());
            assertTrue(Files.exists(log.directory().resolve("00000000000000000000.log")));
            assertEquals(
                "version: 0\ntopic_id: ASNFZ4mrze8P7cuph2VDIQ",
                Files.readString(log.directory().resolve("partition.metadata")));
            assertEquals("0\n0\n", Files.readString(log.directory().resolve("leader-epoch-checkpoint")));
        }
    }

    @Test
    void whatIsAppendedIsThereByteForByte() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(1, 300);
        try (PartitionLog log = open())
        {
            long position = 0;
            long digest = RollingDigest.SEED;
            for (final ByteBuffer batch : batches)
            {
                final BatchHeader header = TestBatches.header(batch);
                final boolean rolls = position + batch.remaining() > TestLogs.SEGMENT_BYTES;
                log.append(TestBatches.bytes(batch), result);
                position = rolls ? 0 : position;
                digest = RollingDigest.update(digest, header);
                assertEquals(header.baseOffset, result.baseOffset());
                assertEquals(header.lastOffset(), result.lastOffset());
                assertEquals(header.leaderEpoch, result.lastEpoch());
                assertEquals(header.count, result.records());
                assertEquals(1, result.batches());
                assertEquals(batch.remaining(), result.length());
                assertEquals(position, result.filePosition());
                assertEquals(header.maxTimestamp, result.maxTimestamp());
                assertEquals(digest, result.digest());
                assertEquals(header.lastOffset() + 1, log.endOffset());
                position += batch.remaining();
            }
            assertEquals(TestLogs.concatenated(batches).length, log.sizeInBytes());
            assertEquals(0, log.durableOffset());
            TestLogs.flush(log);
            assertEquals(log.endOffset(), log.durableOffset());
            assertEquals(log.digest(), log.durableDigest());
        }
        final Path partition = dir.resolve("orders-3");
        assertArrayEquals(TestLogs.concatenated(batches), TestLogs.concatenatedLogs(partition));
        assertEquals(batches, TestLogs.read(partition));
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir).recoveryPoint(TestLogs.endOffset(batches))))
        {
            assertTrue(log.recoveryReport().isClean(), log.recoveryReport().toString());
            assertEquals(TestLogs.endOffset(batches), log.endOffset());
            assertEquals(TestLogs.digest(batches), log.digest());
            assertEquals(TestBatches.header(batches.get(batches.size() - 1)).leaderEpoch, log.lastEpoch());
        }
    }

    @Test
    void severalBatchesInOneAppendLieInOneSegment() throws Exception
    {
        final List<ByteBuffer> batches = new TestBatches(2, 0).withoutGaps().add(60).batches();
        try (PartitionLog log = open())
        {
            for (int i = 0; i < batches.size(); i += 6)
            {
                final BatchBytes bytes = TestBatches.bytes(batches.subList(i, i + 6).toArray(new ByteBuffer[0]));
                log.append(bytes, result);
                assertEquals(6, result.batches());
                assertEquals(bytes.length(), result.length());
                assertTrue(result.segmentBaseOffset() <= result.baseOffset());
                assertEquals(TestLogs.digest(batches.subList(0, i + 6)), result.digest());
                final Path file = log.directory().resolve(
                    LogSegment.fileName(result.segmentBaseOffset(), LogSegment.LOG_SUFFIX));
                assertEquals(Files.size(file), (long)result.filePosition() + result.length());
            }
        }
        assertEquals(batches, TestLogs.read(dir.resolve("orders-3")));
    }

    private void assertRefused(final Reason reason, final Consumer<ByteBuffer> change) throws Exception
    {
        final ByteBuffer good = TestBatches.plain(0, 5, 100);
        final ByteBuffer bad = copy(TestBatches.plain(1, 5, 100));
        change.accept(bad);
        try (PartitionLog log = open())
        {
            if (log.isEmpty())
            {
                log.append(TestBatches.bytes(good), result);
            }
            final long size = log.sizeInBytes();
            final InvalidBatchException ex = assertThrows(
                InvalidBatchException.class, () -> log.append(TestBatches.bytes(bad), result));
            assertEquals(reason, ex.reason(), ex.getMessage());
            // The good one before it must not be written either.
            assertThrows(
                InvalidBatchException.class,
                () -> log.append(TestBatches.bytes(TestBatches.plain(1, 5, 10), second(bad)), result));
            assertEquals(size, log.sizeInBytes());
            assertEquals(1, log.endOffset());
            assertEquals(size, Files.size(log.directory().resolve("00000000000000000000.log")));
        }
    }

    private static ByteBuffer copy(final ByteBuffer batch)
    {
        return ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
    }

    private static ByteBuffer second(final ByteBuffer batch)
    {
        final ByteBuffer moved = copy(batch);
        if (moved.getLong(0) == 1)
        {
            moved.putLong(0, 2);
        }
        return moved;
    }

    @Test
    void everyKindOfBadBatchIsRefusedWhole() throws Exception
    {
        assertRefused(Reason.MAGIC, (batch) -> batch.put(16, (byte)1));
        assertRefused(Reason.LENGTH, (batch) -> batch.putInt(8, batch.getInt(8) + 1));
        assertRefused(Reason.LENGTH, (batch) -> batch.putInt(8, 48));
        assertRefused(Reason.LENGTH, (batch) -> batch.putInt(8, -1));
        assertRefused(Reason.LENGTH, (batch) -> batch.putInt(8, Integer.MAX_VALUE));
        assertRefused(Reason.LENGTH, (batch) -> batch.limit(60));
        assertRefused(Reason.CRC, (batch) -> batch.put(90, (byte)(batch.get(90) + 1)));
        assertRefused(Reason.CRC, (batch) -> batch.put(17, (byte)(batch.get(17) + 1)));
        assertRefused(Reason.OFFSET_ORDER, (batch) -> batch.putLong(0, 0));
        assertRefused(Reason.OFFSET_ORDER, (batch) -> batch.putLong(0, -1));
        assertRefused(Reason.OFFSET_ORDER, (batch) -> batch.putLong(0, Long.MAX_VALUE));
        assertRefused(Reason.OFFSET_ORDER, (batch) -> batch.putInt(23, -1));
        assertRefused(Reason.EPOCH_ORDER, (batch) -> batch.putInt(12, 4));
        assertRefused(Reason.EPOCH_ORDER, (batch) -> batch.putInt(12, -2));
        assertRefused(Reason.COUNT, (batch) -> batch.putInt(57, 2));
        assertRefused(Reason.COUNT, (batch) -> batch.putInt(57, -1));
    }

    @Test
    void theFirstBatchMayBeginBelowTheStartButNotEndThere() throws Exception
    {
        try (PartitionLog log = open())
        {
            log.startAt(1000);
            assertEquals(1000, log.logStartOffset());
            assertEquals(1000, log.endOffset());
            assertEquals(1000, log.durableOffset());
            final InvalidBatchException ex = assertThrows(
                InvalidBatchException.class,
                () -> log.append(TestBatches.bytes(TestBatches.transactional(990, 0, 1, 10)), result));
            assertEquals(Reason.OFFSET_ORDER, ex.reason());
            log.append(TestBatches.bytes(TestBatches.transactional(995, 0, 1, 10)), result);
            assertEquals(995, result.segmentBaseOffset());
            assertEquals(1000, log.logStartOffset());
            assertEquals(1005, log.endOffset());
            assertThrows(IllegalStateException.class, () -> log.startAt(5));
        }
        assertEquals(
            List.of("00000000000000000995.index", "00000000000000000995.log", "00000000000000000995.timeindex"),
            TestLogs.files(dir.resolve("orders-3")).keySet().stream().filter((name) -> name.startsWith("0000")
                && !name.endsWith(".snapshot")).toList());
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir).logStartOffset(1000).recoveryPoint(1005)))
        {
            assertTrue(log.recoveryReport().isClean(), log.recoveryReport().toString());
            assertEquals(1000, log.logStartOffset());
            assertEquals(1005, log.endOffset());
        }
    }

    @Test
    void aStartThatWasSetIsThereAfterACrash() throws Exception
    {
        final PartitionLog log = open();
        log.startAt(77);
        final PartitionLog again = open();
        assertEquals(77, again.endOffset());
        assertEquals(77, again.logStartOffset());
        assertTrue(again.isEmpty());
        again.append(TestBatches.bytes(TestBatches.plain(80, 1, 5)), result);
        assertEquals(77, result.segmentBaseOffset());
        again.close();
        log.close();
    }

    @Test
    void anotherTopicIdIsRefused() throws Exception
    {
        open().close();
        final JournalException ex = assertThrows(
            JournalException.class, () -> PartitionLog.open(TestLogs.context(dir).topicId(new UUID(1, 1))));
        assertTrue(ex.getMessage().contains("ASNFZ4mrze8P7cuph2VDIQ"), ex.getMessage());
    }

    @Test
    void aRelativeOffsetThatDoesNotFitRollsTheSegment() throws Exception
    {
        try (PartitionLog log = open())
        {
            log.append(TestBatches.bytes(TestBatches.plain(10, 0, 5)), result);
            assertEquals(0, result.segmentBaseOffset());
            log.append(TestBatches.bytes(TestBatches.plain(Integer.MAX_VALUE, 0, 5)), result);
            assertEquals(0, result.segmentBaseOffset());
            log.append(TestBatches.bytes(TestBatches.plain(Integer.MAX_VALUE + 1L, 0, 5)), result);
            assertEquals(Integer.MAX_VALUE + 1L, result.segmentBaseOffset());
        }
    }

    @Test
    void theFirstBatchFarAboveTheStartGetsItsOwnSegmentName() throws Exception
    {
        try (PartitionLog log = open())
        {
            log.append(TestBatches.bytes(TestBatches.plain(1L << 40, 0, 5)), result);
            assertEquals(1L << 40, result.segmentBaseOffset());
        }
        assertEquals(1, TestLogs.read(dir.resolve("orders-3")).size());
    }

    @Test
    void aBatchLargerThanASegmentHasOneToItself() throws Exception
    {
        try (PartitionLog log = open())
        {
            TestLogs.append(log, TestBatches.plain(0, 0, 50));
            log.append(TestBatches.bytes(TestBatches.plain(1, 0, 10 * TestLogs.SEGMENT_BYTES)), result);
            assertEquals(1, result.segmentBaseOffset());
            assertEquals(0, result.filePosition());
            log.append(TestBatches.bytes(TestBatches.plain(2, 0, 50)), result);
            assertEquals(2, result.segmentBaseOffset());
        }
    }

    @Test
    void aTicketMakesDurableWhatWasThereWhenItWasTaken() throws Exception
    {
        try (PartitionLog log = open())
        {
            TestLogs.append(log, TestBatches.plain(0, 0, 50));
            final long digest = log.digest();
            final FlushTicket ticket = log.prepareFlush();
            assertNotNull(ticket);
            assertEquals(1, ticket.endOffset());
            TestLogs.append(log, TestBatches.plain(1, 0, 50));
            assertNull(log.prepareFlush(), "one ticket at a time");
            ticket.force();
            assertEquals(0, log.durableOffset());
            ticket.complete();
            assertEquals(1, log.durableOffset());
            assertEquals(digest, log.durableDigest());
            assertThrows(IllegalStateException.class, ticket::complete);

            final FlushTicket failed = log.prepareFlush();
            failed.failed();
            assertEquals(1, log.durableOffset());
            TestLogs.flush(log);
            assertEquals(2, log.durableOffset());
            assertEquals(log.digest(), log.durableDigest());
            assertNull(log.prepareFlush());
        }
    }

    @Test
    void aLogFlushForcesOneFileAndLeavesTheRecoveryPoint() throws Exception
    {
        final TestFiles files = new TestFiles();
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir).segmentFiles(files)))
        {
            TestLogs.append(log, TestBatches.plain(0, 0, 50));
            // The first epoch has made a file anew: the whole flush.
            TestLogs.flushLog(log);
            assertEquals(1, log.recoveryPoint());
            TestLogs.append(log, TestBatches.plain(1, 0, 50));
            final int before = files.forced();
            TestLogs.flushLog(log);
            assertEquals(1, files.forced() - before);
            assertEquals(2, log.durableOffset());
            assertEquals(1, log.recoveryPoint());
            assertNull(log.prepareLogFlush());
            assertFalse(log.closeFiles());
            TestLogs.flush(log);
            assertEquals(2, log.recoveryPoint());
            assertEquals(log.digest(), log.recoveryDigest());
            assertNull(log.prepareFlush());
            assertTrue(log.closeFiles());
            TestLogs.append(log, TestBatches.plain(2, 0, 50));
            TestLogs.flushLog(log);
            assertEquals(3, log.durableOffset());
        }
    }

    @Test
    void segmentsThatFillUpWhileATicketIsOutAreFlushedByTheNext() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(3, 200);
        try (PartitionLog log = open())
        {
            TestLogs.append(log, batches.subList(0, 60));
            final FlushTicket ticket = log.prepareFlush();
            TestLogs.append(log, batches.subList(60, 200));
            ticket.force();
            ticket.complete();
            assertEquals(TestLogs.endOffset(batches.subList(0, 60)), log.durableOffset());
            TestLogs.flush(log);
            assertEquals(log.endOffset(), log.durableOffset());
        }
    }

    @Test
    void truncationWhileATicketIsOutVoidsTheTicket() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(4, 100);
        try (PartitionLog log = open())
        {
            TestLogs.append(log, batches);
            final FlushTicket ticket = log.prepareFlush();
            final long cut = TestBatches.header(batches.get(40)).baseOffset;
            log.truncateTo(cut);
            ticket.force();
            TestLogs.append(log, TestBatches.plain(cut + 1, 100, 10));
            ticket.complete();
            assertEquals(TestLogs.endOffset(batches.subList(0, 40)), log.durableOffset());
            assertEquals(TestLogs.digest(batches.subList(0, 40)), log.durableDigest());
            TestLogs.flush(log);
            assertEquals(cut + 2, log.durableOffset());
        }
    }

    @Test
    void truncationLeavesWhatALogWithoutTheRestWouldBe() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(5, 160);
        for (int keep = 0; keep <= batches.size(); keep += 7)
        {
            final Path expectedDir = Files.createDirectories(dir.resolve("expected" + keep));
            final Path actualDir = Files.createDirectories(dir.resolve("actual" + keep));
            final long offset = keep < batches.size() ?
                TestBatches.header(batches.get(keep)).lastOffset() : Long.MAX_VALUE;
            try (PartitionLog expected = PartitionLog.open(TestLogs.context(expectedDir));
                PartitionLog actual = PartitionLog.open(TestLogs.context(actualDir)))
            {
                TestLogs.append(expected, batches);
                TestLogs.append(actual, batches);
                actual.truncateTo(offset);
                assertEquals(TestLogs.endOffset(batches.subList(0, keep)), actual.endOffset());
                assertEquals(actual.endOffset(), actual.durableOffset());
                assertEquals(TestLogs.digest(batches.subList(0, keep)), actual.digest());
                assertEquals(batches.subList(0, keep), TestLogs.read(actual.directory()));
                assertEquals(keep == 0, actual.isEmpty());
                TestLogs.append(actual, batches.subList(keep, batches.size()));
                assertEquals(expected.digest(), actual.digest());
                assertEquals(expected.lastStableOffset(), actual.lastStableOffset());
            }
            TestLogs.assertSameFiles(expectedDir.resolve("orders-3"), actualDir.resolve("orders-3"));
        }
    }

    @Test
    void theLogStartMovesUpAndTakesWholeSegmentsWithIt() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(6, 200);
        final long start;
        final long digest;
        final long end;
        try (PartitionLog log = open())
        {
            TestLogs.append(log, batches);
            start = TestBatches.header(batches.get(120)).baseOffset;
            log.advanceLogStart(start);
            assertEquals(start, log.logStartOffset());
            log.advanceLogStart(3);
            assertEquals(start, log.logStartOffset());
            final List<ByteBuffer> left = TestLogs.read(log.directory());
            assertEquals(batches.subList(batches.size() - left.size(), batches.size()), left);
            assertTrue(left.size() < 110, "segments are gone: " + left.size());
            assertTrue(left.size() >= 80);
            assertEquals(TestLogs.digest(batches), log.digest());
            log.advanceLogStart(Long.MAX_VALUE);
            assertEquals(log.endOffset(), log.logStartOffset());
            assertFalse(log.isEmpty());
            digest = log.digest();
            end = log.endOffset();
        }
        try (PartitionLog log = PartitionLog.open(
            TestLogs.context(dir).logStartOffset(end).recoveryPoint(end).knownDigest(end, digest)))
        {
            assertTrue(log.recoveryReport().isClean(), log.recoveryReport().toString());
            assertEquals(digest, log.digest());
            assertEquals(end, log.endOffset());
            assertEquals(end, log.logStartOffset());
        }
    }

    @Test
    void theLastStableOffsetFollowsOpenTransactions() throws Exception
    {
        try (PartitionLog log = open())
        {
            TestLogs.append(log, TestBatches.plain(0, 0, 5), TestBatches.transactional(1, 0, 7, 3));
            assertEquals(1, log.lastStableOffset());
            TestLogs.append(log, TestBatches.transactional(4, 0, 8, 1), TestBatches.marker(5, 0, 7, false));
            assertEquals(4, log.lastStableOffset());
            TestLogs.append(log, TestBatches.marker(6, 0, 8, true));
            assertEquals(7, log.lastStableOffset());
            TestLogs.flush(log);
            final ByteBuffer entry = ByteBuffer.wrap(
                Files.readAllBytes(log.directory().resolve("00000000000000000000.txnindex")));
            assertEquals(34, entry.remaining());
            assertEquals(0, entry.getShort());
            assertEquals(8, entry.getLong());
            assertEquals(4, entry.getLong());
            assertEquals(6, entry.getLong());
            assertEquals(7, entry.getLong());
        }
    }

    @Test
    void leaderEpochsAreWhereTheirFirstBatchesAre() throws Exception
    {
        try (PartitionLog log = open())
        {
            TestLogs.append(
                log, TestBatches.plain(0, 2, 5), TestBatches.plain(1, 2, 5), TestBatches.plain(5, 4, 5));
            log.append(TestBatches.bytes(TestBatches.plain(6, 5, 5), TestBatches.plain(7, 9, 5)), result);
            assertEquals(9, log.lastEpoch());
            assertEquals(
                "0\n4\n2 0\n4 5\n5 6\n9 7\n", Files.readString(log.directory().resolve("leader-epoch-checkpoint")));
            assertEquals(5, log.endOffsetForEpoch(2));
            assertEquals(5, log.endOffsetForEpoch(3));
            assertEquals(8, log.endOffsetForEpoch(9));
            assertEquals(-1, log.endOffsetForEpoch(1));
        }
    }

    @Test
    void chunksMakeTheSameLogAsWholeBatches() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(8, 120);
        final Path expectedDir = Files.createDirectories(dir.resolve("expected"));
        try (PartitionLog expected = PartitionLog.open(TestLogs.context(expectedDir));
            PartitionLog log = open())
        {
            TestLogs.append(expected, batches);
            for (final ByteBuffer batch : batches)
            {
                appendInChunks(log, batch, 97);
                assertEquals(TestBatches.header(batch).baseOffset, result.baseOffset());
                assertEquals(batch.remaining(), result.length());
                assertEquals(1, result.batches());
            }
            assertEquals(expected.digest(), log.digest());
        }
        TestLogs.assertSameFiles(expectedDir.resolve("orders-3"), dir.resolve("orders-3"));
    }

    private void appendInChunks(final PartitionLog log, final ByteBuffer batch, final int chunk) throws Exception
    {
        final long end = log.endOffset();
        int at = 0;
        while (at < batch.remaining())
        {
            final int length = Math.min(chunk, batch.remaining() - at);
            final BatchBytes bytes = new BatchBytes();
            bytes.add(batch, at, length);
            final boolean last = log.appendChunk(bytes, at, batch.remaining(), result);
            at += length;
            assertEquals(at == batch.remaining(), last);
            if (!last)
            {
                assertEquals(end, log.endOffset(), "not visible before the last chunk");
            }
        }
    }

    private static BatchBytes chunk(final ByteBuffer batch, final int from, final int to)
    {
        final BatchBytes bytes = new BatchBytes();
        bytes.add(batch, from, to - from);
        return bytes;
    }

    @Test
    void chunksOutOfOrderGiveTheBatchUp() throws Exception
    {
        final ByteBuffer first = TestBatches.plain(0, 0, 50);
        final ByteBuffer large = TestBatches.plain(1, 0, 3000);
        final int size = large.remaining();
        try (PartitionLog log = open())
        {
            TestLogs.append(log, first);
            final Path file = log.directory().resolve("00000000000000000000.log");
            assertChunkRefused(log, large, 0, 0, 60, size, Reason.CHUNK_ORDER);
            assertChunkRefused(log, large, 100, 100, 200, size, Reason.CHUNK_ORDER);
            assertChunkRefused(log, large, 0, 0, 1000, size + 1, Reason.LENGTH);
            assertFalse(log.appendChunk(chunk(large, 0, 1000), 0, size, result));
            assertEquals(first.remaining() + 1000, Files.size(file));
            assertChunkRefused(log, large, 900, 900, 1200, size, Reason.CHUNK_ORDER);
            assertEquals(first.remaining(), Files.size(file), "given up");
            assertFalse(log.appendChunk(chunk(large, 0, 1000), 0, size, result));
            assertChunkRefused(log, large, 0, 0, 1000, size, Reason.CHUNK_ORDER);
            assertFalse(log.appendChunk(chunk(large, 0, 1000), 0, size, result));
            final InvalidBatchException ex = assertThrows(
                InvalidBatchException.class, () -> log.append(TestBatches.bytes(large), result));
            assertEquals(Reason.CHUNK_ORDER, ex.reason());
            log.abandonChunks();
            log.abandonChunks();
            assertEquals(first.remaining(), Files.size(file));
            final ByteBuffer broken = copy(large);
            broken.put(2000, (byte)(broken.get(2000) ^ 1));
            assertFalse(log.appendChunk(chunk(broken, 0, 2500), 0, size, result));
            assertChunkRefused(log, broken, 2500, 2500, size, size, Reason.CRC);
            assertEquals(first.remaining(), Files.size(file));
            assertEquals(1, log.endOffset());
            appendInChunks(log, large, 1024);
            assertEquals(2, log.endOffset());
        }
        assertEquals(List.of(first, large), TestLogs.read(dir.resolve("orders-3")));
    }

    private void assertChunkRefused(
        final PartitionLog log,
        final ByteBuffer batch,
        final int offset,
        final int from,
        final int to,
        final int size,
        final Reason reason)
    {
        final InvalidBatchException ex = assertThrows(
            InvalidBatchException.class, () -> log.appendChunk(chunk(batch, from, to), offset, size, result));
        assertEquals(reason, ex.reason(), ex.getMessage());
    }

    @Test
    void chunksThatAreAbandonedOrLostInACrashLeaveNothing() throws Exception
    {
        final ByteBuffer first = TestBatches.plain(0, 0, 50);
        final ByteBuffer large = TestBatches.plain(1, 3, 2000);
        for (int end = 100; end < large.remaining(); end += 300)
        {
            final Path journal = Files.createDirectories(dir.resolve("journal" + end));
            final PartitionLog log = PartitionLog.open(TestLogs.context(journal));
            TestLogs.append(log, first);
            log.appendChunk(chunk(large, 0, 100), 0, large.remaining(), result);
            if (end > 100)
            {
                log.appendChunk(chunk(large, 100, end), 100, large.remaining(), result);
            }
            TestLogs.flush(log);
            final Path crashed = dir.resolve("crashed" + end);
            TestLogs.copy(journal, crashed);
            log.abandonChunks();
            appendInChunks(log, large, 512);
            log.close();
            try (PartitionLog recovered = PartitionLog.open(
                TestLogs.context(crashed).recoveryPoint(1).knownDigest(1, TestLogs.digest(List.of(first)))))
            {
                assertTrue(recovered.recoveryReport().has(RecoveryReport.Kind.TORN_BATCH));
                assertEquals(end, recovered.recoveryReport().cutBytes());
                assertEquals(1, recovered.endOffset());
                assertEquals(0, recovered.lastEpoch());
                appendInChunks(recovered, large, 700);
            }
            TestLogs.assertSameFiles(journal.resolve("orders-3"), crashed.resolve("orders-3"));
        }
    }

    @Test
    void aClosedLogRefusesEverything() throws Exception
    {
        final PartitionLog log = open();
        TestLogs.append(log, TestBatches.plain(0, 0, 5));
        log.close();
        log.close();
        assertEquals(1, log.durableOffset());
        assertThrows(IllegalStateException.class, () -> TestLogs.append(log, TestBatches.plain(1, 0, 5)));
        assertThrows(IllegalStateException.class, log::prepareFlush);
    }

    @Test
    void snapshotsBetweenSegmentsBoundWhatRecoveryReads() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(9, 200);
        final PartitionLogContext ctx = TestLogs.context(dir).segmentBytes(1 << 20).stateIntervalBytes(5000);
        final PartitionLog log = PartitionLog.open(ctx);
        for (int i = 0; i < batches.size(); i += 10)
        {
            TestLogs.append(log, batches.subList(i, i + 10));
            TestLogs.flush(log);
        }
        final List<String> snapshots = TestLogs.files(log.directory()).keySet().stream()
            .filter((name) -> name.endsWith(".snapshot")).toList();
        assertEquals(2, snapshots.size(), "only the newest two stay");
        final long at = PartitionFiles.offset(snapshots.get(1), ".snapshot");
        assertTrue(at > TestLogs.endOffset(batches.subList(0, 150)), "snapshot at " + at);
        final Path crashed = dir.resolve("crashed");
        TestLogs.copy(log.directory(), crashed.resolve("orders-3"));
        log.close();
        try (PartitionLog recovered = PartitionLog.open(
            TestLogs.context(crashed).segmentBytes(1 << 20).tailCheckBytes(100).recoveryPoint(log.endOffset())))
        {
            assertTrue(recovered.recoveryReport().isClean(), recovered.recoveryReport().toString());
            assertEquals(log.digest(), recovered.digest());
            assertEquals(log.lastStableOffset(), recovered.lastStableOffset());
        }
        TestLogs.assertSameFiles(dir.resolve("orders-3"), crashed.resolve("orders-3"));
    }

    /** The gap that the source left outlives a stop, a crash before the next batch, and a truncation below it. */
    @Test
    void skippedOffsetsStaySkippedWhenTheLogIsOpenedAgain() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(3, 40);
        final long end = TestLogs.endOffset(batches);
        final long next = end + 1000;
        final long digest;
        try (PartitionLog log = open())
        {
            TestLogs.append(log, batches);
            assertThrows(IllegalArgumentException.class, () -> log.skipTo(end));
            log.skipTo(next);
            TestLogs.flush(log);
            assertEquals(next, log.endOffset());
            assertEquals(next, log.durableOffset());
            digest = log.digest();
        }
        // As after a stop, and as after a crash without any checkpoint.
        for (final long recoveryPoint : new long[]{next, 0})
        {
            try (PartitionLog log = PartitionLog.open(
                TestLogs.context(dir).recoveryPoint(recoveryPoint).knownDigest(next, digest)))
            {
                assertTrue(log.recoveryReport().isClean(), log.recoveryReport().toString());
                assertEquals(next, log.endOffset());
                assertEquals(digest, log.digest());
            }
        }
        final ByteBuffer behind = TestBatches.plain(next, 9, 100);
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir).recoveryPoint(next)))
        {
            log.append(TestBatches.bytes(behind), result);
            assertEquals(next, result.segmentBaseOffset());
            log.truncateTo(next);
            log.truncateTo(end);
            assertTrue(log.endOffset() >= end && log.endOffset() <= next, "ends at " + log.endOffset());
            assertEquals(digest, log.digest());
        }
        assertEquals(batches, TestLogs.read(dir.resolve("orders-3")));
    }

    @Test
    void aBranchHoldsExactlyWhatWasCut() throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(4, 200);
        final long cut = TestBatches.header(batches.get(60)).lastOffset();
        final Path branch;
        try (PartitionLog log = open())
        {
            TestLogs.append(log, batches);
            branch = log.branchAt(cut, "the source said so");
            assertNull(log.branchAt(cut + 1000, "nothing is there"));
        }
        assertEquals(batches.subList(0, 60), TestLogs.read(dir.resolve("orders-3")));
        assertArrayEquals(TestLogs.concatenated(batches.subList(60, 200)), TestLogs.concatenatedLogs(branch));
        assertTrue(Files.readString(branch.resolve("manifest.properties")).contains("reason=the source said so"));
    }
}
