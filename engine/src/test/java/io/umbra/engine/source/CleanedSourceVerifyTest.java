package io.umbra.engine.source;

import io.umbra.engine.verify.Compaction;
import io.umbra.engine.verify.Difference;
import io.umbra.engine.verify.Difference.Kind;
import io.umbra.engine.verify.PartitionVerdict;
import io.umbra.engine.verify.Verifier;
import io.umbra.engine.verify.VerifyProgress;
import io.umbra.engine.verify.VerifySettings;
import io.umbra.journal.AppendResult;
import io.umbra.journal.BatchBytes;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter.BatchRetention;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Verification of what Kafka's own cleaner has made of batches since they were copied. */
class CleanedSourceVerifyTest
{
    private static final int BATCHES = 12;
    /** The last of each batch is a transaction's end, in a batch of its own. */
    private static final int RECORDS = 5;
    private static final int STRIDE = RECORDS + 1;
    private static final long END = (long)BATCHES * STRIDE;

    @TempDir
    private Path journalDir;

    /** What a batch is made of; a test changes some of it for the shadow. */
    private static final class Ingredients
    {
        final long base;
        final List<SimpleRecord> records = new ArrayList<>();
        CompressionType codec = CompressionType.NONE;
        TimestampType timestampType = TimestampType.CREATE_TIME;
        long producerId = 77;
        short producerEpoch = 3;
        int leaderEpoch = 2;
        int sequence;
        boolean isTransactional = true;

        Ingredients(final long base)
        {
            this.base = base;
            sequence = (int)base;
            for (int i = 0; i < RECORDS; i++)
            {
                final boolean isTombstone = i == 3;
                records.add(record(1_000 + base + i, "key-" + i, isTombstone ? null : "value-" + (base + i), "h" + i));
            }
        }

        ByteBuffer build()
        {
            final MemoryRecordsBuilder builder = MemoryRecords.builder(
                ByteBuffer.allocate(4096), RecordBatch.MAGIC_VALUE_V2, Compression.of(codec).build(), timestampType,
                base, 5_000, producerId, producerEpoch, sequence, isTransactional, false, leaderEpoch);
            records.forEach(builder::append);
            return builder.build().buffer();
        }
    }

    private static SimpleRecord record(final long timestamp, final String key, final String value, final String header)
    {
        return new SimpleRecord(timestamp, key.getBytes(UTF_8), null == value ? null : value.getBytes(UTF_8),
            new Header[]{new RecordHeader(header, new byte[]{1}), new RecordHeader("none", (byte[])null)});
    }

    private static ByteBuffer marker(final long offset)
    {
        return MemoryRecords.withEndTransactionMarker(
            offset, 9_000, 2, 77, (short)3, new EndTransactionMarker(ControlRecordType.ABORT, 1)).buffer();
    }

    private static ByteBuffer log(final CompressionType codec, final Consumer<Ingredients> change)
    {
        final ByteBuffer log = ByteBuffer.allocate(1 << 16);
        for (int i = 0; i < BATCHES; i++)
        {
            final Ingredients batch = new Ingredients((long)i * STRIDE);
            batch.codec = codec;
            batch.timestampType = 0 == i % 2 ? TimestampType.CREATE_TIME : TimestampType.LOG_APPEND_TIME;
            if (2 == i)
            {
                change.accept(batch);
            }
            log.put(batch.build()).put(marker(batch.base + RECORDS));
        }
        return log.flip();
    }

    private static ByteBuffer log(final CompressionType codec)
    {
        return log(codec, (batch) ->
        {
        });
    }

    private void shadow(final ByteBuffer batches) throws Exception
    {
        try (PartitionLog log = PartitionLog.open(new PartitionLogContext()
            .journalDir(journalDir)
            .partition(CleanedSource.NAME.topic(), CleanedSource.NAME.partition())
            .topicId(CleanedSource.NAME.topicId())))
        {
            final BatchBytes bytes = new BatchBytes();
            bytes.reset();
            bytes.add(batches, 0, batches.limit());
            log.append(bytes, new AppendResult());
        }
    }

