package io.umbra.engine;

import io.aeron.driver.DutyCycleTracker;
import io.umbra.codecs.control.SourceCondition;
import io.umbra.engine.config.FlushPolicy;
import io.umbra.engine.config.OnDivergence;
import io.umbra.engine.config.Retention;
import io.umbra.engine.recording.Run;
import io.umbra.engine.recording.RunIndexWriter;
import io.umbra.engine.status.PartitionTable;
import io.umbra.journal.Incidents;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import io.umbra.journal.ledger.Ledger;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.journal.ledger.LedgerReconciler;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.FramePublisher;
import io.umbra.transport.ShardTransport;
import io.umbra.transport.recording.ArchiveDirectory;
import io.umbra.transport.recording.FlightRecorder;
import io.umbra.transport.recording.Recording;
import io.umbra.transport.recording.RecordingReader;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertNull;

/**
 * One run of one shard, recorded: a real stream, a real archive, a real JournalAgent whose duty cycles the test turns.
 * Times of messages are the test's.
 */
final class RecordedJournal implements AutoCloseable
{
    static final int SEGMENT_BYTES = 32 * 1024;
    static final int TERM_LENGTH = 1024 * 1024;

    /** Wall clock of the messages, nanoseconds since 1970. */
    long timeNs;
    /** What was said of frames that were missed. */
    final List<String> news = new ArrayList<>();
    final FlightRecorder recorder;
    private final ShardTransport transport;
    private final FramePublisher publisher;
    private final JournalDirectory directory;
    private final PartitionTable table;
    private final PartitionSlots slots = new PartitionSlots();
    private final Flusher flusher = new Flusher(0, 16, () -> {});
    private final RunIndexWriter index;
    private final JournalAgent agent;
    private final Map<LedgerPartition, PartitionSlot> byName = new LinkedHashMap<>();
    private final Map<LedgerPartition, Integer> epochs = new LinkedHashMap<>();
    private final Path journalDir;

    RecordedJournal(final Path dir, final long startTimeNs, final boolean isRecorded) throws IOException
    {
        timeNs = startTimeNs;
        journalDir = dir.resolve("journal");
        directory = JournalDirectory.open(journalDir, "link", 0);
        directory.bindClusterId("cluster");
        table = PartitionTable.create(journalDir, "link", 0, 1);
        transport = ShardTransport.launch(new ShardTransport.Context()
            .aeronDirectoryName(dir.resolve("aeron").toString())
            .termLength(TERM_LENGTH)
            .errorHandler((error) ->
            {
                throw new AssertionError(error);
            }));
        final Path archive = dir.resolve("archive");
        recorder = !isRecorded ? null : FlightRecorder.launch(new FlightRecorder.Context(
            transport, archive, 1, 8L * TERM_LENGTH * 1024, 0, new Failing(), (error) -> {}));
        final ShardTransport.ShardStream stream = isRecorded ? recorder.openStream(0) : transport.openStream(0);
        publisher = stream.publisher();
        final Ledger ledger =
            Ledger.open(new LedgerContext().ledgerDirectory(journalDir.resolve("ledger")).nodeId(0).shard(0));
        if (isRecorded)
        {
            final FlightRecorder.Start start = recorder.starts().get(0);
            MissedFrames.record(archive, journalDir, start, stream, news::add);
            index = RunIndexWriter.begin(
                archive,
                new Run(startTimeNs / 1_000_000, "link", 0, SEGMENT_BYTES, true, null,
                    List.of(new Run.Stream(0, start.recordingId(), publisher.position())), Map.of()),
                ArchiveDirectory.recordings(archive));
            index.cluster("cluster");
        }
        else
        {
            index = null;
        }
        final EventLog events = new EventLog();
        agent = new JournalAgent(new JournalAgent.Context(
            0,
            stream.poller(),
            ledger,
            new JournalFlush.Settings(new FlushPolicy(FlushPolicy.Mode.COMMIT, 0), 1_000),
            flusher,
            table,
            new SpaceGuard(journalDir, 0, SystemEpochClock.INSTANCE),
            8,
            new SourceHistory(new SourceHistory.Context(
                ledger,
                new SourceHistory.Policy(OnDivergence.BRANCH, Retention.MIRROR),
                new Incidents(journalDir),
                () -> new Checkpoints(directory, slots, events).write(),
                new ShardCounters(transport, 0).history(),
                events)),
            new AppendDelays(Long.MAX_VALUE),
            new ShardCounters(transport, 0).journal(),
            new DutyCycleTracker(),
            events));
        agent.onStart();
    }

    private static final class Failing implements FlightRecorder.Events
    {
        @Override
        public void onStopped(final String reason)
        {
            throw new AssertionError(reason);
        }

        @Override
        public void onWarning(final String text)
        {
            throw new AssertionError(text);
        }
    }

    /** Opens a log and begins to fetch it; what comes first of an empty one is at an offset. */
    void open(final LedgerPartition name, final long startOffset) throws IOException
    {
        directory.retireOther(name.topic(), name.partition(), name.topicId());
        final PartitionLog log = PartitionLog.open(new PartitionLogContext()
            .journalDir(journalDir)
            .partition(name.topic(), name.partition())
            .topicId(name.topicId())
            .segmentBytes(SEGMENT_BYTES));
        if (log.isEmpty() && log.endOffset() != startOffset)
        {
            log.startAt(startOffset);
        }
        final PartitionSlot slot = new PartitionSlot(
            table.add(name.topic(), name.topicId(), name.partition(), 0, 1), name, log);
        slots.put(slot);
        slot.noteDurablePoint();
        if (null != index)
        {
            index.partition(slot.index, name);
        }
        byName.put(name, slot);
        agent.open(slot, LedgerReconciler.read(journalDir.resolve("ledger")).end(name));
        begin(name);
    }

