package io.umbra.engine.events;

import io.umbra.codecs.ledger.LinkEventType;
import io.umbra.engine.status.FetchState;
import io.umbra.engine.status.JournalState;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.TopicState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What two looks at a table tell. */
class LinkWatchTest
{
    private static final UUID ORDERS = new UUID(1, 2);

    @TempDir
    private Path journalDir;
    private PartitionTable table;
    private LinkWatch watch;
    private final List<LinkEvent> events = new ArrayList<>();

    @BeforeEach
    void create() throws IOException
    {
        table = PartitionTable.create(journalDir, "east", 0, 1);
        watch = new LinkWatch(table, events::add);
    }

    @AfterEach
    void close() throws IOException
    {
        table.close();
    }

    private void add(final int partition) throws IOException
    {
        final int index = table.add("orders", ORDERS, partition, 0, 0);
        table.journalPositions(index, 0, 17, 17, 0, 17);
    }

    private List<String> look() throws IOException
    {
        events.clear();
        watch.look(5);
        return events.stream().map((event) -> event.type() + " " +
            (null == event.topic() ? "" : event.topic() + "-" + event.partition() + " ") +
            event.before() + " " + event.after() + " " + event.severity()).toList();
    }

    @Test
    void theStateOfTheLinkIsToldWhenItChanges() throws IOException
    {
        assertEquals(List.of(), look());
        table.header().linkState(LinkState.ACTIVE, null);
        assertEquals(List.of("LINK_STATE SOURCE_UNAVAILABLE ACTIVE INFO"), look());
        assertEquals(List.of(), look());
        table.header().linkState(LinkState.SOURCE_UNAVAILABLE, "connection refused");
        assertEquals(List.of("LINK_STATE ACTIVE SOURCE_UNAVAILABLE WARN"), look());
        assertEquals("connection refused", events.get(0).message());
        table.header().linkState(LinkState.FAULTED, "no");
        assertEquals(List.of("LINK_STATE SOURCE_UNAVAILABLE FAULTED ERROR"), look());
    }

    @Test
    void topicsAreToldOfOnceWhateverTheirPartitions() throws IOException
    {
        add(0);
        add(1);
        look();
        table.topicState(0, TopicState.PAUSED);
        table.topicState(1, TopicState.PAUSED);
        assertEquals(List.of("TOPIC_STATE orders--1 ACTIVE PAUSED INFO"), look());
        table.topicState(0, TopicState.PROMOTED);
        table.topicState(1, TopicState.PROMOTED);
        assertEquals(List.of("PROMOTED orders--1 PAUSED PROMOTED INFO"), look());
    }

    @Test
    void aFaultComesAndGoes() throws IOException
    {
        add(0);
        table.fetchState(0, FetchState.ACTIVE, null);
        look();
        table.journalState(0, JournalState.FAULTED, "CRC");
        assertEquals(List.of("FAULT orders-0 ACTIVE FAULTED ERROR"), look());
        assertEquals("CRC", events.get(0).message());
        assertEquals(17, events.get(0).fromOffset());
        assertEquals(List.of(), look());
        table.journalState(0, JournalState.ACTIVE, null);
        assertEquals(List.of("FAULT_CLEARED orders-0 FAULTED ACTIVE INFO"), look());
        table.journalState(0, JournalState.WAITING_FOR_SPACE, "disk full");
        assertEquals(List.of("PARTITION_STATE orders-0 ACTIVE WAITING_FOR_SPACE INFO"), look());
    }

    @Test
    void whatPassesIsNoNews() throws IOException
    {
        add(0);
        look();
        table.fetchState(0, FetchState.ACTIVE, null);
        assertEquals(List.of(), look());
        table.fetchState(0, FetchState.RETRYING, "no leader");
        assertEquals(List.of(), look());
        table.fetchState(0, FetchState.SOURCE_UNAVAILABLE, "gone");
        assertEquals(List.of(), look());
        table.fetchState(0, FetchState.FAULTED, "magic 1");
        assertEquals(List.of("FAULT orders-0 ACTIVE FAULTED ERROR"), look());
        table.fetchState(0, FetchState.RETRYING, "no leader");
        assertEquals(List.of(), look(), "not well yet");
        table.fetchState(0, FetchState.ACTIVE, null);
        assertEquals(List.of("FAULT_CLEARED orders-0 FAULTED ACTIVE INFO"), look());
    }

    @Test
    void aPartitionThatIsFaultedFromTheFirstIsNews() throws IOException
    {
        look();
        add(0);
        table.fetchState(0, FetchState.FAULTED, "cannot be opened");
        assertEquals(List.of("FAULT orders-0 STARTING FAULTED ERROR"), look());
    }

    @Test
    void whenAllChangeAtOnceTheRestIsOneEvent() throws IOException
    {
        final int partitions = LinkWatch.MAX_PARTITION_EVENTS + 20;
        for (int i = 0; i < partitions; i++)
        {
            add(i);
        }
        look();
        for (int i = 0; i < partitions; i++)
        {
            table.journalState(i, JournalState.WAITING_FOR_SPACE, "disk full");
        }
        assertEquals(LinkWatch.MAX_PARTITION_EVENTS + 1, look().size());
        final LinkEvent last = events.get(events.size() - 1);
        assertEquals(LinkEventType.PARTITION_STATE, last.type());
        assertEquals("20 more partitions are in another state", last.message());
        assertEquals(List.of(), look());
    }
}