    private PartitionVerdict verify(final CleanedSource source) throws IOException
    {
        return Verifier.verify(
            new VerifySettings(journalDir, (topic) -> true, true, true), source, VerifyProgress.NONE)
            .partitions().get(0);
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void comparesByRecordWhatTheCleanerHasRewritten(final CompressionType codec) throws Exception
    {
        final CleanedSource source = new CleanedSource(log(codec), END);
        shadow(source.log());
        // One record of each batch goes, the marker stays.
        source.clean((offset) -> offset % STRIDE != 1, BatchRetention.DELETE_EMPTY);
        final PartitionVerdict verdict = verify(source);
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(2 * BATCHES, verdict.batches());
        assertEquals(
            new Compaction("compact", BATCHES, BATCHES * (RECORDS - 1), 0, BATCHES, 1, END - RECORDS),
            verdict.compaction());
    }

    @Test
    void aDeleteHorizonIsNoDifference() throws Exception
    {
        final CleanedSource source = new CleanedSource(log(CompressionType.ZSTD), END);
        shadow(source.log());
        // Everything is kept, but the tombstones get the time when they may go.
        source.clean((offset) -> true, BatchRetention.DELETE_EMPTY);
        final PartitionVerdict verdict = verify(source);
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(new Compaction("compact", BATCHES, BATCHES * RECORDS, 0, 0, -1, -1), verdict.compaction());
    }

    @Test
    void batchesThatHaveNoRecordLeftAreCompared() throws Exception
    {
        final CleanedSource source = new CleanedSource(log(CompressionType.GZIP), END);
        shadow(source.log());
        source.clean((offset) -> offset % (2 * STRIDE) >= STRIDE, BatchRetention.RETAIN_EMPTY);
        final PartitionVerdict verdict = verify(source);
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(2 * BATCHES, verdict.batches());
        assertEquals(BATCHES / 2 * STRIDE, verdict.compaction().removedRecords());
        assertEquals(0, verdict.compaction().removedBatches());

        // Their producer has gone: what the shadow has of them only repeats what it has.
        source.clean((offset) -> offset % (2 * STRIDE) >= STRIDE, BatchRetention.DELETE_EMPTY);
        final PartitionVerdict later = verify(source);
        assertTrue(later.isIdentical(), later::toString);
        assertEquals(BATCHES, later.batches());
        assertEquals(BATCHES, later.compaction().removedBatches());
        assertEquals(BATCHES / 2 * STRIDE, later.compaction().removedRecords());
    }

    @Test
    void aShadowThatBeganWithCleanedBatchesIsComparedToo() throws Exception
    {
        final CleanedSource source = new CleanedSource(log(CompressionType.LZ4), END);
        source.clean((offset) -> offset % STRIDE != 1, BatchRetention.RETAIN_EMPTY);
        shadow(source.log());
        assertEquals(new Compaction("compact", 2 * BATCHES, 0, 0, 0, -1, -1), verify(source).compaction());
        source.clean((offset) -> offset >= 2 * STRIDE && offset % STRIDE != 2, BatchRetention.RETAIN_EMPTY);
        final PartitionVerdict verdict = verify(source);
        assertTrue(verdict.isIdentical(), verdict::toString);
        assertEquals(2 * RECORDS + BATCHES - 2, verdict.compaction().removedRecords());
    }

    private enum Change
    {
        VALUE(14, "value", (r) -> record(r.timestamp(), "key-2", "other", "h2")),
        KEY(14, "key", (r) -> record(r.timestamp(), "other", "value-14", "h2")),
        HEADERS(14, "headers", (r) -> record(r.timestamp(), "key-2", "value-14", "other")),
        NULL_VALUE(14, "value", (r) -> record(r.timestamp(), "key-2", null, "h2")),
        TIMESTAMP(14, "timestamp", (r) -> record(r.timestamp() - 1, "key-2", "value-14", "h2")),
        PRODUCER(12, "producer id", (batch, records) -> batch.producerId++),
        PRODUCER_EPOCH(12, "producer epoch", (batch, records) -> batch.producerEpoch++),
        SEQUENCE(12, "base sequence", (batch, records) -> batch.sequence++),
        TRANSACTION(12, "kind", (batch, records) -> batch.isTransactional = false);

        final long offset;
        final String text;
        final BiConsumer<Ingredients, List<SimpleRecord>> how;

        Change(final long offset, final String text, final UnaryOperator<SimpleRecord> how)
        {
            this(offset, text, (batch, records) -> records.set(2, how.apply(records.get(2))));
        }

        Change(final long offset, final String text, final BiConsumer<Ingredients, List<SimpleRecord>> how)
        {
            this.offset = offset;
            this.text = text;
            this.how = how;
        }
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void findsWhatIsDifferentInARewrittenBatch(final Change change) throws Exception
    {
        final CleanedSource source = new CleanedSource(log(CompressionType.SNAPPY), END);
        shadow(log(CompressionType.SNAPPY, (batch) -> change.how.accept(batch, batch.records)));
        source.clean((offset) -> offset % STRIDE != 1, BatchRetention.DELETE_EMPTY);
        final PartitionVerdict verdict = verify(source);
        assertEquals(1, verdict.differences().size(), verdict::toString);
        final Difference difference = verdict.differences().get(0);
        assertEquals(Kind.CONTENT, difference.kind(), difference::toString);
        assertEquals(change.offset, difference.offset(), difference::toString);
        assertTrue(difference.text().contains(change.text), difference::toString);
        assertTrue(null != difference.file() && difference.position() > 0, difference::toString);
    }

    @Test
    void findsARecordThatOnlyTheSourceHas() throws Exception
    {
        final CleanedSource source = new CleanedSource(log(CompressionType.SNAPPY), END);
        source.clean((offset) -> 14 != offset, BatchRetention.DELETE_EMPTY);
        shadow(source.log());
        final CleanedSource other = new CleanedSource(log(CompressionType.SNAPPY), END);
        other.clean((offset) -> offset % STRIDE != 1, BatchRetention.DELETE_EMPTY);
        final PartitionVerdict verdict = verify(other);
        assertEquals(1, verdict.differences().size(), verdict::toString);
        assertEquals(Kind.MISSING, verdict.differences().get(0).kind());
        assertEquals(14, verdict.differences().get(0).offset());
    }

    @Test
    void aBatchOfTheSourceThatIsNotSoundIsADifference() throws Exception
    {
        final CleanedSource source = new CleanedSource(log(CompressionType.NONE), END);
        shadow(source.log());
        source.clean((offset) -> offset % STRIDE != 1, BatchRetention.DELETE_EMPTY);
        source.log().put(100, (byte)(source.log().get(100) ^ 1));
        final PartitionVerdict verdict = verify(source);
        assertEquals(1, verdict.differences().size(), verdict::toString);
        assertEquals(0, verdict.differences().get(0).offset());
        assertTrue(verdict.differences().get(0).text().contains("not comparable by record"), verdict::toString);
    }
}
