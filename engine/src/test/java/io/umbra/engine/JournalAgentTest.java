package io.umbra.engine;

import io.aeron.driver.status.DutyCycleStallTracker;
import io.umbra.codecs.control.SourceCondition;
import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.codecs.ledger.GapDecoder;
import io.umbra.codecs.ledger.PartitionStateDecoder;
import io.umbra.codecs.ledger.PartitionStateType;
import io.umbra.codecs.ledger.TruncatedDecoder;
import io.umbra.engine.config.FlushPolicy;
import io.umbra.engine.config.OnDivergence;
import io.umbra.engine.config.Retention;
import io.umbra.engine.status.JournalState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.RpoWindow;
import io.umbra.journal.Incident;
import io.umbra.journal.Incidents;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import io.umbra.journal.SegmentFiles;
import io.umbra.journal.ledger.Ledger;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerEntryHandler;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.journal.ledger.LedgerReader;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.ShardTransport;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The JournalAgent with a real stream, real logs and a real ledger, its duty cycles turned by hand. */
class JournalAgentTest
{
    private static final UUID TOPIC_ID = new UUID(7, 8);
    private static final int PARTITIONS = 2;
    private static final int RECORDS = 3;
    private static final int OPEN_LOGS = 3;

    @TempDir
    private Path dir;
    private volatile boolean isDiskFull;
    private volatile long openNs;
    private boolean isEnded;
    private ShardTransport transport;
    private ShardTransport.ShardStream stream;
    private PartitionTable table;
    private Flusher flusher;
    private JournalAgent agent;
    private JournalAgent.Counters counters;
    private DutyCycleStallTracker dutyCycle;
    private final AppendDelays appendDelays = new AppendDelays(10_000);
    private final AtomicInteger checkpoints = new AtomicInteger();
    private final PartitionSlot[] slots = new PartitionSlot[PARTITIONS];
    private final List<byte[]> written = new ArrayList<>();
    private final List<FileChannel> opened = new CopyOnWriteArrayList<>();

    @BeforeEach
    void launchWithBranch() throws IOException
    {
        launch(new SourceHistory.Policy(OnDivergence.BRANCH, Retention.MIRROR));
    }

    private void launch(final SourceHistory.Policy policy) throws IOException
    {
        transport = ShardTransport.launch(new ShardTransport.Context()
            .aeronDirectoryName(dir.resolve("aeron").toString())
            .termLength(8 << 20)
            .errorHandler((throwable) ->
            {
                throw new AssertionError(throwable);
            }));
        stream = transport.openStream(0);
        table = PartitionTable.create(dir, "test", 0, 1);
        flusher = new Flusher(0, 16, () -> {});
        counters = new ShardCounters(transport, 0).journal();
        dutyCycle = (DutyCycleStallTracker)new ShardCounters(transport, 0).dutyCycle("journal");
        final Ledger ledger =
            Ledger.open(new LedgerContext().ledgerDirectory(dir.resolve("ledger")).nodeId(0).shard(0));
        agent = new JournalAgent(new JournalAgent.Context(
            0,
            stream.poller(),
            ledger,
            new JournalFlush.Settings(new FlushPolicy(FlushPolicy.Mode.COMMIT, 0), 1_000),
            flusher,
            table,
            new SpaceGuard(dir, 0, SystemEpochClock.INSTANCE),
            OPEN_LOGS,
            new SourceHistory(new SourceHistory.Context(
                ledger,
                policy,
                new Incidents(dir),
                checkpoints::incrementAndGet,
                new ShardCounters(transport, 0).history(),
                new EventLog())),
            appendDelays,
            counters,
            dutyCycle,
            new EventLog()));
        agent.onStart();
        for (int i = 0; i < PARTITIONS; i++)
        {
            assertEquals(i, table.add("topic", TOPIC_ID, i, 0, 1));
            slots[i] = new PartitionSlot(i, new LedgerPartition("topic", i, TOPIC_ID), PartitionLog.open(
                new PartitionLogContext()
                    .journalDir(dir)
                    .partition("topic", i)
                    .topicId(TOPIC_ID)
                    .segmentFiles(files())));
            slots[i].log.startAt(0);
            agent.open(slots[i], null);
            begin(i, 1);
        }
        agent.doWork();
    }

