package io.umbra.journal;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** Exports logs, says what must come of it, and lets a broker look at it. */
final class TestExports
{
    static final int MARKER_EPOCH = 1_000_000;
    private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

    private TestExports()
    {
    }

    static LogExport.Context context(final Path journal, final Path target)
    {
        return new LogExport.Context()
            .sourceDirectory(WrittenLog.partition(journal))
            .targetDirectory(WrittenLog.partition(target))
            .topic(TestLogs.TOPIC)
            .partition(3)
            .topicId(TestLogs.TOPIC_ID)
            .markerLeaderEpoch(MARKER_EPOCH)
            .nowMs(TestBatches.TIME)
            .indexIntervalBytes(TestLogs.INDEX_INTERVAL)
            .segmentFiles(new TestFiles());
    }

    /** Those before the first that ends at or above an offset. */
    static List<ByteBuffer> below(final List<ByteBuffer> batches, final long cut)
    {
        return batches.stream().takeWhile((batch) -> TestBatches.header(batch).lastOffset() < cut).toList();
    }

    /** What a broker shows that had the batches appended, and then aborted what was open. */
    static KafkaView expected(final Path scratch, final List<ByteBuffer> batches, final long logStartOffset)
        throws Exception
    {
        try (KafkaLog kafka = KafkaLog.open(WrittenLog.partition(scratch), true))
        {
            for (final ByteBuffer batch : batches)
            {
                kafka.log().appendAsFollower(MemoryRecords.readableRecords(batch.duplicate()), Integer.MAX_VALUE);
            }
            final List<ProducerStateEntry> open = kafka.log().producerStateManager().activeProducers().values().stream()
                .filter((entry) -> entry.currentTxnFirstOffset().isPresent())
                .sorted(Comparator.comparingLong((entry) -> entry.currentTxnFirstOffset().getAsLong()))
                .toList();
            for (final ProducerStateEntry entry : open)
            {
                kafka.log().appendAsFollower(
                    MemoryRecords.withEndTransactionMarker(
                        kafka.log().logEndOffset(),
                        TestBatches.TIME,
                        MARKER_EPOCH,
                        entry.producerId(),
                        entry.producerEpoch(),
                        new EndTransactionMarker(ControlRecordType.ABORT, Math.max(0, entry.coordinatorEpoch()))),
                    Integer.MAX_VALUE);
            }
            kafka.log().updateHighWatermark(kafka.log().logEndOffset());
            kafka.log().maybeIncrementLogStartOffset(logStartOffset, LogStartOffsetIncrementReason.SegmentDeletion);
        }
        // Of producers there is more in memory than there is in a snapshot.
        try (KafkaLog kafka = KafkaLog.open(WrittenLog.partition(scratch), true, logStartOffset, 0))
        {
            return KafkaView.of(kafka.log());
        }
    }

    /** Offsets of the records that count, if all transactions that are open at the end are aborted. */
    static List<Long> committed(final List<ByteBuffer> batches, final long logStartOffset)
    {
        final Map<Long, List<Long>> open = new HashMap<>();
        final List<Long> committed = new ArrayList<>();
        for (final ByteBuffer bytes : batches)
        {
            final RecordBatch batch =
                MemoryRecords.readableRecords(bytes.duplicate()).batches().iterator().next();
            if (batch.isControlBatch())
            {
                final List<Long> ended = open.remove(batch.producerId());
                if (ended != null &&
                    ControlRecordType.parse(batch.iterator().next().key()) == ControlRecordType.COMMIT)
                {
                    committed.addAll(ended);
                }
            }
            else
            {
                final List<Long> offsets = !batch.isTransactional() ? committed :
                    open.computeIfAbsent(batch.producerId(), (id) -> new ArrayList<>());
                batch.forEach((record) -> offsets.add(record.offset()));
            }
        }
        return committed.stream().filter((offset) -> offset >= logStartOffset).sorted().toList();
    }

