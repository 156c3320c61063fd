package io.umbra.engine.source;

import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class BrokerFetchTest
{
    private static final int MAX_BYTES = 1 << 20;
    private static final long TIMEOUT_MS = 1_000;
    private static final FetchLimits LIMITS = new FetchLimits(MAX_BYTES, MAX_BYTES, 1, 500, 4 * MAX_BYTES, "");

    private final BrokerFetch broker = new BrokerFetch(new Node(1, "localhost", 9092), new NoCounters());

    @BeforeEach
    void addPartition()
    {
        final PartitionFetch partition = new PartitionFetch(
            new FetchAssignment(0, new TopicPartition("topic", 0), new Uuid(1, 2), 0, -1), MAX_BYTES);
        partition.state = PartitionFetch.State.FETCHING;
        broker.add(partition);
    }

    private int asked()
    {
        return broker.nextRequest(LIMITS, MAX_BYTES, 1).build().maxBytes();
    }

    @Test
    void whatIsNotAnsweredInTimeIsAskedForInSmallerPieces()
    {
        assertEquals(MAX_BYTES, asked());
        broker.askForLess();
        assertEquals(MAX_BYTES / 2, asked());
        for (int i = 0; i < 40; i++)
        {
            broker.askForLess();
            asked();
        }
        assertEquals(64 * 1024, asked());
        broker.askForMore(64 * 1024, TIMEOUT_MS / 10, TIMEOUT_MS);
        assertEquals(128 * 1024, asked());
    }

    @Test
    void piecesGrowAgainAfterThoseThatWereFullAndEarly()
    {
        asked();
        broker.askForLess();
        asked();
        broker.askForLess();
        final int quarter = MAX_BYTES / 4;
        assertEquals(quarter, asked());
        // Twice as large it would take half of the time that there is, at most.
        broker.askForMore(quarter, TIMEOUT_MS / 4, TIMEOUT_MS);
        assertEquals(quarter, asked());
        broker.askForMore(quarter / 3, 1, TIMEOUT_MS);
        assertEquals(quarter, asked());
        broker.askForMore(quarter, TIMEOUT_MS / 5, TIMEOUT_MS);
        assertEquals(2 * quarter, asked());
        broker.askForMore(2 * quarter, 1, TIMEOUT_MS);
        broker.askForMore(MAX_BYTES, 1, TIMEOUT_MS);
        assertEquals(MAX_BYTES, asked());
    }
}
