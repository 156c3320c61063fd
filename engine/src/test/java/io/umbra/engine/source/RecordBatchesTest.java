package io.umbra.engine.source;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RecordBatchesTest
{
    private static ByteBuffer batch(final byte magic)
    {
        return MemoryRecords.withRecords(
            magic, 42, Compression.NONE, new SimpleRecord("a".getBytes()), new SimpleRecord("b".getBytes())).buffer();
    }

    @Test
    void readsTheHeaderOfABatch()
    {
        final ByteBuffer records = batch(RecordBatch.MAGIC_VALUE_V2);
        assertEquals(records.remaining(), RecordBatches.sizeInBytes(records, 0, records.limit()));
        assertEquals(42, RecordBatches.baseOffset(records, 0));
        assertEquals(43, RecordBatches.lastOffset(records, 0));
        assertEquals(RecordBatch.NO_PARTITION_LEADER_EPOCH, RecordBatches.leaderEpoch(records, 0));
    }

    @Test
    void batchThatIsCutOffAnywhereIsNoBatchYet()
    {
        final ByteBuffer records = batch(RecordBatch.MAGIC_VALUE_V2);
        for (int limit = 0; limit < records.limit(); limit++)
        {
            assertEquals(0, RecordBatches.sizeInBytes(records, 0, limit), "limit " + limit);
        }
    }

    @Test
    void oldMessageFormatsAndImpossibleLengthsAreNamed()
    {
        final ByteBuffer old = batch(RecordBatch.MAGIC_VALUE_V1);
        assertEquals(-1, RecordBatches.sizeInBytes(old, 0, old.limit()));
        assertTrue(RecordBatches.describe(old, 0, old.limit()).contains("message format 1 at offset 42"));
        for (final int length : new int[]{-1, 0, 48, Integer.MIN_VALUE, Integer.MAX_VALUE})
        {
            final ByteBuffer records = batch(RecordBatch.MAGIC_VALUE_V2);
            records.putInt(8, length);
            assertEquals(-1, RecordBatches.sizeInBytes(records, 0, records.limit()), "length " + length);
            assertTrue(RecordBatches.describe(records, 0, records.limit()).contains("length " + length));
        }
    }
}
