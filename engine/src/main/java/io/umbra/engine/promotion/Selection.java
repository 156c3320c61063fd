package io.umbra.engine.promotion;

import io.umbra.engine.config.TopicFilter;
import io.umbra.engine.metadata.SourceMetadata;
import io.umbra.engine.metadata.TopicMetadata;
import io.umbra.journal.LogReader;
import io.umbra.journal.PartitionKey;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * What is promoted: topics that the operator means and their partitions, each from the journal that has most of it.
 */
final class Selection
{
    private static final TopicFilter INTERNAL = TopicFilter.of(TopicFilter.INTERNAL_TOPICS, "");

    private final Pattern pattern;
    private final SourceMetadata metadata;
    private final Cut cut;
    private final SortedMap<String, SortedMap<Integer, ShadowPartition>> topics = new TreeMap<>();
    private final SortedSet<String> internal = new TreeSet<>();
    private final SortedSet<String> deleted = new TreeSet<>();
    private final SortedSet<String> lost = new TreeSet<>();
    private final Set<UUID> retired = new HashSet<>();

    private Selection(final Pattern pattern, final SourceMetadata metadata, final Cut cut)
    {
        this.pattern = pattern;
        this.metadata = metadata;
        this.cut = cut;
    }

    /**
     * Looks at the journals.
     *
     * @param shadows  of the nodes.
     * @param pattern  whole names that are meant; null for all.
     * @param metadata of the source.
     * @param cut      knows what was there.
     * @return the selection.
     * @throws IOException               if a journal cannot be read.
     * @throws PromotionRefusedException if there is nothing to promote, or it is not clear what.
     */
    static Selection of(
        final List<Shadow> shadows, final Pattern pattern, final SourceMetadata metadata, final Cut cut)
        throws IOException
    {
        final Selection selection = new Selection(pattern, metadata, cut);
        for (final Shadow shadow : shadows)
        {
            selection.add(shadow);
            if (cut.isPast())
            {
                selection.addRetired(shadow);
            }
        }
        metadata.topics().values().forEach(selection::addUnshadowed);
        if (selection.topics.isEmpty())
        {
            throw new PromotionRefusedException(null == pattern ? "the journal has no topics to promote" :
                "option '--topics' has value '" + pattern + "': allowed is an expression that matches whole names of " +
                    "topics in the journal, and it matches none");
        }

        return selection;
    }

    private void add(final Shadow shadow) throws IOException
    {
        final boolean isRunning = shadow.isEngineRunning();
        final Map<PartitionKey, Map<UUID, SourceSample>> samples = shadow.samples();
        for (final Map.Entry<PartitionKey, UUID> entry : shadow.partitions().entrySet())
        {
            final PartitionKey key = entry.getKey();
            final SourceSample sample = samples.getOrDefault(key, Map.of())
                .getOrDefault(entry.getValue(), SourceSample.UNKNOWN);
            final ShadowPartition partition =
                new ShadowPartition(key, entry.getValue(), shadow, sample, isRunning, false);
            if (isMeant(key.topic(), cut.isDeleted(partition)) && cut.isThere(partition))
            {
                add(partition);
            }
        }
    }

    private void addRetired(final Shadow shadow) throws IOException
    {
        for (final Map.Entry<UUID, List<PartitionKey>> generation : shadow.retired().entrySet())
        {
            retired.add(generation.getKey());
            for (final PartitionKey key : generation.getValue())
            {
                final ShadowPartition partition =
                    new ShadowPartition(key, generation.getKey(), shadow, SourceSample.UNKNOWN, false, true);
                if (cut.isThere(partition) && isMeant(key.topic(), cut.isDeleted(partition)))
                {
                    add(partition);
                }
            }
        }
    }

    private boolean isMeant(final String topic, final boolean isDeleted)
    {
        if (INTERNAL.matches(topic))
        {
            internal.add(topic);
            return false;
        }
        if (null != pattern)
        {
            return pattern.matcher(topic).matches();
        }
        if (isDeleted)
        {
            deleted.add(topic);
            return false;
        }

        return true;
    }

