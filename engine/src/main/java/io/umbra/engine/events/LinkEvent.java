package io.umbra.engine.events;

import io.umbra.codecs.ledger.LinkEventDecoder;
import io.umbra.codecs.ledger.LinkEventType;

import java.util.concurrent.TimeUnit;

/**
 * Something that happened to the link and that an operator should know of.
 *
 * @param timeMs     when it was noticed, milliseconds since 1970.
 * @param type       of the event.
 * @param topic      concerned, or null.
 * @param partition  number within the topic, or {@link #NONE}.
 * @param fromOffset first offset concerned, or {@link #NONE}.
 * @param toOffset   the offset behind the last one concerned, or {@link #NONE}.
 * @param before     state before, or null.
 * @param after      state after, or null.
 * @param message    one line for people, or null.
 */
public record LinkEvent(
    long timeMs,
    LinkEventType type,
    String topic,
    int partition,
    long fromOffset,
    long toOffset,
    String before,
    String after,
    String message)
{
    /** In place of a partition or an offset. */
    public static final int NONE = -1;

    private static final String UNAVAILABLE = "SOURCE_UNAVAILABLE";
    private static final String FAULTED = "FAULTED";

    /**
     * An event of the engine or the link.
     *
     * @param timeMs  milliseconds since 1970.
     * @param type    of the event.
     * @param before  state before, or null.
     * @param after   state after, or null.
     * @param message one line for people, or null.
     * @return the event.
     */
    public static LinkEvent ofLink(
        final long timeMs, final LinkEventType type, final String before, final String after, final String message)
    {
        return new LinkEvent(timeMs, type, null, NONE, NONE, NONE, before, after, message);
    }

    /**
     * An event as the ledger has it.
     *
     * @param entry decoder on it; its texts are read.
     * @return the event; texts that are not there are empty.
     */
    public static LinkEvent of(final LinkEventDecoder entry)
    {
        // Texts are read in their order.
        final String topic = entry.topic();
        final String before = entry.before();
        final String after = entry.after();
        return new LinkEvent(
            TimeUnit.NANOSECONDS.toMillis(entry.timeNs()), entry.eventType(), topic, entry.partition(),
            entry.fromOffset(), entry.toOffset(), before, after, entry.message());
    }

    /** One line for people, without the time. */
    public String text()
    {
        final StringBuilder text = new StringBuilder(type.name());
        if (isText(topic))
        {
            text.append("  ").append(topic).append(NONE == partition ? "" : "-" + partition);
        }
        if (isText(after))
        {
            text.append("  ").append(before).append(" to ").append(after);
        }
        if (NONE != fromOffset)
        {
            text.append("  at ").append(fromOffset).append(NONE == toOffset ? "" : " to " + toOffset);
        }
        return text.append(isText(message) ? ": " + message : "").toString();
    }

    private static boolean isText(final String text)
    {
        return null != text && !text.isEmpty();
    }

    /** How much attention it needs. */
    public Severity severity()
    {
        switch (type)
        {
            case FAULT:
                return Severity.ERROR;
            case GAP:
            case DIVERGENCE:
            case TOPIC_RECREATED:
            case TOPIC_DELETED:
                return Severity.WARN;
            default:
                return FAULTED.equals(after) ? Severity.ERROR :
                    UNAVAILABLE.equals(after) ? Severity.WARN : Severity.INFO;
        }
    }
}
