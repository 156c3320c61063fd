package io.umbra.engine.events;

import io.umbra.codecs.ledger.LinkEventType;
import io.umbra.engine.status.FetchState;
import io.umbra.engine.status.JournalState;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.TopicState;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Finds out what has changed in the partition table since the last look, so that those who write it need not tell. A
 * state that came and went between two looks is not told of; what must not be missed has incidents and ledger entries
 * of its own. For one thread.
 * <p>
 * Of partitions it tells what lasts: faults, waiting for space, and being well again. Starting, and looking for a
 * leader again and again, do not count; that the source is gone is told once, of the link.
 */
public final class LinkWatch
{
    /** When very many partitions change at once, the rest is told of in one line. */
    static final int MAX_PARTITION_EVENTS = 100;

    private final PartitionTable table;
    private final Consumer<LinkEvent> sink;
    private final Map<UUID, TopicState> topics = new HashMap<>();
    private final List<String> partitions = new ArrayList<>();
    private LinkState link;
    private int events;
    private int omitted;

    /**
     * What the first look finds is where it begins, and no event.
     *
     * @param table to look at.
     * @param sink  gets the events, on the thread that looks.
     */
    public LinkWatch(final PartitionTable table, final Consumer<LinkEvent> sink)
    {
        this.table = table;
        this.sink = sink;
    }

    /**
     * Looks, and tells what has changed.
     *
     * @param nowMs milliseconds since 1970.
     * @throws IOException if the table cannot be read.
     */
    public void look(final long nowMs) throws IOException
    {
        lookAtLink(nowMs);
        events = 0;
        omitted = 0;
        for (int index = 0, rows = table.rowCount(); index < rows; index++)
        {
            lookAtTopic(index, nowMs);
            lookAtPartition(index, nowMs);
        }
        if (omitted > 0)
        {
            sink.accept(LinkEvent.ofLink(nowMs, LinkEventType.PARTITION_STATE, null, null,
                omitted + " more partitions are in another state"));
        }
    }

    private void lookAtLink(final long nowMs)
    {
        final LinkState before = link;
        link = table.header().linkState();
        if (null != before && before != link)
        {
            sink.accept(LinkEvent.ofLink(
                nowMs, LinkEventType.LINK_STATE, before.name(), link.name(), table.header().error()));
        }
    }

    private void lookAtTopic(final int index, final long nowMs)
    {
        final TopicState state = table.topicState(index);
        final TopicState before = topics.put(table.topicId(index), state);
        if (null == before || before == state)
        {
            return;
        }
        sink.accept(new LinkEvent(
            nowMs, TopicState.PROMOTED == state ? LinkEventType.PROMOTED : LinkEventType.TOPIC_STATE,
            table.topic(index), LinkEvent.NONE, LinkEvent.NONE, LinkEvent.NONE, before.name(), state.name(), null));
    }

    private void lookAtPartition(final int index, final long nowMs)
    {
        final String state = lasting(table.fetchState(index), table.journalState(index));
        if (partitions.size() == index)
        {
            partitions.add(null == state ? FetchState.ACTIVE.name() : state);
            if (!FetchState.FAULTED.name().equals(state))
            {
                return;
            }
            // Faulted from the first is news.
            tell(index, FetchState.STARTING.name(), state, nowMs);
            return;
        }
        final String before = partitions.get(index);
        if (null != state && !before.equals(state))
        {
            partitions.set(index, state);
            tell(index, before, state, nowMs);
        }
    }

    private void tell(final int index, final String before, final String after, final long nowMs)
    {
        if (events == MAX_PARTITION_EVENTS)
        {
            omitted++;
            return;
        }
        events++;
        final boolean isFault = FetchState.FAULTED.name().equals(after);
        final boolean isCleared = FetchState.FAULTED.name().equals(before);
        final String journalError = table.journalError(index);
        sink.accept(new LinkEvent(
            nowMs,
            isFault ? LinkEventType.FAULT : isCleared ? LinkEventType.FAULT_CLEARED : LinkEventType.PARTITION_STATE,
            table.topic(index),
            table.partition(index),
            table.journalEndOffset(index),
            LinkEvent.NONE,
            before,
            after,
            journalError.isEmpty() ? table.fetchError(index) : journalError));
    }

    /** Null for a state that passes, or that the topic's or the link's tells. */
    private static String lasting(final FetchState fetch, final JournalState journal)
    {
        if (JournalState.ACTIVE != journal)
        {
            return journal.name();
        }
        return FetchState.FAULTED == fetch || FetchState.ACTIVE == fetch ? fetch.name() : null;
    }
}
