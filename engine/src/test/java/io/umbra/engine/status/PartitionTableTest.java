package io.umbra.engine.status;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PartitionTableTest
{
    private static final UUID TOPIC_ID = new UUID(0x1122334455667788L, 0x99AABBCCDDEEFF00L);

    @TempDir
    private Path journalDir;

    @Test
    void aReaderInAnotherPlaceSeesWhatTheWriterWrote() throws IOException
    {
        try (PartitionTable table = PartitionTable.create(journalDir, "east", 3, 1_000L);
            PartitionTable reader = PartitionTable.openReadOnly(journalDir))
        {
            assertEquals(0, reader.rowCount());
            assertEquals(0, table.add("orders", TOPIC_ID, 7, 2, 2_000L));
            assertEquals(1, reader.rowCount());

            assertEquals("orders", reader.topic(0));
            assertEquals(TOPIC_ID, reader.topicId(0));
            assertEquals(7, reader.partition(0));
            assertEquals(2, reader.shard(0));
            assertEquals(2_000L, reader.assignmentTimeMs(0));
            assertEquals(-1, reader.leaderId(0));
            assertEquals(-1, reader.highWatermark(0));
            assertEquals(-1, reader.journalEndOffset(0));
            assertEquals(-1, reader.sampledEndOffset(0));
            assertEquals(FetchState.STARTING, reader.fetchState(0));
            assertEquals(JournalState.ACTIVE, reader.journalState(0));
            assertEquals(TopicState.ACTIVE, reader.topicState(0));
            assertEquals("", reader.fetchError(0));

            table.topicState(0, TopicState.PAUSED);
            table.leader(0, 5, 11, 4);
            table.fetched(0, 101, 205, 3, 4_000L);
            table.fetchState(0, FetchState.RETRYING, "no leader");
            table.journalPositions(0, 10, 20, 15, 9, 18);
            table.journalCommitted(0, 30, 10, 1_000, 10, 77L, 5_000L);
            table.journalCommitted(0, 35, 11, 500, 5, 78L, 5_001L);
            table.journalDurable(0, 25);
            table.journalState(0, JournalState.WAITING_FOR_SPACE, "disk full");
            table.sampled(0, 300, 6_000L, 42L);

            assertEquals(TopicState.PAUSED, reader.topicState(0));
            assertEquals(5, reader.leaderId(0));
            assertEquals(11, reader.leaderEpoch(0));
            assertEquals(4, reader.assignmentEpoch(0));
            assertEquals(101, reader.fetchPosition(0));
            assertEquals(205, reader.highWatermark(0));
            assertEquals(3, reader.sourceLogStartOffset(0));
            assertEquals(4_000L, reader.fetchTimeMs(0));
            assertEquals(FetchState.RETRYING, reader.fetchState(0));
            assertEquals("no leader", reader.fetchError(0));
            assertEquals(10, reader.journalLogStartOffset(0));
            assertEquals(35, reader.journalEndOffset(0));
            assertEquals(25, reader.journalDurableOffset(0));
            assertEquals(11, reader.journalLastEpoch(0));
            assertEquals(78L, reader.commitNanoTime(0));
            assertEquals(5_001L, reader.commitTimeMs(0));
            assertEquals(1_500, reader.journaledBytes(0));
            assertEquals(15, reader.journaledRecords(0));
            assertEquals(JournalState.WAITING_FOR_SPACE, reader.journalState(0));
            assertEquals("disk full", reader.journalError(0));
            assertEquals(300, reader.sampledEndOffset(0));
            assertEquals(6_000L, reader.sampleTimeMs(0));
            assertEquals(42L, reader.lagMs(0));

            table.journalState(0, JournalState.ACTIVE, null);
            assertEquals("", reader.journalError(0));
        }
    }

    @Test
    void theHeaderTellsOfTheEngine() throws IOException
    {
        try (PartitionTable table = PartitionTable.create(journalDir, "east", 3, 1_000L);
            PartitionTable reader = PartitionTable.openReadOnly(journalDir))
        {
            final TableHeader header = reader.header();
            assertEquals("east", header.linkName());
            assertEquals(3, header.nodeId());
            assertEquals(ProcessHandle.current().pid(), header.pid());
            assertEquals(1_000L, header.startTimeMs());
            assertEquals(LinkState.SOURCE_UNAVAILABLE, header.linkState());
            assertEquals("", header.clusterId());
            assertFalse(header.isCleanStop());

            table.header().clusterId("MkU3OEVBNTcwNTJENDM2Qg");
            table.header().linkState(LinkState.ACTIVE, null);
            table.header().heartbeatMs(7_000L);
            table.header().rpoMs(1.5, 2.5, 3.5, 4.5);
            table.header().throughput(10, 20, 30, 40, 8_000L);
            assertEquals("MkU3OEVBNTcwNTJENDM2Qg", header.clusterId());
            assertEquals(LinkState.ACTIVE, header.linkState());
            assertEquals(7_000L, header.heartbeatMs());
            assertEquals(1.5, header.rpoP50Ms());
            assertEquals(2.5, header.rpoP99Ms());
            assertEquals(3.5, header.rpoP999Ms());
            assertEquals(4.5, header.rpoMaxMs());
            assertEquals(10, header.bytesPerSecond());
            assertEquals(20, header.recordsPerSecond());
            assertEquals(30, header.totalBytes());
            assertEquals(40, header.totalRecords());
            assertEquals(8_000L, header.sampleTimeMs());

            table.header().linkState(LinkState.FAULTED, "clock went backwards");
            table.header().cleanStop();
            assertEquals("clock went backwards", header.error());
            assertTrue(header.isCleanStop());
        }
    }

    @Test
    void growsOverManyChunksWhileAReaderLooksOn() throws IOException
    {
        final int rows = 2 * PartitionTableLayout.ROWS_PER_CHUNK + 5;
        try (PartitionTable table = PartitionTable.create(journalDir, "east", 0, 0L);
            PartitionTable reader = PartitionTable.openReadOnly(journalDir))
        {
            for (int i = 0; i < rows; i++)
            {
                assertEquals(i, table.add("topic-" + i, TOPIC_ID, i, i & 3, 0L));
                table.journalPositions(i, i, 2L * i, i, 1, i);
            }
            assertEquals(rows, reader.rowCount());
            for (int i = 0; i < rows; i++)
            {
                assertEquals("topic-" + i, reader.topic(i));
                assertEquals(2L * i, reader.journalEndOffset(i));
            }
            assertEquals(
                PartitionTableLayout.HEADER_LENGTH + 3L * PartitionTableLayout.CHUNK_LENGTH,
                Files.size(PartitionTable.file(journalDir)));
        }
    }

    @Test
    void aNewEngineReplacesTheTableAndLeavesReadersTheirs() throws IOException
    {
        final PartitionTable first = PartitionTable.create(journalDir, "east", 0, 1L);
        first.add("orders", TOPIC_ID, 0, 0, 0L);
        first.close();
        try (PartitionTable old = PartitionTable.openReadOnly(journalDir);
            PartitionTable second = PartitionTable.create(journalDir, "east", 0, 2L);
            PartitionTable current = PartitionTable.openReadOnly(journalDir))
        {
            assertEquals(1, old.rowCount());
            assertEquals("orders", old.topic(0));
            assertEquals(1L, old.header().startTimeMs());
            assertEquals(0, second.rowCount());
            assertEquals(2L, current.header().startTimeMs());
        }
    }

    @Test
    void aReaderMayNotWrite() throws IOException
    {
        try (PartitionTable table = PartitionTable.create(journalDir, "east", 0, 0L))
        {
            table.add("orders", TOPIC_ID, 0, 0, 0L);
            try (PartitionTable reader = PartitionTable.openReadOnly(journalDir))
            {
                assertEquals(1, reader.rowCount());
                assertThrows(UnsupportedOperationException.class, () -> reader.journalDurable(0, 1));
                assertThrows(UnsupportedOperationException.class, () -> reader.header().heartbeatMs(1));
            }
        }
    }

    @Test
    void whatIsNoTableIsRefused() throws IOException
    {
        assertThrows(NoSuchFileException.class, () -> PartitionTable.openReadOnly(journalDir));
        final Path file = PartitionTable.file(journalDir);
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[100]);
        assertThrows(IOException.class, () -> PartitionTable.openReadOnly(journalDir));
        Files.write(file, new byte[8192]);
        assertThrows(IOException.class, () -> PartitionTable.openReadOnly(journalDir));
    }

    @Test
    void longTextsAreCutAtAWholeCharacter() throws IOException
    {
        try (PartitionTable table = PartitionTable.create(journalDir, "east", 0, 0L))
        {
            final String longest = "t".repeat(249);
            table.add(longest, TOPIC_ID, 0, 0, 0L);
            assertEquals(longest, table.topic(0));
            table.fetchState(0, FetchState.FAULTED, "x" + "ä".repeat(200));
            assertEquals("x" + "ä".repeat(107), table.fetchError(0));
            table.journalState(0, JournalState.FAULTED, "€".repeat(200));
            assertEquals("€".repeat(72), table.journalError(0));
        }
    }

    @Test
    void aTextIsNeverTorn() throws IOException, InterruptedException
    {
        final int writes = 200_000;
        try (PartitionTable table = PartitionTable.create(journalDir, "east", 0, 0L);
            PartitionTable reader = PartitionTable.openReadOnly(journalDir))
        {
            table.add("orders", TOPIC_ID, 0, 0, 0L);
            assertEquals(1, reader.rowCount());
            final AtomicBoolean isDone = new AtomicBoolean();
            final Thread writer = new Thread(() ->
            {
                for (int i = 0; i < writes; i++)
                {
                    final String text = String.valueOf((char) ('a' + i % 26)).repeat(1 + 8 * (i % 26));
                    table.journalState(0, JournalState.FAULTED, text);
                }
                isDone.set(true);
            });
            writer.start();
            int seen = 0;
            while (!isDone.get())
            {
                final String text = reader.journalError(0);
                if (!text.isEmpty())
                {
                    final char first = text.charAt(0);
                    final int matching = (int) text.chars().filter((c) -> c == first).count();
                    assertEquals(text.length(), matching, text);
                    // Letter and length change together, so that a length of another write would show.
                    assertEquals(1 + 8 * (first - 'a'), text.length());
                    seen++;
                }
            }
            writer.join();
            assertTrue(seen > 0);
        }
    }

    @Test
    void aWriterKilledInTheMiddleOfATextDoesNotHoldUpTheReader() throws IOException
    {
        try (PartitionTable table = PartitionTable.create(journalDir, "east", 0, 0L))
        {
            table.add("orders", TOPIC_ID, 0, 0, 0L);
            table.journalState(0, JournalState.FAULTED, "half");
            table.file.chunk(0).putInt(PartitionTableLayout.JOURNAL_ERROR_OFFSET, 3);
            assertEquals("", table.journalError(0));
        }
    }

    @Test
    void aConcurrentReaderNeverSeesTheDurableOffsetBeyondTheEnd() throws IOException, InterruptedException
    {
        final int commits = 500_000;
        try (PartitionTable table = PartitionTable.create(journalDir, "east", 0, 0L);
            PartitionTable reader = PartitionTable.openReadOnly(journalDir))
        {
            table.add("orders", TOPIC_ID, 0, 0, 0L);
            table.journalPositions(0, 0, 0, 0, 0, 0);
            assertEquals(1, reader.rowCount());
            final Thread writer = new Thread(() ->
            {
                for (int i = 1; i <= commits; i++)
                {
                    table.journalCommitted(0, i, 0, 1, 1, 0L, 0L);
                    table.journalDurable(0, i);
                }
            });
            writer.start();
            long durable = 0;
            while (durable < commits)
            {
                durable = reader.journalDurableOffset(0);
                assertTrue(reader.journalEndOffset(0) >= durable);
            }
            writer.join();
            assertEquals(commits, reader.journaledBytes(0));
        }
    }
}
