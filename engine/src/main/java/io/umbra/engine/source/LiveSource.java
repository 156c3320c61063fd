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
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The live source as verification reads it: blocking, on connections of its own, beside a running engine. What fails is
 * tried again for a second or so: connections break, leaders move, and a broker ends a connection when its cleaner
 * deletes the file that it is sending. While the source does not answer at all, only the first question waits so long.
 * For one thread.
 */
public final class LiveSource implements VerifySource, AutoCloseable
{
    private static final int TRIES = 5;
    private static final long RETRY_BACKOFF_MS = 100;
    private static final long RETRY_BACKOFF_MAX_MS = 1_000;

    private final BackOff backOff = new BackOff(RETRY_BACKOFF_MS, RETRY_BACKOFF_MAX_MS);
    private final CountDownLatch aborted = new CountDownLatch(1);
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
        aborted.countDown();
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
        return ask(client::metadata).clusterId();
    }

    @Override
    public Collection<SourcePartition> partitions() throws IOException
    {
        final List<SourcePartition> partitions = new ArrayList<>();
        for (final ClusterMetadata.Topic topic : ask(client::metadata).topics())
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
        final UUID id = partition.topicId();
        // The metadata each time: leaders move.
        return new Batches(ask(() -> new SourcePartitionReader(
            client, client.metadata(), new TopicPartition(partition.topic(), partition.partition()),
            new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits()))));
    }

    @Override
    public Map<String, CleanupPolicy> cleanupPolicies(final Collection<String> names) throws IOException
    {
        return ask(() -> new TopicPolicies(client).ask(client.metadata(), names));
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

    /** What is asked of the source. */
    @FunctionalInterface
    private interface Question<T>
    {
        T ask() throws SourceUnavailableException;
    }

    private <T> T ask(final Question<T> question) throws IOException
    {
        while (true)
        {
            try
            {
                final T answer = question.ask();
                backOff.succeeded();
                return answer;
            }
            catch (final SourceUnavailableException ex)
            {
                final boolean isFinal = ex instanceof SourceUnavailableException.Authentication;
                if (isFinal || backOff.failures() >= TRIES || isAbortedWithin(backOff.failed()))
                {
                    throw new IOException(ex.getMessage(), ex);
                }
            }
        }
    }

    private boolean isAbortedWithin(final long timeMs) throws InterruptedIOException
    {
        try
        {
            return aborted.await(timeMs, TimeUnit.MILLISECONDS);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the source did not answer");
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
