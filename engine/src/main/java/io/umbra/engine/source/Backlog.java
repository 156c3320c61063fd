package io.umbra.engine.source;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.requests.FetchRequest;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The partitions of a broker that are known to be behind, where it leads many. A fetch of the session (KIP-227) makes
 * the broker look at each partition of the session, and fills up with the records of a few: between two of them, those
 * that are behind are asked for alone, some at a time and in turn. For the FetchAgent's thread.
 */
final class Backlog
{
    /** With fewer partitions than this the session's fetches do as well. */
    static final int MANY_PARTITIONS = 128;
    /** More than a response has room for, unless they are behind by little. */
    static final int MOST_AT_ONCE = 64;

    private final ArrayDeque<PartitionFetch> behind = new ArrayDeque<>();
    private final List<PartitionFetch> asked = new ArrayList<>();

    /**
     * Begin anew, after a response of the session.
     *
     * @param partitions of the broker.
     * @param answered   what that response answers; others have joined since.
     */
    void renew(
        final Collection<PartitionFetch> partitions, final Map<TopicPartition, FetchRequest.PartitionData> answered)
    {
        behind.clear();
        if (partitions.size() >= MANY_PARTITIONS)
        {
            for (final PartitionFetch partition : partitions)
            {
                if (isToBeAsked(partition) && answered.containsKey(partition.topicPartition))
                {
                    behind.addLast(partition);
                }
            }
        }
    }

    /** Nothing is known any more. */
    void clear()
    {
        behind.clear();
        asked.clear();
    }

    /**
     * What to ask for next.
     *
     * @param brokerId of the broker.
     * @param nowMs    current time.
     * @return empty if no partition is known to be behind.
     */
    Map<TopicPartition, FetchRequest.PartitionData> next(final int brokerId, final long nowMs)
    {
        asked.clear();
        final Map<TopicPartition, FetchRequest.PartitionData> requested = new LinkedHashMap<>();
        PartitionFetch partition;
        while (requested.size() < MOST_AT_ONCE && null != (partition = behind.pollFirst()))
        {
            if (isToBeAsked(partition) && partition.isDue(nowMs) && partition.leaderId == brokerId)
            {
                asked.add(partition);
                requested.put(partition.topicPartition, partition.requestData());
            }
        }
        return requested;
    }

    /**
     * The response has been read. Partitions that it had no room for come first in the next one.
     *
     * @param requested what was asked for.
     */
    void answered(final Map<TopicPartition, FetchRequest.PartitionData> requested)
    {
        boolean hasMoved = false;
        for (final PartitionFetch partition : asked)
        {
            hasMoved |= partition.fetchPosition > requested.get(partition.topicPartition).fetchOffset;
        }
        // Otherwise the broker does not have what it said, or does not give it: ask in the session again.
        if (hasMoved)
        {
            for (int i = asked.size() - 1; i >= 0; i--)
            {
                final PartitionFetch partition = asked.get(i);
                if (isToBeAsked(partition) &&
                    partition.fetchPosition == requested.get(partition.topicPartition).fetchOffset)
                {
                    behind.addFirst(partition);
                }
            }
            for (final PartitionFetch partition : asked)
            {
                if (isToBeAsked(partition) &&
                    partition.fetchPosition > requested.get(partition.topicPartition).fetchOffset)
                {
                    behind.addLast(partition);
                }
            }
        }
        asked.clear();
    }

    private static boolean isToBeAsked(final PartitionFetch partition)
    {
        return PartitionFetch.State.FETCHING == partition.state && partition.fetchPosition < partition.highWatermark;
    }
}
