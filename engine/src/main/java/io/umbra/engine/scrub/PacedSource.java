package io.umbra.engine.scrub;

import io.umbra.engine.verify.BatchRecords;
import io.umbra.engine.verify.CleanupPolicy;
import io.umbra.engine.verify.SourceBatches;
import io.umbra.engine.verify.SourcePartition;
import io.umbra.engine.verify.VerifySource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;

/**
 * The live source, from which no more bytes are fetched in a second than should be. For one thread.
 */
final class PacedSource implements VerifySource
{
    private final VerifySource source;
    private final Pace pace;

    PacedSource(final VerifySource source, final Pace pace)
    {
        this.source = source;
        this.pace = pace;
    }

    @Override
    public Collection<SourcePartition> partitions() throws IOException
    {
        return source.partitions();
    }

    @Override
    public SourceBatches open(final SourcePartition partition) throws IOException
    {
        final SourceBatches batches = source.open(partition);
        return new SourceBatches()
        {
            @Override
            public long logStartOffset()
            {
                return batches.logStartOffset();
            }

            @Override
            public long highWatermark()
            {
                return batches.highWatermark();
            }

            @Override
            public ByteBuffer fetch(final long offset) throws IOException
            {
                final ByteBuffer fetched = batches.fetch(offset);
                pace.take(fetched.remaining());
                return fetched;
            }
        };
    }

    @Override
    public Map<String, CleanupPolicy> cleanupPolicies(final Collection<String> topics) throws IOException
    {
        return source.cleanupPolicies(topics);
    }

    @Override
    public BatchRecords records(final ByteBuffer batch) throws IOException
    {
        return source.records(batch);
    }
}
