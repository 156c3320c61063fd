package io.umbra.rig;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;

/** Creates topics and waits until they can be written to. */
final class TopicCreation
{
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final long POLL_NS = 20_000_000L;
    private static final String MAX_MESSAGE_BYTES = "max.message.bytes";

    private TopicCreation()
    {
    }

    /**
     * Creates topics.
     *
     * @param clientProperties of the admin client.
     * @param topics           that do not exist yet.
     * @param maxMessageBytes  largest batch, for topics that do not say it themselves.
     */
    static void create(
        final Properties clientProperties, final Collection<TopicSpec> topics, final int maxMessageBytes)
    {
        final Properties properties = new Properties();
        properties.putAll(clientProperties);
        try (Admin admin = Admin.create(properties))
        {
            admin.createTopics(topics.stream().map((topic) -> newTopic(topic, maxMessageBytes)).toList()).all().get();
            awaitLeaders(admin, partitions(topics));
        }
        catch (final ExecutionException ex)
        {
            throw new IllegalStateException("cannot create the topics: " + ex.getCause().getMessage(), ex.getCause());
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while creating topics", ex);
        }
    }

    /**
     * Asks the leaders for offsets until all of them answer. A producer that gets to a broker before it leads a
     * partition may lose the first of several batches in flight; the broker then takes a later one for the first, and
     * is out of step with the producer for good.
     */
    private static void awaitLeaders(final Admin admin, final Map<TopicPartition, OffsetSpec> partitions)
        throws ExecutionException, InterruptedException
    {
        final long deadlineNs = System.nanoTime() + TIMEOUT.toNanos();
        while (true)
        {
            try
            {
                admin.listOffsets(partitions).all().get();
                return;
            }
            catch (final ExecutionException ex)
            {
                // A broker that has not heard of the topic yet may have been the one that was asked.
                if (!(ex.getCause() instanceof RetriableException) || System.nanoTime() - deadlineNs > 0)
                {
                    throw ex;
                }
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private static NewTopic newTopic(final TopicSpec topic, final int maxMessageBytes)
    {
        final Optional<Short> replicas =
            0 == topic.replicas() ? Optional.empty() : Optional.of((short) topic.replicas());
        final TopicSpec spec = topic.configs().containsKey(MAX_MESSAGE_BYTES) ?
            topic : topic.with(MAX_MESSAGE_BYTES, Integer.toString(maxMessageBytes));
        return new NewTopic(topic.name(), Optional.of(topic.partitions()), replicas).configs(spec.configs());
    }

    private static Map<TopicPartition, OffsetSpec> partitions(final Collection<TopicSpec> topics)
    {
        final Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
        for (final TopicSpec topic : topics)
        {
            for (int partition = 0; partition < topic.partitions(); partition++)
            {
                partitions.put(new TopicPartition(topic.name(), partition), OffsetSpec.latest());
            }
        }
        return partitions;
    }
}