    /**
     * Has the broker open what was exported as after it was stopped in order, and go on with it.
     *
     * @return what it shows at first.
     */
    static KafkaView openedByBroker(final ExportedLog exported, final Path target) throws Exception
    {
        final Path directory = WrittenLog.partition(target);
        final KafkaView view;
        final long tail = PartitionFiles.offsets(directory, LogSegment.LOG_SUFFIX).last();
        assertEquals(exported.endOffset(), tail);
        final Map<String, byte[]> before = filesBelow(directory, tail);
        try (KafkaLog kafka = KafkaLog.open(
            directory, true, exported.logStartOffset(), exported.promotedEndOffset()))
        {
            assertFalse(kafka.hasRecovered());
            assertEquals(exported.promotedEndOffset(), kafka.log().logEndOffset());
            assertUntouched(before, directory, tail);
            view = KafkaView.of(kafka.log());
            assertEquals(view.end(), view.stable(), "a transaction is left open");
            // Enough for new segments.
            for (int i = 0; i < 20; i++)
            {
                kafka.log().appendAsLeader(
                    MemoryRecords.withRecords(
                        Compression.NONE, new SimpleRecord(TestBatches.TIME, new byte[700])),
                    MARKER_EPOCH + 1);
            }
            assertEquals(exported.promotedEndOffset() + 20, kafka.log().logEndOffset());
            kafka.log().flush(true);
        }
        assertUntouched(before, directory, tail);
        try (KafkaLog kafka = KafkaLog.open(directory, true, exported.logStartOffset(), 0))
        {
            assertEquals(exported.promotedEndOffset() + 20, kafka.log().logEndOffset());
        }
        assertUntouched(before, directory, tail);
        // A kill of the broker: its checkpoint says where the exported log ended.
        try (KafkaLog kafka = KafkaLog.open(
            directory, false, exported.logStartOffset(), exported.promotedEndOffset()))
        {
            assertEquals(exported.promotedEndOffset() + 20, kafka.log().logEndOffset());
        }
        assertUntouched(before, directory, tail);
        return view;
    }

    /** Files of segments below the one that the broker may write to; their time is set back, so that a write shows. */
    private static Map<String, byte[]> filesBelow(final Path directory, final long tail) throws IOException
    {
        final Map<String, byte[]> files = new TreeMap<>();
        for (final Map.Entry<String, byte[]> file : TestLogs.files(directory).entrySet())
        {
            if (Character.isDigit(file.getKey().charAt(0)) && Long.parseLong(file.getKey().substring(0, 20)) < tail)
            {
                files.put(file.getKey(), file.getValue());
                Files.setLastModifiedTime(directory.resolve(file.getKey()), LONG_AGO);
            }
        }
        return files;
    }

    private static void assertUntouched(
        final Map<String, byte[]> before, final Path directory, final long tail) throws IOException
    {
        for (final Map.Entry<String, byte[]> file : before.entrySet())
        {
            final Path path = directory.resolve(file.getKey());
            // A snapshot within a segment is dropped by the broker.
            if (Files.exists(path) || !file.getKey().endsWith(ProducerSnapshot.SUFFIX))
            {
                assertEquals(LONG_AGO, Files.getLastModifiedTime(path), file.getKey());
                assertEquals(ByteBuffer.wrap(file.getValue()), ByteBuffer.wrap(Files.readAllBytes(path)));
            }
        }
    }

    /** What a directory holds, down to the inode of each file. */
    static Map<String, String> fingerprint(final Path directory) throws IOException
    {
        final Map<String, String> all = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(directory))
        {
            for (final Path path : (Iterable<Path>)paths.filter(Files::isRegularFile)::iterator)
            {
                all.put(
                    directory.relativize(path).toString(),
                    Files.getAttribute(path, "unix:ino") + " " + ByteBuffer.wrap(Files.readAllBytes(path)).hashCode());
            }
        }
        return all;
    }
}
