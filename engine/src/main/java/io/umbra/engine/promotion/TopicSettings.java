package io.umbra.engine.promotion;

import io.umbra.engine.metadata.TopicMetadata;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.storage.internals.log.LogConfig;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What becomes of the settings of a source's topic. All are the topic's own afterwards, those too that the source's
 * brokers set for every topic.
 */
final class TopicSettings
{
    private static final Set<String> THROTTLES = Set.of(
        "leader.replication.throttled.replicas", "follower.replication.throttled.replicas");
    private static final Set<String> TIERED = Set.of(
        TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG,
        TopicConfig.REMOTE_LOG_COPY_DISABLE_CONFIG,
        TopicConfig.REMOTE_LOG_DELETE_ON_DISABLE_CONFIG,
        TopicConfig.LOCAL_LOG_RETENTION_BYTES_CONFIG,
        TopicConfig.LOCAL_LOG_RETENTION_MS_CONFIG);

    private final SortedMap<String, String> configs = new TreeMap<>();
    private final List<ConfigChange> changes = new ArrayList<>();

    private TopicSettings()
    {
    }

    /**
     * Settings for a cluster in which topics have so many replicas.
     *
     * @param topic    as the source had it.
     * @param replicas of each partition.
     * @return what the new cluster gets, and what is different about it.
     */
    static TopicSettings of(final TopicMetadata topic, final int replicas)
    {
        final TopicSettings settings = new TopicSettings();
        topic.configs().forEach((name, value) -> settings.take(topic.name(), name, value, replicas));

        return settings;
    }

    private void take(final String topic, final String name, final String value, final int replicas)
    {
        if (THROTTLES.contains(name))
        {
            changes.add(new ConfigChange(topic, name, value, null, "names replicas of the source"));
        }
        else if (TIERED.contains(name))
        {
            changes.add(new ConfigChange(topic, name, value, null, "all that is shadowed is local"));
        }
        else if (TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG.equals(name) && isMoreThan(value, replicas))
        {
            configs.put(name, Integer.toString(replicas));
            changes.add(new ConfigChange(
                topic, name, value, Integer.toString(replicas), "no partition has more replicas yet"));
        }
        else
        {
            check(topic, name, value);
        }
    }

    /** What the release does not know or take any more, its brokers would trip over. */
    private void check(final String topic, final String name, final String value)
    {
        try
        {
            LogConfig.validate(Map.of(name, value));
            configs.put(name, value);
        }
        catch (final ConfigException | InvalidConfigurationException ex)
        {
            changes.add(new ConfigChange(topic, name, value, null, ex.getMessage()));
        }
    }

    private static boolean isMoreThan(final String value, final int replicas)
    {
        try
        {
            return Integer.parseInt(value) > replicas;
        }
        catch (final NumberFormatException ex)
        {
            return false;
        }
    }

    /** For the new cluster. */
    SortedMap<String, String> configs()
    {
        return configs;
    }

    /** What is different from the source. */
    List<ConfigChange> changes()
    {
        return changes;
    }
}
