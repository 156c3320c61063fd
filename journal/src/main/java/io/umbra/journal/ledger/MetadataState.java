package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataTaskState;
import io.umbra.codecs.ledger.MetadataTaskType;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the metadata's ledger says was known of the source at a time. For one thread.
 */
public final class MetadataState
{
    private final Map<MetadataKind, SortedMap<String, String>> values = new EnumMap<>(MetadataKind.class);
    private final Map<MetadataTaskType, Round> rounds = new EnumMap<>(MetadataTaskType.class);
    private long timeNs;
    private boolean isComplete;

    /**
     * How a task's last look at the source ended.
     *
     * @param state      of the task since then.
     * @param completeNs end of its last look that was complete, nanoseconds since 1970; 0 when there was none.
     * @param message    for people; empty when there is nothing to say.
     */
    public record Round(MetadataTaskState state, long completeNs, String message)
    {
    }

    MetadataState()
    {
    }

    /**
     * All values of a kind.
     *
     * @param kind of the values.
     * @return value by key. Read only; follows what the ledger's writer does.
     */
    public SortedMap<String, String> values(final MetadataKind kind)
    {
        return Collections.unmodifiableSortedMap(of(kind));
    }

    /**
     * A task's last look.
     *
     * @param task in question.
     * @return null when it had none.
     */
    public Round round(final MetadataTaskType task)
    {
        return rounds.get(task);
    }

    /**
     * Whether everything is here that was known. If not, the ledger begins later than the time that was asked for.
     *
     * @return false when nothing can be said.
     */
    public boolean isComplete()
    {
        return isComplete;
    }

    /**
     * Time of the last entry.
     *
     * @return nanoseconds since 1970, 0 when there is none.
     */
    public long timeNs()
    {
        return timeNs;
    }

    SortedMap<String, String> of(final MetadataKind kind)
    {
        return values.computeIfAbsent(kind, (ignore) -> new TreeMap<>());
    }

    Map<MetadataTaskType, Round> rounds()
    {
        return rounds;
    }

    void isComplete(final boolean isAllHere)
    {
        isComplete = isAllHere;
    }

    /** Times of entries never go back, whatever the machine's clock does. */
    long advance(final long nowNs)
    {
        timeNs = Math.max(timeNs, nowNs);
        return timeNs;
    }
}