    @Test
    void theAgeOfWhatIsJournaledIsCountedWhereTheSourceTellsIt()
    {
        final long nowMs = System.currentTimeMillis();
        publish(0, 1, 0);
        publishAppendedAt(0, RECORDS, 9_999);
        publishAppendedAt(1, 0, nowMs - 60_000);
        agent.doWork();
        final DelayWindows delays = new DelayWindows(0);
        appendDelays.drainTo(delays);
        delays.roll(0);
        final RpoSummary summary = delays.summary(RpoWindow.SINCE_START);
        assertEquals(1, summary.count(), "neither what has the producer's time nor what was there before the start");
        assertTrue(summary.p50() >= 60_000, summary::toString);

        // The oldest of a duty cycle stands for it.
        publishAppendedAt(1, RECORDS, nowMs - 120_000);
        publishAppendedAt(1, 2 * RECORDS, nowMs);
        agent.doWork();
        appendDelays.drainTo(delays);
        delays.roll(0);
        assertEquals(2, delays.summary(RpoWindow.SINCE_START).count());
        assertTrue(delays.summary(RpoWindow.SINCE_START).max() >= 120_000);
    }

    private void publishAppendedAt(final int partition, final long offset, final long timeMs)
    {
        final ByteBuffer records = batch(offset, 100);
        MemoryRecords.readableRecords(records).batches().iterator().next()
            .setMaxTimestamp(TimestampType.LOG_APPEND_TIME, timeMs);
        publish(partition, 1, offset, records, 0, records.capacity(), 0);
    }

    @AfterEach
    void close() throws IOException
    {
        if (!isEnded)
        {
            agent.onClose();
        }
        transport.close();
        table.close();
    }

    private void relaunch(final OnDivergence onDivergence, final Retention retention) throws IOException
    {
        close();
        launch(new SourceHistory.Policy(onDivergence, retention));
    }

    private SegmentFiles files()
    {
        return (path, options) ->
        {
            if (isDiskFull && path.toString().endsWith(".log"))
            {
                throw new IOException("No space left on device");
            }
            LockSupport.parkNanos(openNs);
            final FileChannel channel = FileChannel.open(path, options);
            opened.add(channel);
            return channel;
        };
    }

    private void begin(final int partition, final int epoch)
    {
        assertTrue(stream.publisher().sourceConditionChanged(
            partition, epoch, slots[partition].log.endOffset(), 1, SourceCondition.FETCHING, ""));
    }

    private static ByteBuffer batch(final long baseOffset, final int valueBytes)
    {
        final SimpleRecord[] records = new SimpleRecord[RECORDS];
        for (int i = 0; i < RECORDS; i++)
        {
            final byte[] value = new byte[valueBytes];
            new Random(baseOffset + i).nextBytes(value);
            records[i] = new SimpleRecord(1000 + baseOffset + i, null, value);
        }
        final ByteBuffer heap = MemoryRecords.withRecords(Compression.NONE, 0, records).buffer();
        heap.putLong(0, baseOffset);
        final ByteBuffer direct = ByteBuffer.allocateDirect(heap.remaining());
        direct.put(0, heap, 0, heap.remaining());
        return direct;
    }

    private void publish(
        final int partition,
        final int epoch,
        final long fetchOffset,
        final ByteBuffer records,
        final int from,
        final int length,
        final int batchLength)
    {
        final FrameHeader header = new FrameHeader();
        header.partitionIndex = partition;
        header.assignmentEpoch = epoch;
        header.fetchOffset = fetchOffset;
        header.chunkOffset = 0 == batchLength ? 0 : from;
        header.batchLength = batchLength;
        header.leaderId = 5;
        assertTrue(stream.publisher().dataFrame(header, new UnsafeBuffer(records), from, length));
    }

    private void publish(final int partition, final int epoch, final long offset)
    {
        final ByteBuffer records = batch(offset, 100);
        publish(partition, epoch, offset, records, 0, records.capacity(), 0);
        keep(records);
    }

    private void keep(final ByteBuffer records)
    {
        final byte[] bytes = new byte[records.capacity()];
        records.get(0, bytes);
        written.add(bytes);
    }

    private byte[] expected()
    {
        final ByteBuffer all = ByteBuffer.allocate(written.stream().mapToInt((bytes) -> bytes.length).sum());
        written.forEach(all::put);
        return all.array();
    }

