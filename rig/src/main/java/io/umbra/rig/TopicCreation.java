package io.umbra.rig;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;

/** Creates topics and waits until they can be written to. */
final class TopicCreation
{
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
            // Answered by the leaders. A producer that gets to a broker before it leads a partition may lose the first
            // of several batches in flight; the broker then takes a later one for the first, and is out of step for
            // good.
            admin.listOffsets(partitions(topics)).all().get();
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
