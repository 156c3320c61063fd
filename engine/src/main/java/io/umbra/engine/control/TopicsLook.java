package io.umbra.engine.control;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.engine.config.OnTopicDelete;
import io.umbra.engine.config.TopicFilter;
import io.umbra.engine.metadata.MetadataItem;
import io.umbra.engine.metadata.MetadataTask;
import io.umbra.engine.metadata.TopicMetadata;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Settings and partitions of the topics that are shadowed.
 */
final class TopicsLook implements MetadataLook
{
    private final SourceAdmin source;
    private final TopicFilter topics;
    private final OnTopicDelete onTopicDelete;

    TopicsLook(final SourceAdmin source, final TopicFilter topics, final OnTopicDelete onTopicDelete)
    {
        this.source = source;
        this.topics = topics;
        this.onTopicDelete = onTopicDelete;
    }

    @Override
    public MetadataTask task()
    {
        return MetadataTask.TOPICS;
    }

    @Override
    public String permission()
    {
        return "DESCRIBE and DESCRIBE_CONFIGS on TOPIC";
    }

    @Override
    public void look(final SourceAdmin.Cluster cluster, final FoundMetadata found)
    {
        found.all(MetadataKind.TOPIC);
        final Set<String> names = new TreeSet<>();
        SourceAdmin.await(source.client()
            .listTopics(SourceAdmin.limited(new ListTopicsOptions()).listInternal(true)).names())
            .forEach((name) -> addIfShadowed(name, names));
        // What is not listed is gone, or may not be seen any more: the source says which.
        found.known(MetadataKind.TOPIC).keySet().forEach((name) -> addIfShadowed(name, names));
        for (final List<String> part : SourceAdmin.parts(names))
        {
            describe(part, found);
        }
    }

    private void addIfShadowed(final String name, final Set<String> names)
    {
        if (topics.matches(name))
        {
            names.add(name);
        }
    }

    private void describe(final Collection<String> names, final FoundMetadata found)
    {
        final Map<ConfigResource, TopicDescription> described = new HashMap<>();
        source.client().describeTopics(names, SourceAdmin.limited(new DescribeTopicsOptions())).topicNameValues()
            .forEach((name, answer) ->
            {
                try
                {
                    described.put(new ConfigResource(ConfigResource.Type.TOPIC, name), SourceAdmin.await(answer));
                }
                catch (final UnknownTopicOrPartitionException ex)
                {
                    if (OnTopicDelete.KEEP == onTopicDelete)
                    {
                        // Its shadow is kept, too.
                        found.keep(MetadataKind.TOPIC, name);
                    }
                }
                catch (final TopicAuthorizationException ex)
                {
                    found.problem("needs DESCRIBE on TOPIC " + name);
                }
            });
        source.client().describeConfigs(described.keySet(), SourceAdmin.limited(new DescribeConfigsOptions())).values()
            .forEach((resource, answer) -> configure(described.get(resource), answer, found));
    }

    private static void configure(
        final TopicDescription topic, final KafkaFuture<Config> answer, final FoundMetadata found)
    {
        try
        {
            final SortedMap<String, String> configs = new TreeMap<>();
            final Set<String> ofBrokers = new HashSet<>();
            for (final ConfigEntry entry : SourceAdmin.await(answer).entries())
            {
                if (ConfigEntry.ConfigSource.DEFAULT_CONFIG != entry.source() && null != entry.value())
                {
                    configs.put(entry.name(), entry.value());
                    if (ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG != entry.source())
                    {
                        ofBrokers.add(entry.name());
                    }
                }
            }
            found.add(MetadataItem.of(new TopicMetadata(
                topic.name(), TopicGenerations.uuid(topic.topicId()), topic.partitions().size(), configs, ofBrokers)));
        }
        catch (final UnknownTopicOrPartitionException ex)
        {
            // Deleted meanwhile: the next look says so.
            found.keep(MetadataKind.TOPIC, topic.name());
        }
        catch (final TopicAuthorizationException ex)
        {
            found.problem("needs DESCRIBE_CONFIGS on TOPIC " + topic.name());
        }
    }
}
