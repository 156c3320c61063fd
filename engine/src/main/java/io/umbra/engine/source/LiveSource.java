package io.umbra.engine.source;

import io.umbra.engine.config.TopicFilter;
import io.umbra.engine.verify.BatchRecords;
import io.umbra.engine.verify.CleanupPolicy;
import io.umbra.engine.verify.SourceBatches;
import io.umbra.engine.verify.SourcePartition;
import io.umbra.engine.verify.VerifySource;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.BufferSupplier;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The live source as verification reads it: blocking, on connections of its own, beside a running engine. For one
 * thread.
 */
public final class LiveSource implements VerifySource, AutoCloseable
{
    private final BufferSupplier decompressionBuffers = BufferSupplier.create();
    private final SourceClient client;
    private final TopicFilter topics;

    /**
     * Connections are opened as they are needed.
     *
     * @param settings how to reach the source.
     * @param topics   that the link includes.
     */
    public LiveSource(final SourceSettings settings, final TopicFilter topics)
    {
        this(settings, topics, "verify");
    }

    /**
     * Connections are opened as they are needed.
     *
     * @param settings how to reach the source.
     * @param topics   that the link includes.
     * @param role     part of the client id.
     */
    public LiveSource(final SourceSettings settings, final TopicFilter topics, final String role)
    {
        this.topics = topics;
        client = new SourceClient(settings, role);
    }

    /**
     * Makes a question that is waiting for its answer give up, and all that come after it. From any thread.
     */
    public void abort()
    {
        client.abort();
    }

    /**
     * The cluster that answers.
     *
     * @return its id, null if it does not say.
     * @throws IOException if none answers.
     */
    public String clusterId() throws IOException
    {
        return metadata().clusterId();
    }

    @Override
    public Collection<SourcePartition> partitions() throws IOException
    {
        final List<SourcePartition> partitions = new ArrayList<>();
        for (final ClusterMetadata.Topic topic : metadata().topics())
        {
            if (topics.matches(topic.name()))
            {
                for (final int partition : topic.partitions())
                {
                    partitions.add(new SourcePartition(topic.name(), partition, uuid(topic.id())));
                }
            }
        }
        return partitions;
    }

    @Override
    public SourceBatches open(final SourcePartition partition) throws IOException
    {
        try
        {
            final UUID id = partition.topicId();
            return new Batches(new SourcePartitionReader(
                client, metadata(), new TopicPartition(partition.topic(), partition.partition()),
                new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits())));
        }
        catch (final SourceUnavailableException ex)
        {
            throw new IOException(ex.getMessage(), ex);
        }
    }

    @Override
    public Map<String, CleanupPolicy> cleanupPolicies(final Collection<String> names) throws IOException
    {
        try
        {
            return new TopicPolicies(client).ask(metadata(), names);
        }
        catch (final SourceUnavailableException ex)
        {
            throw new IOException(ex.getMessage(), ex);
        }
    }

    @Override
    public BatchRecords records(final ByteBuffer batch) throws IOException
    {
        return DecodedBatch.open(batch, decompressionBuffers);
    }

    @Override
    public void close()
    {
        decompressionBuffers.close();
        client.close();
    }

    /** Asked each time: leaders move. */
    private ClusterMetadata metadata() throws IOException
    {
        try
        {
            return client.metadata();
        }
        catch (final SourceUnavailableException ex)
        {
            throw new IOException(ex.getMessage(), ex);
        }
    }

    private static UUID uuid(final Uuid id)
    {
        return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    private record Batches(SourcePartitionReader reader) implements SourceBatches
    {
        @Override
        public long logStartOffset()
        {
            return reader.logStartOffset();
        }

        @Override
        public long highWatermark()
        {
            return reader.highWatermark();
        }

        @Override
        public ByteBuffer fetch(final long offset) throws IOException
        {
            try
            {
                return reader.fetch(offset);
            }
            catch (final SourceUnavailableException ex)
            {
                throw new IOException(ex.getMessage(), ex);
            }
        }
    }
}
