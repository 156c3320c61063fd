package io.umbra.journal;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * A shadow, or some topics of it, that has taken over: a cluster of its own now has these topics, and the link may not
 * write to them any more.
 *
 * @param clusterId   of the new cluster, as Kafka writes it.
 * @param timeMs      when it began, milliseconds since 1970.
 * @param target      directory of the new cluster's first node.
 * @param isWholeLink whether it is all that the link shadows, topics to come included.
 * @param topics      that were promoted.
 */
public record Promotion(String clusterId, long timeMs, Path target, boolean isWholeLink, List<Topic> topics)
{
    private static final UUID NO_TOPIC_ID = new UUID(0, 0);

    /**
     * One topic.
     *
     * @param name of the topic.
     * @param id   of it; zero if the source has no topic ids.
     */
    public record Topic(String name, UUID id)
    {
    }

    /**
     * Copies the list.
     */
    public Promotion
    {
        topics = List.copyOf(topics);
    }

    /**
     * Whether it took a topic over. A topic that was created anew at the source is another one, unless the whole link
     * was promoted.
     *
     * @param topic   name.
     * @param topicId its id; zero if the source has no topic ids.
     * @return true if the link may not write to it.
     */
    public boolean covers(final String topic, final UUID topicId)
    {
        return isWholeLink || topics.stream().anyMatch(
            (promoted) -> NO_TOPIC_ID.equals(topicId) ? promoted.name.equals(topic) : promoted.id.equals(topicId));
    }
}
