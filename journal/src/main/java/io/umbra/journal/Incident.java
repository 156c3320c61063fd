package io.umbra.journal;

import java.util.UUID;

/**
 * Something that happened to a partition, at the source or to its shadow, and that the operator should know of until he
 * says that he does.
 *
 * @param kind       of the event.
 * @param topic      name.
 * @param topicId    of the topic.
 * @param partition  number.
 * @param fromOffset first offset concerned.
 * @param toOffset   the offset behind the last one concerned.
 * @param timeMs     when it was noticed, milliseconds since 1970.
 * @param text       one line for people.
 */
public record Incident(
    Kind kind, String topic, UUID topicId, int partition, long fromOffset, long toOffset, long timeMs, String text)
{
    /** What happened. */
    public enum Kind
    {
        /** Offsets that the source dropped before the shadow had them. */
        GAP,
        /** Offsets that the shadow had and the source then lost: the suffix is kept under {@code diverged/}. */
        DIVERGENCE,
        /** The topic was created anew under its name: the earlier generation is under {@code retired/}. */
        TOPIC_RECREATED,
        /** The topic was deleted at the source. */
        TOPIC_DELETED,
        /** Sealed bytes of the shadow are not what was journaled any more. */
        DAMAGE,
        /** Sealed bytes of the shadow are sound in themselves, but not those that the source has. */
        DIFFERENCE
    }
}
