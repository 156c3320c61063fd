package io.umbra.journal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LogReaderTest
{
    private static final List<ByteBuffer> BATCHES = TestBatches.generate(21, 150);

    @TempDir
    Path dir;

    @Test
    void followsAWriterBatchByBatch() throws Exception
    {
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir));
            LogReader reader = LogReader.open(log.directory()))
        {
            assertEquals(TestLogs.TOPIC_ID, reader.topicId());
            assertNull(reader.next());
            assertEquals(0, reader.endOffset());
            for (final ByteBuffer batch : BATCHES)
            {
                TestLogs.append(log, batch);
                assertEquals(log.endOffset(), reader.endOffset());
                final BatchView view = reader.next();
                assertNotNull(view);
                assertEquals(batch, view.buffer());
                assertTrue(view.isCrcValid());
                final BatchHeader header = TestBatches.header(batch);
                assertEquals(header.baseOffset, view.baseOffset());
                assertEquals(header.lastOffset(), view.lastOffset());
                assertEquals(header.crc, view.crc());
                assertEquals(header.count, view.count());
                assertEquals(header.producerId, view.producerId());
                assertNull(reader.next());
            }
        }
    }

    @Test
    void seeksToEveryOffset() throws Exception
    {
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir)))
        {
            TestLogs.append(log, BATCHES);
            TestLogs.flush(log);
            try (LogReader reader = LogReader.open(log.directory()))
            {
                int i = 0;
                for (long offset = 0; offset < log.endOffset(); offset++)
                {
                    while (TestBatches.header(BATCHES.get(i)).lastOffset() < offset)
                    {
                        i++;
                    }
                    reader.seek(offset);
                    assertEquals(BATCHES.get(i), reader.next().buffer());
                }
                reader.seek(log.endOffset());
                assertNull(reader.next());
                TestLogs.append(log, TestBatches.plain(log.endOffset() + 2, 1000, 10));
                assertEquals(log.endOffset() - 1, reader.next().baseOffset());
            }
        }
    }

    @Test
    void aWrongIndexDoesNotMislead() throws Exception
    {
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir)))
        {
            TestLogs.append(log, BATCHES);
            TestLogs.flush(log);
            final Path index = log.directory().resolve("00000000000000000000.index");
            try (FileChannel channel = FileChannel.open(index, StandardOpenOption.WRITE))
            {
                final ByteBuffer position = ByteBuffer.allocate(4).putInt(0, 100);
                channel.write(position, 4);
            }
            try (LogReader reader = LogReader.open(log.directory()))
            {
                for (int i = 0; i < 20; i++)
                {
                    reader.seek(TestBatches.header(BATCHES.get(i)).baseOffset);
                    assertEquals(BATCHES.get(i), reader.next().buffer());
                }
            }
        }
    }

    @Test
    void seesAChunkedBatchOnlyWhole() throws Exception
    {
        final ByteBuffer large = TestBatches.plain(0, 0, 4000);
        final AppendResult result = new AppendResult();
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir));
            LogReader reader = LogReader.open(log.directory()))
        {
            final BatchBytes first = new BatchBytes();
            first.add(large, 0, 3000);
            log.appendChunk(first, 0, large.remaining(), result);
            assertNull(reader.next());
            assertEquals(0, reader.endOffset());
            log.abandonChunks();
            TestLogs.append(log, TestBatches.plain(0, 0, 70));
            assertEquals(TestBatches.plain(0, 0, 70), reader.next().buffer());
        }
    }

    @Test
    void passesOverSegmentsThatAreDeletedUnderIt() throws Exception
    {
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir));
            LogReader reader = LogReader.open(log.directory()))
        {
            TestLogs.append(log, BATCHES);
            assertEquals(BATCHES.get(0), reader.next().buffer());
            log.advanceLogStart(TestBatches.header(BATCHES.get(140)).baseOffset);
            BatchView view = reader.next();
            assertEquals(BATCHES.get(1), view.buffer(), "the open file is still there");
            long last = view.lastOffset();
            boolean jumped = false;
            for (view = reader.next(); view != null; view = reader.next())
            {
                jumped |= view.baseOffset() > last + 200;
                last = view.lastOffset();
            }
            assertTrue(jumped);
            assertEquals(log.endOffset() - 1, last);
            assertTrue(reader.startOffset() > 0);
        }
    }

    @Test
    void namesAFlippedBitByBatch() throws Exception
    {
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir)))
        {
            TestLogs.append(log, BATCHES);
        }
        final Path file = dir.resolve("orders-3/00000000000000000000.log");
        final byte[] bytes = Files.readAllBytes(file);
        final int second = BATCHES.get(0).remaining();
        bytes[second + BATCHES.get(1).remaining() - 1] ^= 4;
        Files.write(file, bytes);
        try (LogReader reader = LogReader.open(dir.resolve("orders-3")))
        {
            assertTrue(reader.next().isCrcValid());
            final BatchView damaged = reader.next();
            assertFalse(damaged.isCrcValid());
            assertEquals(TestBatches.header(BATCHES.get(1)).baseOffset, damaged.baseOffset());
            assertEquals(second, damaged.filePosition());
            assertEquals(file, damaged.file());
            assertTrue(reader.next().isCrcValid());
        }
        bytes[second + 16] = 1;
        Files.write(file, bytes);
        try (LogReader reader = LogReader.open(dir.resolve("orders-3")))
        {
            reader.next();
            final CorruptLogException ex = assertThrows(CorruptLogException.class, reader::next);
            assertEquals(file, ex.file());
            assertEquals(second, ex.position());
            assertEquals(TestBatches.header(BATCHES.get(0)).lastOffset() + 1, ex.offset());
        }
    }

    @Test
    void aTornEndOfAFullSegmentIsNotPassedOver() throws Exception
    {
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir)))
        {
            TestLogs.append(log, BATCHES);
        }
        final Path file = dir.resolve("orders-3/00000000000000000000.log");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.truncate(channel.size() - 3);
        }
        try (LogReader reader = LogReader.open(dir.resolve("orders-3")))
        {
            assertThrows(
                CorruptLogException.class,
                () ->
                {
                    while (reader.next() != null)
                    {
                        Thread.onSpinWait();
                    }
                });
        }
    }

    @Test
    void whatIsNoPartitionIsRefused()
    {
        assertThrows(NoSuchFileException.class, () -> LogReader.open(dir.resolve("nothing-0")));
    }
}