    private byte[] log(final int partition) throws IOException
    {
        return Files.readAllBytes(dir.resolve("topic-" + partition).resolve("00000000000000000000.log"));
    }

    private List<String> ledger()
    {
        final List<String> entries = new ArrayList<>();
        try (LedgerReader reader = LedgerReader.open(LedgerContext.shardDirectory(dir.resolve("ledger"), 0)))
        {
            final LedgerEntryHandler handler = new LedgerEntryHandler()
            {
                @Override
                public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder commit)
                {
                    entries.add(partition.partition() + ": " + commit.baseOffset() + ".." + commit.lastOffset());
                }

                @Override
                public void onTruncated(final long index, final LedgerPartition partition, final TruncatedDecoder cut)
                {
                    entries.add(partition.partition() + ": cut " + cut.fromOffset() + " to " + cut.toOffset());
                }

                @Override
                public void onGap(final long index, final LedgerPartition partition, final GapDecoder gap)
                {
                    entries.add(partition.partition() + ": gap " + gap.fromOffset() + " to " + gap.toOffset());
                }

                @Override
                public void onPartitionState(
                    final long index, final LedgerPartition partition, final PartitionStateDecoder state)
                {
                    entries.add(partition.partition() + ": " + state.state() + " at " + state.endOffset());
                }
            };
            while (reader.poll(handler))
            {
                // To its end.
            }
        }
        return entries;
    }

    @Test
    void framesAreJournaledEnteredAndCounted() throws IOException
    {
        publish(0, 1, 0);
        publish(0, 1, 3);
        publish(0, 1, 6);
        agent.doWork();
        assertArrayEquals(expected(), log(0));
        assertEquals(9, table.journalEndOffset(0));
        assertEquals(9, table.journalDurableOffset(0));
        assertEquals(0, table.journalLastEpoch(0));
        assertEquals(9, counters.records().get());
        assertEquals(expected().length, counters.bytes().get());
        assertEquals(List.of("0: 0..2", "0: 3..5", "0: 6..8"), ledger());
    }

    @Test
    void aDutyCycleThatTakesLongIsCounted() throws IOException
    {
        slots[0].log.closeFiles();
        final long longCycles = dutyCycle.cycleTimeThresholdExceededCount().get();
        openNs = dutyCycle.cycleTimeThresholdNs();
        publish(0, 1, 0);
        agent.doWork();
        openNs = 0;
        final long longestNs = dutyCycle.maxCycleTime().get();
        assertTrue(longestNs > dutyCycle.cycleTimeThresholdNs(), () -> longestNs + " ns");
        assertEquals(longCycles + 1, dutyCycle.cycleTimeThresholdExceededCount().get());
    }

    @Test
    void partitionIsKnownWhenItsFirstMessageComes() throws IOException
    {
        // Handed over within a duty cycle: after the agent has looked for commands, before it looks into the stream.
        assertEquals(PARTITIONS, table.add("late", TOPIC_ID, 0, 0, 1));
        final PartitionSlot late = new PartitionSlot(PARTITIONS, new LedgerPartition("late", 0, TOPIC_ID),
            PartitionLog.open(new PartitionLogContext().journalDir(dir).partition("late", 0).topicId(TOPIC_ID)));
        late.log.startAt(0);
        agent.open(late, null);
        assertTrue(agent.onSourceConditionChanged(PARTITIONS, 1, 0, 1, SourceCondition.FETCHING, ""));
        publish(PARTITIONS, 1, 0);
        agent.doWork();
        assertEquals(3, table.journalEndOffset(PARTITIONS));
    }

    private void openMore(final int count) throws IOException
    {
        for (int i = PARTITIONS; i < PARTITIONS + count; i++)
        {
            assertEquals(i, table.add("more", TOPIC_ID, i, 0, 1));
            final PartitionSlot slot = new PartitionSlot(i, new LedgerPartition("more", i, TOPIC_ID),
                PartitionLog.open(new PartitionLogContext()
                    .journalDir(dir).partition("more", i).topicId(TOPIC_ID).segmentFiles(files())));
            slot.log.closeFiles();
            agent.open(slot, null);
            assertTrue(stream.publisher().sourceConditionChanged(i, 1, 0, 1, SourceCondition.FETCHING, ""));
        }
    }

    @Test
    void partitionsThatWaitForChunksDoNotKeepOthersFromOpening() throws IOException
    {
        openMore(OPEN_LOGS + 1);
        final ByteBuffer large = batch(0, 40_000);
        final int chunk = 100_000;
        for (int i = PARTITIONS; i < PARTITIONS + OPEN_LOGS; i++)
        {
            publish(i, 1, 0, large, 0, chunk, large.capacity());
        }
        publish(PARTITIONS + OPEN_LOGS, 1, 0);
        for (int i = PARTITIONS; i < PARTITIONS + OPEN_LOGS; i++)
        {
            publish(i, 1, 0, large, chunk, large.capacity() - chunk, large.capacity());
        }
        agent.doWork();
        for (int i = PARTITIONS; i <= PARTITIONS + OPEN_LOGS; i++)
        {
            assertEquals(RECORDS, table.journalDurableOffset(i), "partition " + i);
        }
    }

    @Test
    void whatWaitsForFilesWhenTheAgentEndsIsStillTaken() throws IOException
    {
        openMore(2 * OPEN_LOGS);
        for (int i = PARTITIONS; i < PARTITIONS + 2 * OPEN_LOGS; i++)
        {
            publish(i, 1, 0);
        }
        isEnded = true;
        agent.onClose();
        for (int i = PARTITIONS; i < PARTITIONS + 2 * OPEN_LOGS; i++)
        {
            assertEquals(RECORDS, table.journalDurableOffset(i), "partition " + i);
        }
    }

    @Test
    void morePartitionsThanMayBeOpenTakeTurns() throws IOException
    {
        final int others = 2 * OPEN_LOGS;
        openMore(others);
        final int rounds = 3;
        for (int round = 0; round < rounds; round++)
        {
            for (int i = PARTITIONS; i < PARTITIONS + others; i++)
            {
                publish(i, 1, (long)round * RECORDS);
            }
        }
        int cycles = 0;
        while (counters.records().get() < rounds * others * RECORDS)
        {
            agent.doWork();
            assertTrue(opened.stream().filter(FileChannel::isOpen).count() <= OPEN_LOGS * 4, "files open");
            assertTrue(++cycles < 1000, "no progress");
        }
        for (int i = PARTITIONS; i < PARTITIONS + others; i++)
        {
            assertEquals(rounds * RECORDS, table.journalDurableOffset(i));
        }
        // Within a duty cycle nothing is durable yet: the fourth partition has to wait for the next one.
        assertTrue(counters.fileWaits().get() > 0);
    }

    @Test
    void flippedBitRefusesItsPartitionAloneUntilANewEpochBegins() throws IOException
    {
        publish(0, 1, 0);
        final ByteBuffer bad = batch(3, 100);
        bad.put(80, (byte)(bad.get(80) ^ 1));
        publish(0, 1, 3, bad, 0, bad.capacity(), 0);
        // Right in itself, but of the epoch that is over.
        final ByteBuffer late = batch(3, 100);
        publish(0, 1, 3, late, 0, late.capacity(), 0);
        final ByteBuffer other = batch(0, 100);
        publish(1, 1, 0, other, 0, other.capacity(), 0);
        agent.doWork();

        assertEquals(1, slots[0].refusedEpoch);
        assertEquals(3, table.journalEndOffset(0));
        assertEquals(JournalState.FAULTED, table.journalState(0));
        assertTrue(table.journalError(0).contains("CRC"), table.journalError(0));
        assertEquals(1, counters.faulted().get());
        assertEquals(1, counters.staleFrames().get());
        assertEquals(3, table.journalEndOffset(1));

        begin(0, 2);
        publish(0, 2, 3);
        agent.doWork();
        assertArrayEquals(expected(), log(0));
        assertEquals(JournalState.ACTIVE, table.journalState(0));
        assertEquals(0, counters.faulted().get());
        assertEquals(
            List.of("0: 0..2", "0: FAULTED at 3", "1: 0..2", "0: ACTIVE at 3", "0: 3..5"), ledger());
    }

    @Test
    void frameThatLeavesAGapIsRefused() throws IOException
    {
        publish(0, 1, 0);
        final ByteBuffer records = batch(6, 100);
        publish(0, 1, 6, records, 0, records.capacity(), 0);
        agent.doWork();
        assertArrayEquals(expected(), log(0));
        assertEquals(1, slots[0].refusedEpoch);
        assertTrue(table.journalError(0).contains("offset 6"), table.journalError(0));
    }

    @Test
    void frameThatComesTwiceIsRefused() throws IOException
    {
        publish(0, 1, 0);
        final ByteBuffer again = batch(0, 100);
        publish(0, 1, 0, again, 0, again.capacity(), 0);
        agent.doWork();
        assertArrayEquals(expected(), log(0));
        assertEquals(List.of("0: 0..2", "0: FAULTED at 3"), ledger());
    }

    @Test
    void aDivergedSuffixIsKeptAndTheNewHistoryFollows() throws IOException
    {
        publish(0, 1, 0);
        publish(0, 1, 3);
        publish(0, 1, 6);
        // Of the other history of this epoch: it ends at 4, so the batch 3..5 goes too.
        assertTrue(stream.publisher().sourceDiverged(0, 1, 9, 0, 4, 1));
        // What comes after it in the same assignment epoch is of the losing history.
        final ByteBuffer late = batch(9, 100);
        publish(0, 1, 9, late, 0, late.capacity(), 0);
        agent.doWork();

        assertEquals(3, table.journalEndOffset(0));
        assertEquals(3, table.journalDurableOffset(0));
        assertEquals(1, slots[0].refusedEpoch);
        assertEquals(JournalState.ACTIVE, table.journalState(0));
        assertEquals(1, checkpoints.get());
        final byte[] first = written.remove(0);
        final byte[] suffix = expected();
        written.clear();
        written.add(first);
        assertArrayEquals(expected(), log(0));
        try (Stream<Path> kept = Files.list(dir.resolve("diverged").resolve("topic-0")))
        {
            final Path branch = kept.findFirst().orElseThrow();
            assertTrue(branch.getFileName().toString().startsWith("3-9-"), branch::toString);
            assertArrayEquals(suffix, Files.readAllBytes(branch.resolve("00000000000000000003.log")));
            assertTrue(Files.readString(branch.resolve("manifest.properties")).contains("base.offset=3"));
        }
        final Incident incident = new Incidents(dir).open().get(0);
        assertEquals(Incident.Kind.DIVERGENCE, incident.kind());
        assertEquals(4, incident.fromOffset());
        assertEquals(9, incident.toOffset());

        begin(0, 2);
        publish(0, 2, 3);
        agent.doWork();
        assertArrayEquals(expected(), log(0));
        assertEquals(
            List.of("0: 0..2", "0: 3..5", "0: 6..8", "0: cut 9 to 3", "0: 3..5"), ledger());
    }

    @Test
    void aHistoryOfWhichNothingIsSharedBeginsWhereTheSourceDoes() throws IOException
    {
        publish(0, 1, 0);
        assertTrue(stream.publisher().sourceDiverged(0, 1, 3, -1, 0, 1));
        agent.doWork();
        assertEquals(0, table.journalEndOffset(0));
        assertTrue(slots[0].log.isEmpty());
        written.clear();
        begin(0, 2);
        publish(0, 2, 0);
        agent.doWork();
        assertArrayEquals(expected(), log(0));
    }

    @Test
    void withHaltADivergedPartitionStopsForGoodAndKeepsWhatItHas() throws IOException
    {
        relaunch(OnDivergence.HALT, Retention.MIRROR);
        publish(0, 1, 0);
        publish(0, 1, 3);
        assertTrue(stream.publisher().sourceDiverged(0, 1, 6, 0, 3, 1));
        agent.doWork();
        begin(0, 2);
        final ByteBuffer late = batch(6, 100);
        publish(0, 2, 6, late, 0, late.capacity(), 0);
        publish(1, 1, 0);
        agent.doWork();
        written.remove(2);
        assertArrayEquals(expected(), log(0));
        assertEquals(PartitionSlot.REFUSED_FOR_GOOD, slots[0].refusedEpoch);
        assertEquals(JournalState.FAULTED, table.journalState(0));
        assertTrue(table.journalError(0).contains("diverged"), table.journalError(0));
        assertEquals(6, table.journalDurableOffset(0));
        assertEquals(3, table.journalEndOffset(1));
        assertEquals(List.of("0: 0..2", "0: 3..5", "0: FAULTED at 6", "1: 0..2"), ledger());
    }

    @Test
    void offsetsThatTheSourceDroppedAreAGapThatIsNoted() throws IOException
    {
        publish(0, 1, 0);
        assertTrue(stream.publisher().offsetsLost(0, 1, 3, 100, 1));
        // Asked for at an earlier end: says nothing of this one.
        assertTrue(stream.publisher().offsetsLost(1, 1, 7, 50, 1));
        agent.doWork();
        assertEquals(100, table.journalEndOffset(0));
        assertEquals(0, table.journalEndOffset(1));
        begin(0, 2);
        publish(0, 2, 100);
        agent.doWork();
        assertEquals(103, table.journalDurableOffset(0));
        assertArrayEquals(written.get(0), log(0));
        assertArrayEquals(written.get(1),
            Files.readAllBytes(dir.resolve("topic-0").resolve("00000000000000000100.log")));
        assertEquals(List.of("0: 0..2", "0: gap 3 to 100", "0: 100..102"), ledger());
        final Incident gap = new Incidents(dir).open().get(0);
        assertEquals(Incident.Kind.GAP, gap.kind());
        assertEquals(3, gap.fromOffset());
        assertEquals(100, gap.toOffset());
        assertEquals(1, new Incidents(dir).acknowledge((incident) -> true).size());
        assertEquals(List.of(), new Incidents(dir).open());
    }

    @Test
    void aRetiredPartitionIsClosedAndTakesNothingMore() throws IOException
    {
        publish(0, 1, 0);
        agent.doWork();
        final AtomicInteger retired = new AtomicInteger();
        agent.end(
            new JournalAgent.Ending(0, PartitionStateType.RETIRED, "gone"), stream.publisher().position(),
            retired::incrementAndGet);
        agent.doWork();
        final ByteBuffer late = batch(3, 100);
        publish(0, 1, 3, late, 0, late.capacity(), 0);
        agent.doWork();
        assertEquals(1, retired.get());
        assertArrayEquals(expected(), log(0));
        assertFalse(slots[0].log.isUsable());
        assertEquals(1, counters.staleFrames().get());
        assertEquals(List.of("0: 0..2", "0: RETIRED at 3"), ledger());
    }

    @Test
    void aPromotedPartitionIsClosedWhenWhatWasPublishedIsInItsLog() throws IOException
    {
        final AtomicInteger promoted = new AtomicInteger();
        publish(0, 1, 0);
        final long position = stream.publisher().position();
        agent.end(
            new JournalAgent.Ending(0, PartitionStateType.PROMOTED, "taken over"), position + 1,
            promoted::incrementAndGet);
        agent.doWork();
        assertEquals(0, promoted.get());
        assertTrue(slots[0].log.isUsable());
        publish(0, 1, 3);
        agent.doWork();
        assertEquals(1, promoted.get());
        assertFalse(slots[0].log.isUsable());
        assertEquals(6, slots[0].durablePoint.offset());
        assertEquals(List.of("0: 0..2", "0: 3..5", "0: PROMOTED at 6"), ledger());
    }

    @Test
    void leftoversOfAnEarlierEpochAreDroppedSilently() throws IOException
    {
        begin(0, 2);
        final ByteBuffer old = batch(0, 100);
        publish(0, 1, 0, old, 0, old.capacity(), 0);
        publish(0, 2, 0);
        agent.doWork();
        assertArrayEquals(expected(), log(0));
        assertEquals(1, counters.staleFrames().get());
        assertEquals(-1, slots[0].refusedEpoch);
    }

    @Test
    void batchInChunksIsVisibleOnlyWhenWholeAndOthersGoOnInBetween() throws IOException
    {
        final ByteBuffer large = batch(0, 900_000);
        final int chunk = 1_000_000;
        publish(0, 1, 0, large, 0, chunk, large.capacity());
        final ByteBuffer other = batch(0, 100);
        publish(1, 1, 0, other, 0, other.capacity(), 0);
        agent.doWork();
        assertEquals(0, table.journalEndOffset(0));
        assertEquals(3, table.journalEndOffset(1));
        publish(0, 1, 0, large, chunk, chunk, large.capacity());
        publish(0, 1, 0, large, 2 * chunk, large.capacity() - 2 * chunk, large.capacity());
        keep(large);
        agent.doWork();
        assertEquals(3, table.journalEndOffset(0));
        assertArrayEquals(expected(), log(0));
        assertEquals(List.of("1: 0..2", "0: 0..2"), ledger());
    }

    @Test
    void missingChunkRefusesAndLeavesNothingBehind() throws IOException
    {
        publish(0, 1, 0);
        final ByteBuffer large = batch(3, 900_000);
        publish(0, 1, 3, large, 0, 1_000_000, large.capacity());
        publish(0, 1, 3, large, 2_000_000, large.capacity() - 2_000_000, large.capacity());
        agent.doWork();
        assertEquals(1, slots[0].refusedEpoch);
        assertArrayEquals(expected(), log(0));
    }

    @Test
    void fullDiskIsWaitedForAndNothingIsLostOrDoubled() throws IOException
    {
        publish(0, 1, 0);
        agent.doWork();
        // The next segment cannot be made.
        slots[0].log.close();
        slots[0] = new PartitionSlot(0, slots[0].name, PartitionLog.open(new PartitionLogContext()
            .journalDir(dir)
            .partition("topic", 0)
            .topicId(TOPIC_ID)
            .segmentBytes(written.get(0).length + 10)
            .segmentFiles(files())));
        agent.open(slots[0], null);
        begin(0, 1);
        agent.doWork();
        isDiskFull = true;
        final ByteBuffer next = batch(3, 100);
        publish(0, 1, 3, next, 0, next.capacity(), 0);
        agent.doWork();
        assertEquals(JournalState.WAITING_FOR_SPACE, table.journalState(0));
        assertEquals(1, counters.diskWaits().get());
        assertEquals(3, table.journalEndOffset(0));
        assertTrue(stream.poller().position() < stream.publisher().position(), "the frame has left the stream");

        isDiskFull = false;
        while (stream.poller().position() < stream.publisher().position())
        {
            agent.doWork();
        }
        assertEquals(JournalState.ACTIVE, table.journalState(0));
        assertEquals("", table.journalError(0));
        assertEquals(6, table.journalEndOffset(0));
        assertArrayEquals(written.get(0), log(0));
        assertEquals(next.capacity(), Files.size(dir.resolve("topic-0").resolve("00000000000000000003.log")));
        assertEquals(List.of("0: 0..2", "0: 3..5"), ledger());
    }

    @Test
    void logStartOfTheSourceIsFollowedUpToTheEndOfTheLog()
    {
        publish(0, 1, 0);
        assertTrue(stream.publisher().logStartAdvanced(0, 1, 2, 1));
        agent.doWork();
        assertEquals(2, table.journalLogStartOffset(0));
        assertTrue(stream.publisher().logStartAdvanced(0, 1, 100, 1));
        agent.doWork();
        assertEquals(3, table.journalLogStartOffset(0));
        assertEquals(3, table.journalEndOffset(0));
        assertFalse(slots[0].log.isEmpty());
        assertEquals(RecordBatch.NO_PARTITION_LEADER_EPOCH + 1, table.journalLastEpoch(0));
    }

    @Test
    void logStartsThatAreHeldAreFollowedWhenTheirTimeHasCome() throws IOException
    {
        final long keepMs = 1_000;
        relaunch(OnDivergence.BRANCH, new Retention(keepMs));
        final long nowMs = System.currentTimeMillis();
        publish(0, 1, 0);
        publish(1, 1, 0);
        // One has waited long enough already, the other will not for the next hour.
        assertTrue(stream.publisher().logStartAdvanced(0, 1, 2, (nowMs - keepMs) * 1_000_000));
        assertTrue(stream.publisher().logStartAdvanced(1, 1, 2, (nowMs + 3_600_000) * 1_000_000));
        final long deadlineNs = System.nanoTime() + 10_000_000_000L;
        do
        {
            agent.doWork();
        }
        while (table.journalLogStartOffset(0) < 2 && System.nanoTime() - deadlineNs < 0);
        assertEquals(2, table.journalLogStartOffset(0));
        assertEquals(0, table.journalLogStartOffset(1));
    }
}