    /** Fetching begins (anew) at the end of the log. */
    void begin(final LedgerPartition name)
    {
        final int epoch = epochs.merge(name, 1, Integer::sum);
        offer(() -> publisher.sourceConditionChanged(
            slot(name).index, epoch, end(name), timeNs, SourceCondition.FETCHING, ""));
    }

    long end(final LedgerPartition name)
    {
        return slot(name).log.endOffset();
    }

    /** Publishes a batch at the end of the log, and has it journaled. */
    void append(final LedgerPartition name, final int valueBytes, final int leaderEpoch)
    {
        publish(name, end(name), valueBytes, leaderEpoch);
        work();
    }

    /** Publishes a batch, which stays in the stream until the agent works. */
    long publish(final LedgerPartition name, final long offset, final int valueBytes, final int leaderEpoch)
    {
        final ByteBuffer records = batch(offset, valueBytes, leaderEpoch);
        final FrameHeader header = header(name, offset, leaderEpoch);
        offer(() -> publisher.dataFrame(header, new UnsafeBuffer(records), 0, records.capacity()));
        return offset + 1;
    }

    /** Told after each chunk. */
    interface ChunkListener
    {
        void onChunk(int number) throws IOException;
    }

    void appendChunks(final LedgerPartition name, final int valueBytes, final int chunk) throws IOException
    {
        appendChunks(name, valueBytes, chunk, (number) -> {});
    }

    /** The same in chunks. */
    void appendChunks(
        final LedgerPartition name, final int valueBytes, final int chunk, final ChunkListener listener)
        throws IOException
    {
        final ByteBuffer records = batch(end(name), valueBytes, 0);
        final FrameHeader header = header(name, end(name), 0);
        header.batchLength = records.capacity();
        for (int at = 0; at < records.capacity(); at += chunk)
        {
            header.chunkOffset = at;
            final int from = at;
            offer(() -> publisher.dataFrame(
                header, new UnsafeBuffer(records), from, Math.min(chunk, records.capacity() - from)));
            work();
            listener.onChunk(at / chunk + 1);
        }
    }

    void logStart(final LedgerPartition name, final long offset)
    {
        offer(() -> publisher.logStartAdvanced(slot(name).index, epochs.get(name), offset, timeNs));
        work();
    }

    /** The source's history is another one; fetching begins anew. */
    void diverge(final LedgerPartition name, final int leaderEpoch, final long endOffset)
    {
        offer(() -> publisher.sourceDiverged(
            slot(name).index, epochs.get(name), end(name), leaderEpoch, endOffset, timeNs));
        work();
        begin(name);
        work();
    }

    void lose(final LedgerPartition name, final long toOffset)
    {
        offer(() -> publisher.offsetsLost(slot(name).index, epochs.get(name), end(name), toOffset, timeNs));
        work();
        begin(name);
        work();
    }

    void work()
    {
        agent.doWork();
    }

    /** Copies the archive as it would be if the engine were killed now. */
    void copyArchive(final Path to) throws IOException
    {
        final Path archive = journalDir.resolveSibling("archive");
        final Recording recording = ArchiveDirectory.recordings(archive).get(0);
        while (RecordingReader.endOf(archive, recording) < publisher.position())
        {
            Thread.onSpinWait();
        }
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(archive))
        {
            for (final Path file : files.filter(Files::isRegularFile).toList())
            {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private FrameHeader header(final LedgerPartition name, final long offset, final int leaderEpoch)
    {
        final FrameHeader header = new FrameHeader();
        header.partitionIndex = slot(name).index;
        header.assignmentEpoch = epochs.get(name);
        header.fetchOffset = offset;
        header.baseOffset = offset;
        header.lastOffset = offset;
        header.leaderEpoch = leaderEpoch;
        header.leaderId = 3;
        header.sourceHighWatermark = offset + 1;
        header.fetchTimeNs = timeNs;
        return header;
    }

    private PartitionSlot slot(final LedgerPartition name)
    {
        return byName.get(name);
    }

    private void offer(final BooleanSupplier message)
    {
        while (!message.getAsBoolean())
        {
            work();
        }
    }

    private static ByteBuffer batch(final long offset, final int valueBytes, final int leaderEpoch)
    {
        final byte[] value = new byte[valueBytes];
        new Random(offset + leaderEpoch).nextBytes(value);
        final ByteBuffer heap = MemoryRecords.withRecords(
            Compression.NONE, leaderEpoch, new SimpleRecord(1000 + offset, null, value)).buffer();
        heap.putLong(0, offset).putInt(12, leaderEpoch);
        final ByteBuffer direct = ByteBuffer.allocateDirect(heap.remaining());
        direct.put(0, heap, 0, heap.remaining());
        return direct;
    }

    @Override
    public void close() throws IOException
    {
        agent.onClose();
        end(recorder);
    }

    /** Ends as if killed, but for what the operating system keeps: what is in the stream is recorded, not journaled. */
    void abandon() throws IOException
    {
        for (final PartitionSlot slot : byName.values())
        {
            slot.log.close();
        }
        end(recorder);
    }

    private void end(final FlightRecorder recording) throws IOException
    {
        if (null != recording)
        {
            assertNull(recording.stopReason());
            recording.close();
            index.close();
        }
        flusher.close();
        transport.close();
        table.close();
        directory.close();
    }
}
