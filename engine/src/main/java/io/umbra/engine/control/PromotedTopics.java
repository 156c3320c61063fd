package io.umbra.engine.control;

import io.umbra.engine.source.SourceEvents;
import io.umbra.journal.Promotion;
import io.umbra.journal.Promotions;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Topics of which the shadow has taken over, and that are shadowed no longer: looks now and then whether there is a new
 * promotion. For the control thread.
 */
final class PromotedTopics
{
    private static final long LOOK_INTERVAL_MS = 100;

    private final Promotions promotions;
    private final ShadowPartitions partitions;
    private final Map<TopicPartition, KnownPartition> known;
    private final IntConsumer onPromoted;
    private final SourceEvents events;
    private final Set<String> followed = new HashSet<>();
    private final Map<TopicPartition, Uuid> shown = new HashMap<>();
    private List<Promotion> list = List.of();
    private String trouble;
    private long nextLookMs;

    /**
     * Nothing is read yet.
     *
     * @param journalDir of the journal.
     * @param partitions the engine's.
     * @param known      of the control plane; what is promoted is removed.
     * @param onPromoted gets the index of a partition that is not shadowed any more.
     * @param events     where news for the operator go.
     */
    PromotedTopics(
        final Path journalDir,
        final ShadowPartitions partitions,
        final Map<TopicPartition, KnownPartition> known,
        final IntConsumer onPromoted,
        final SourceEvents events)
    {
        promotions = new Promotions(journalDir);
        this.partitions = partitions;
        this.known = known;
        this.onPromoted = onPromoted;
        this.events = events;
    }

    /** Look whether something was promoted, and stop shadowing it. */
    void look(final long nowMs)
    {
        if (nowMs < nextLookMs)
        {
            return;
        }
        nextLookMs = nowMs + LOOK_INTERVAL_MS;
        try
        {
            list = promotions.list();
            trouble = null;
        }
        catch (final IOException ex)
        {
            if (!ex.getMessage().equals(trouble))
            {
                trouble = ex.getMessage();
                events.warn("promotions are not followed: " + trouble);
            }
            return;
        }
        for (final Promotion promotion : list)
        {
            if (!followed.contains(promotion.clusterId()) && follow(promotion))
            {
                followed.add(promotion.clusterId());
            }
        }
    }

    /**
     * Whether a topic at the source is not to be shadowed, since its shadow has taken over.
     *
     * @param name    of the topic.
     * @param topicId of it.
     * @return true if a promotion covers it.
     */
    boolean contains(final String name, final Uuid topicId)
    {
        return null != Promotions.of(list, name, TopicGenerations.uuid(topicId));
    }

    /**
     * A partition that the source lists and a promotion covers: it gets a row, so that the status shows it.
     *
     * @param name    of the partition.
     * @param topicId of its topic.
     * @throws IOException if the partition table cannot grow.
     */
    void show(final TopicPartition name, final Uuid topicId) throws IOException
    {
        if (!known.containsKey(name) && null == shown.putIfAbsent(name, topicId))
        {
            final int index = partitions.add(name.topic(), TopicGenerations.uuid(topicId), name.partition());
            partitions.promote(List.of(index), Promotions.of(list, name.topic(), TopicGenerations.uuid(topicId)));
        }
    }

    private boolean follow(final Promotion promotion)
    {
        final List<TopicPartition> names = new ArrayList<>();
        final List<Integer> indexes = new ArrayList<>();
        known.forEach((name, partition) ->
        {
            if (promotion.covers(name.topic(), TopicGenerations.uuid(partition.topicId)))
            {
                names.add(name);
                indexes.add(partition.index);
            }
        });
        if (!partitions.promote(indexes, promotion))
        {
            return false;
        }
        names.forEach((name) -> shown.put(name, known.remove(name).topicId));
        indexes.forEach(onPromoted::accept);
        return true;
    }
}
