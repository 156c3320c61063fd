package io.umbra.engine.control;

import io.umbra.engine.config.OnTopicDelete;
import io.umbra.engine.source.ClusterMetadata;
import io.umbra.engine.source.SourceClient;
import io.umbra.engine.source.SourceUnavailableException;
import io.umbra.journal.Incident;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntConsumer;

/**
 * Topics that go, and topics that come again under their name: the same name with another id is another topic
 * (KIP-516). For the control thread.
 */
final class TopicGenerations
{
    private static final int LOOKS_BEFORE_DELETED = 3;

    private final SourceClient client;
    private final ShadowPartitions partitions;
    private final Map<TopicPartition, KnownPartition> known;
    private final boolean isMirrored;
    private final IntConsumer onRetired;
    private final Map<String, Uuid> current = new HashMap<>();

    /**
     * No topic is known yet.
     *
     * @param client        asks the source.
     * @param partitions    the engine's.
     * @param known         of the control plane; what is retired is removed.
     * @param onTopicDelete what becomes of a topic that the source has deleted.
     * @param onRetired     gets the index of a partition that is not shadowed any more.
     */
    TopicGenerations(
        final SourceClient client,
        final ShadowPartitions partitions,
        final Map<TopicPartition, KnownPartition> known,
        final OnTopicDelete onTopicDelete,
        final IntConsumer onRetired)
    {
        this.client = client;
        this.partitions = partitions;
        this.known = known;
        isMirrored = OnTopicDelete.MIRROR == onTopicDelete;
        this.onRetired = onRetired;
    }

    /**
     * A partition of the journal whose topic the source does not list under its id: what became of it while no engine
     * ran is found out as if it happened now.
     *
     * @param name    of the partition.
     * @param topicId of its topic, in the journal.
     * @throws IOException if it cannot be added now.
     */
    void addUnlisted(final TopicPartition name, final Uuid topicId) throws IOException
    {
        final KnownPartition partition = new KnownPartition(
            partitions.addJournaled(name.topic(), uuid(topicId), name.partition()), topicId, false);
        partition.isDeletionTold = partitions.isIncidentKnown(
            Incident.Kind.TOPIC_DELETED, name.topic(), uuid(topicId), deletionText());
        known.put(name, partition);
        current.put(name.topic(), topicId);
    }

    /**
     * A topic is listed. If it is a new generation the earlier one is retired first.
     *
     * @param topic as listed.
     * @return false if it is not to be shadowed now: a broker that is behind speaks of an earlier generation, or the
     * earlier one could not be retired yet.
     */
    boolean isCurrent(final ClusterMetadata.Topic topic)
    {
        final Uuid before = current.get(topic.name());
        if (topic.id().equals(before))
        {
            return true;
        }
        if (partitions.isRetired(uuid(topic.id())) || null != before && !retireEarlier(topic, before))
        {
            return false;
        }
        current.put(topic.name(), topic.id());
        return true;
    }

    /**
     * Which topics were listed.
     *
     * @param listed id by name.
     */
    void listed(final Map<String, Uuid> listed)
    {
        known.forEach((name, partition) ->
        {
            final boolean isListed = partition.topicId.equals(listed.get(name.topic()));
            partitions.listed(partition.index, isListed);
            partition.looksWithout = isListed ? 0 : partition.looksWithout + 1;
            partition.isDeletionTold &= !isListed;
        });
    }

    /**
     * Once for each topic that is gone for certain; with {@code on.topic.delete=mirror} the shadow goes too.
     *
     * @throws SourceUnavailableException if the source does not answer.
     */
    void noticeDeleted() throws SourceUnavailableException
    {
        final Map<String, List<TopicPartition>> gone = new LinkedHashMap<>();
        known.forEach((name, partition) ->
        {
            // Again and again as long as the source does not say so: permissions may come back.
            if ((!partition.isDeletionTold || isMirrored) && partition.looksWithout > 0 &&
                0 == partition.looksWithout % LOOKS_BEFORE_DELETED)
            {
                gone.computeIfAbsent(name.topic(), (topic) -> new ArrayList<>()).add(name);
            }
        });
        for (final Map.Entry<String, List<TopicPartition>> topic : gone.entrySet())
        {
            if (client.isUnknown(topic.getKey()))
            {
                onDeleted(topic.getKey(), topic.getValue());
            }
        }
    }

    private void onDeleted(final String topic, final List<TopicPartition> names)
    {
        if (names.stream().anyMatch((name) -> !known.get(name).isDeletionTold))
        {
            partitions.incident(
                Incident.Kind.TOPIC_DELETED, topic, uuid(known.get(names.get(0)).topicId), deletionText());
        }
        for (final TopicPartition name : names)
        {
            known.get(name).isDeletionTold = true;
            if (isMirrored)
            {
                retire(name, deletionText(), true);
            }
        }
    }

    private String deletionText()
    {
        return "the topic was deleted at the source, its shadow is " +
            (isMirrored ? "deleted too, as on.topic.delete=mirror says" : "kept");
    }

    private boolean retireEarlier(final ClusterMetadata.Topic topic, final Uuid before)
    {
        final List<TopicPartition> earlier = known.keySet().stream()
            .filter((name) -> name.topic().equals(topic.name()))
            .toList();
        final String text = "the topic was created anew with id " + topic.id() + ", the shadow of " + before +
            " is kept under retired/" + before;
        if (earlier.stream().anyMatch((name) -> !known.get(name).isRecreationTold))
        {
            partitions.incident(Incident.Kind.TOPIC_RECREATED, topic.name(), uuid(before), text);
        }
        boolean isDone = true;
        for (final TopicPartition name : earlier)
        {
            known.get(name).isRecreationTold = true;
            isDone &= retire(name, text, false);
        }
        return isDone;
    }

    private boolean retire(final TopicPartition name, final String text, final boolean isDeleted)
    {
        final int index = known.get(name).index;
        if (!partitions.retire(index, text, isDeleted))
        {
            return false;
        }
        known.remove(name);
        onRetired.accept(index);
        return true;
    }

    static Uuid uuid(final UUID id)
    {
        return new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    static UUID uuid(final Uuid id)
    {
        return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }
}