    private void add(final ShadowPartition partition) throws IOException
    {
        final SortedMap<Integer, ShadowPartition> partitions =
            topics.computeIfAbsent(partition.key().topic(), (topic) -> new TreeMap<>());
        for (final ShadowPartition other : partitions.values())
        {
            if (!other.topicId().equals(partition.topicId()))
            {
                throw new PromotionRefusedException("topic " + partition.key().topic() + " has one id in " +
                    other.shadow().journalDir() + " and another in " + partition.shadow().journalDir() +
                    ": it was created anew meanwhile; promote the journal that has the right one");
            }
        }
        final ShadowPartition other = partitions.get(partition.key().partition());
        if (null == other || end(other) < end(partition))
        {
            partitions.put(partition.key().partition(), partition);
        }
    }

    private static long end(final ShadowPartition partition) throws IOException
    {
        try (LogReader log = LogReader.open(partition.directory()))
        {
            return log.endOffset();
        }
    }

    /** Topics so new that no partition of theirs is journaled, but known. */
    private void addUnshadowed(final TopicMetadata topic)
    {
        if (!topics.containsKey(topic.name()) && !deleted.contains(topic.name()) && isMeant(topic.name(), false))
        {
            if (retired.contains(topic.id()) || cut.had(topic))
            {
                lost.add(topic.name());
            }
            else
            {
                topics.put(topic.name(), new TreeMap<>());
            }
        }
    }

    /** Partitions with a journal, by number, of each topic. */
    SortedMap<String, SortedMap<Integer, ShadowPartition>> topics()
    {
        return topics;
    }

    /** Number of partitions of a topic: those that the source had, and those that are journaled. */
    int partitionCount(final String topic)
    {
        final TopicMetadata known = metadata.topics().get(topic);
        final SortedMap<Integer, ShadowPartition> journaled = topics.get(topic);
        return Math.max(null == known ? 0 : known.partitions(), journaled.isEmpty() ? 0 : journaled.lastKey() + 1);
    }

    /** All partitions that have a journal. */
    List<ShadowPartition> partitions()
    {
        final List<ShadowPartition> all = new ArrayList<>();
        topics.values().forEach((partitions) -> all.addAll(partitions.values()));
        return all;
    }

    /** Kafka's own topics that the link shadows, which are never carried over as logs. */
    SortedSet<String> internal()
    {
        return internal;
    }

    /** Topics that the source has deleted. */
    SortedSet<String> deleted()
    {
        return deleted;
    }

    /** Topics that were there at the moment of the cut, and of which nothing is left. */
    SortedSet<String> lost()
    {
        return lost;
    }

    /** What the engines and the source's samples say now. */
    void refresh() throws IOException
    {
        for (final Shadow shadow : partitions().stream().map(ShadowPartition::shadow).distinct().toList())
        {
            final boolean isRunning = shadow.isEngineRunning();
            final Map<PartitionKey, Map<UUID, SourceSample>> samples = shadow.samples();
            topics.values().forEach((partitions) -> partitions.replaceAll((number, partition) ->
                partition.shadow() == shadow && !partition.isRetired() ?
                    refreshed(partition, samples, isRunning) : partition));
        }
    }

    private static ShadowPartition refreshed(
        final ShadowPartition partition,
        final Map<PartitionKey, Map<UUID, SourceSample>> samples,
        final boolean isRunning)
    {
        final SourceSample sample = samples.getOrDefault(partition.key(), Map.of())
            .getOrDefault(partition.topicId(), SourceSample.UNKNOWN).after(partition.sample());

        return new ShadowPartition(partition.key(), partition.topicId(), partition.shadow(), sample, isRunning, false);
    }

    /** What the source itself has just said of its ends. */
    void sampled(final Map<PartitionKey, Long> sourceEnds, final long timeMs)
    {
        topics.values().forEach((partitions) -> partitions.replaceAll((number, partition) ->
        {
            final Long end = sourceEnds.get(partition.key());
            return null == end ? partition : partition.with(partition.sample().with(end, timeMs));
        }));
    }
}
