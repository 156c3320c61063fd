package io.umbra.engine.source;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.FetchRequest;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BacklogTest
{
    private static final int BROKER = 3;
    private static final Uuid TOPIC_ID = new Uuid(1, 2);

    private final Backlog backlog = new Backlog();

    private static List<PartitionFetch> partitions(final int count)
    {
        final List<PartitionFetch> partitions = new ArrayList<>();
        for (int i = 0; i < count; i++)
        {
            final PartitionFetch partition = new PartitionFetch(
                new FetchAssignment(i, new TopicPartition("topic", i), TOPIC_ID, 0, -1), 1000);
            partition.leader(BROKER, 0);
            partition.state = PartitionFetch.State.FETCHING;
            partition.highWatermark = 100;
            partitions.add(partition);
        }
        return partitions;
    }

    private static List<Integer> numbers(final Map<TopicPartition, FetchRequest.PartitionData> requested)
    {
        return requested.keySet().stream().map(TopicPartition::partition).toList();
    }

    private void renew(final List<PartitionFetch> partitions)
    {
        backlog.renew(partitions, partitions.stream().collect(
            Collectors.toMap((partition) -> partition.topicPartition, PartitionFetch::requestData)));
    }

    @Test
    void whatJoinedAfterTheSessionsRequestIsLeftToTheNextOne()
    {
        final List<PartitionFetch> partitions = partitions(Backlog.MANY_PARTITIONS);
        backlog.renew(partitions, Map.of(partitions.get(9).topicPartition, partitions.get(9).requestData()));
        assertEquals(List.of(9), numbers(backlog.next(BROKER, 0)));
    }

    @Test
    void fewPartitionsAreLeftToTheSession()
    {
        renew(partitions(Backlog.MANY_PARTITIONS - 1));
        assertTrue(backlog.next(BROKER, 0).isEmpty());
    }

    @Test
    void onlyWhatIsBehindFetchedAndLedByTheBrokerIsAskedFor()
    {
        final List<PartitionFetch> partitions = partitions(Backlog.MANY_PARTITIONS);
        partitions.forEach((partition) -> partition.fetchPosition = 100);
        partitions.get(5).fetchPosition = 99;
        partitions.get(6).fetchPosition = 0;
        partitions.get(7).fetchPosition = 0;
        partitions.get(7).state = PartitionFetch.State.BACKING_OFF;
        partitions.get(8).fetchPosition = 0;
        renew(partitions);
        partitions.get(8).leader(BROKER + 1, 1);
        final Map<TopicPartition, FetchRequest.PartitionData> requested = backlog.next(BROKER, 0);
        assertEquals(List.of(5, 6), numbers(requested));
        assertEquals(99, requested.get(new TopicPartition("topic", 5)).fetchOffset);
    }

    @Test
    void whatTheResponseHadNoRoomForComesFirstAndWhatIsStillBehindLast()
    {
        final List<PartitionFetch> partitions = partitions(Backlog.MANY_PARTITIONS);
        renew(partitions);
        final Map<TopicPartition, FetchRequest.PartitionData> first = backlog.next(BROKER, 0);
        assertEquals(Backlog.MOST_AT_ONCE, first.size());
        partitions.get(0).fetchPosition = 100;
        partitions.get(1).fetchPosition = 50;
        backlog.answered(first);
        final Map<TopicPartition, FetchRequest.PartitionData> next = backlog.next(BROKER, 0);
        final List<Integer> second = numbers(next);
        assertEquals(List.of(2, 3, 4), second.subList(0, 3));
        assertEquals(Backlog.MOST_AT_ONCE, second.size());
        assertTrue(second.contains(Backlog.MOST_AT_ONCE + 1));

        partitions.forEach((partition) -> partition.fetchPosition = partition.index == 1 ? 50 : 100);
        backlog.answered(next);
        assertEquals(List.of(1), numbers(backlog.next(BROKER, 0)));
    }

    @Test
    void aResponseWithoutAnythingLeavesTheRestToTheSession()
    {
        renew(partitions(Backlog.MANY_PARTITIONS));
        backlog.answered(backlog.next(BROKER, 0));
        final List<Integer> rest = numbers(backlog.next(BROKER, 0));
        assertEquals(Backlog.MOST_AT_ONCE, rest.get(0));
    }
}
