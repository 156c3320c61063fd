package io.umbra.engine.source;

import io.umbra.engine.verify.BatchRecords;
import io.umbra.engine.verify.CleanupPolicy;
import io.umbra.engine.verify.SourceBatches;
import io.umbra.engine.verify.SourcePartition;
import io.umbra.engine.verify.VerifySource;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongPredicate;

/** A compacted partition of a source: its batches go through Kafka's own rewriting, as its cleaner does it. */
final class CleanedSource implements VerifySource
{
    static final SourcePartition NAME = new SourcePartition("cleaned", 0, new UUID(5, 6));
    private static final int CAPACITY = 1 << 20;

    private final long highWatermark;
    private ByteBuffer log;

    CleanedSource(final ByteBuffer log, final long highWatermark)
    {
        this.log = log;
        this.highWatermark = highWatermark;
    }

    /**
     * Removes records.
     *
     * @param isRetained by offset.
     * @param retention  of batches that have none left.
     */
    void clean(final LongPredicate isRetained, final MemoryRecords.RecordFilter.BatchRetention retention)
    {
        log = MemoryRecords.readableRecords(log).filterTo(
            new MemoryRecords.RecordFilter(1_000_000, 1_000)
            {
                @Override
                protected BatchRetentionResult checkBatchRetention(final RecordBatch batch)
                {
                    return new BatchRetentionResult(retention, false);
                }

                @Override
                protected boolean shouldRetainRecord(final RecordBatch batch, final Record record)
                {
                    return isRetained.test(record.offset());
                }
            },
            ByteBuffer.allocate(CAPACITY), BufferSupplier.NO_CACHING).outputBuffer().flip();
    }

    ByteBuffer log()
    {
        return log;
    }

    @Override
    public Collection<SourcePartition> partitions()
    {
        return List.of(NAME);
    }

    @Override
    public SourceBatches open(final SourcePartition partition)
    {
        return new SourceBatches()
        {
            @Override
            public long logStartOffset()
            {
                return 0;
            }

            @Override
            public long highWatermark()
            {
                return highWatermark;
            }

            @Override
            public ByteBuffer fetch(final long offset)
            {
                int position = 0;
                while (position < log.limit() && RecordBatches.lastOffset(log, position) < offset)
                {
                    position += RecordBatches.sizeInBytes(log, position, log.limit());
                }
                return log.slice(position, log.limit() - position);
            }
        };
    }

    @Override
    public Map<String, CleanupPolicy> cleanupPolicies(final Collection<String> topics)
    {
        return Map.of(NAME.topic(), CleanupPolicy.of("compact"));
    }

    @Override
    public BatchRecords records(final ByteBuffer batch) throws IOException
    {
        return DecodedBatch.open(batch, BufferSupplier.NO_CACHING);
    }
}
