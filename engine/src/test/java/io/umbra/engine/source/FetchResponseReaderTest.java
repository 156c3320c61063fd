package io.umbra.engine.source;

import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a response leads to, for one partition that is fetched at offset 100. */
class FetchResponseReaderTest
{
    private static final TopicPartition NAME = new TopicPartition("topic", 0);
    private static final long FETCH_OFFSET = 100;
    private static final long HIGH_WATERMARK = 1_000;
    private static final long JOURNAL_LOG_START = 10;
    private static final int RECORDS = 5;
    private static final long NOW_MS = 1_000;

    private final Progress progress = new Progress();
    private final List<LeaderQuestion> questions = new ArrayList<>();
    private final FetchResponseReader reader = new FetchResponseReader(progress, () -> {}, questions::add);
    private final BrokerFetch broker = new BrokerFetch(new Node(1, "localhost", 9092), new NoCounters());
    private final PartitionFetch partition = new PartitionFetch(
        new FetchAssignment(0, NAME, new Uuid(1, 2), FETCH_OFFSET, 0), 1 << 20);

    @BeforeEach
    void beginFetching()
    {
        partition.leader(1, 0);
        partition.state = PartitionFetch.State.FETCHING;
        broker.add(partition);
    }

    private static FetchResponseData.PartitionData response(final long logStartOffset, final long... baseOffsets)
    {
        final ByteBuffer records = ByteBuffer.allocate(10_000);
        for (final long baseOffset : baseOffsets)
        {
            final SimpleRecord[] some = new SimpleRecord[RECORDS];
            Arrays.fill(some, new SimpleRecord("value".getBytes()));
            records.put(MemoryRecords.withRecords(baseOffset, Compression.NONE, some).buffer());
        }
        return new FetchResponseData.PartitionData()
            .setHighWatermark(HIGH_WATERMARK)
            .setLogStartOffset(logStartOffset)
            .setRecords(MemoryRecords.readableRecords(records.flip()));
    }

    private FetchedResponse read(final FetchResponseData.PartitionData data)
    {
        return read(partition.requestData(), data);
    }

    /** Null for a response that does not name the partition. */
    private FetchedResponse read(
        final FetchRequest.PartitionData asked, final FetchResponseData.PartitionData data)
    {
        final LinkedHashMap<TopicPartition, FetchResponseData.PartitionData> response = new LinkedHashMap<>();
        if (null != data)
        {
            response.put(NAME, data);
        }
        final FetchedResponse fetched = new FetchedResponse(ByteBuffer.allocate(0), 1, 1);
        reader.read(broker, Map.of(NAME, asked), response, fetched, NOW_MS);
        return fetched;
    }

    private void assertAsked(final LeaderQuestion.Kind kind, final long offset)
    {
        assertEquals(1, questions.size(), questions::toString);
        assertEquals(kind, questions.get(0).kind());
        assertEquals(offset, questions.get(0).offset());
        questions.clear();
    }

    @Test
    void whatLiesBehindAGapIsLeftUntilTheLeaderHasBeenAsked()
    {
        read(response(0, 100, 105, 120, 125));
        assertEquals(110, partition.fetchPosition);
        assertEquals(PartitionFetch.State.BACKING_OFF, partition.state);
        assertTrue(progress.error.contains("offsets 110 to 119"), progress.error);
        assertAsked(LeaderQuestion.Kind.GAP, 110);
    }

    @Test
    void aResponseThatBeginsBehindAGapBringsNothing()
    {
        assertTrue(read(response(0, 120)).isDone());
        assertEquals(FETCH_OFFSET, partition.fetchPosition);
        assertAsked(LeaderQuestion.Kind.GAP, FETCH_OFFSET);
    }

    @Test
    void aBatchAroundTheFetchOffsetIsNoGap()
    {
        assertFalse(read(response(0, 98, 103)).isDone());
        assertEquals(108, partition.fetchPosition);
        assertEquals(List.of(), questions);
    }

    @Test
    void inACompactedTopicGapsAreTakenAsTheyAre()
    {
        partition.areGapsExpected = true;
        read(response(0, 120, 300));
        assertEquals(305, partition.fetchPosition);
        assertEquals(PartitionFetch.State.FETCHING, partition.state);
        assertEquals(List.of(), questions);
    }

    /** The broker notes it before it reads: that happens, but not twice at the same place. */
    @Test
    void whatLiesBeyondTheHighWatermarkIsLeftForTheNextResponse()
    {
        partition.areGapsExpected = true;
        read(response(0, 100, HIGH_WATERMARK - 1));
        assertEquals(105, partition.fetchPosition);
        assertEquals(PartitionFetch.State.FETCHING, partition.state);
        assertTrue(read(response(0, HIGH_WATERMARK - 1)).isDone());
        assertEquals(105, partition.fetchPosition);
        assertEquals(PartitionFetch.State.BACKING_OFF, partition.state);
        assertTrue(progress.error.contains("ends at offset 1003, beyond its own high watermark 1000"), progress.error);
        partition.state = PartitionFetch.State.FETCHING;
        read(response(0, HIGH_WATERMARK - RECORDS));
        assertEquals(HIGH_WATERMARK, partition.fetchPosition);
        assertEquals(List.of(), questions);
    }

    @Test
    void theLeaderIsAskedOnceForEachLogStartThatWouldDropSomething()
    {
        read(response(JOURNAL_LOG_START, 100));
        assertEquals(List.of(), questions);
        read(response(50, 105));
        assertAsked(LeaderQuestion.Kind.LOG_START, 50);
        read(response(50, 110));
        assertEquals(List.of(), questions);
        read(response(60, 115));
        assertAsked(LeaderQuestion.Kind.LOG_START, 60);
        // It begins lower: what says otherwise is asked about again.
        partition.sourceLogStartOffset = 55;
        read(response(60, 120));
        assertAsked(LeaderQuestion.Kind.LOG_START, 60);
        read(response(HIGH_WATERMARK + 1, 125));
        assertEquals(List.of(), questions);
    }

    @Test
    void aPartitionIsServedWhenItsPositionHasBeenAskedFor()
    {
        final FetchRequest.PartitionData earlier = partition.requestData();
        partition.startAt(FETCH_OFFSET - 50, 0);
        broker.unconfirm();
        // In a session what is absent has not changed; but it was another place that was asked for.
        read(earlier, null);
        assertFalse(partition.isConfirmed);
        read(earlier, response(0, 100));
        assertFalse(partition.isConfirmed);
        assertEquals(0, progress.served);
        read(null);
        assertTrue(partition.isConfirmed);
        assertEquals(1, progress.served);
    }

    @Test
    void recordsShowThatAPartitionIsServedAndBadOnesThatItIsNot()
    {
        // The second one is there already.
        read(response(0, 100, 100));
        assertEquals(PartitionFetch.State.FAULTED, partition.state);
        assertFalse(partition.isConfirmed);
        partition.state = PartitionFetch.State.FETCHING;
        read(response(0, 105));
        assertTrue(partition.isConfirmed);
        assertEquals(1, progress.served);
    }

    private void hinted(final SourceLeaders leaders, final int epoch)
    {
        final FetchResponseData.PartitionData data = response(0).setErrorCode(Errors.NOT_LEADER_OR_FOLLOWER.code());
        data.currentLeader().setLeaderId(1).setLeaderEpoch(epoch);
        read(data);
        leaders.hints(reader.leaderHints(), List.of());
        assertEquals(epoch, partition.leaderEpoch);
    }

    /** Else a broker that names itself in ever higher epochs would be asked all the time. */
    @Test
    void theFirstLeaderThatIsNamedIsAskedAtOnceAndOthersAfterAWait()
    {
        final SourceLeaders leaders = new SourceLeaders(progress, new NoCounters());
        leaders.topology(new SourceTopology(
            Map.of(1, broker.node), Map.of(NAME, new SourceTopology.Leader(1, 0))), (ignore) -> {});
        leaders.add(partition);
        for (int epoch = 1; epoch < 9; epoch += 3)
        {
            hinted(leaders, epoch);
            assertEquals(PartitionFetch.State.FETCHING, partition.state);
            for (int more = 1; more < 3; more++)
            {
                partition.state = PartitionFetch.State.FETCHING;
                hinted(leaders, epoch + more);
                assertEquals(PartitionFetch.State.BACKING_OFF, partition.state);
                assertTrue(partition.retryAtMs >= NOW_MS + 100 * more, () -> partition.retryAtMs + " ms");
            }
            // The last one was right.
            partition.state = PartitionFetch.State.FETCHING;
            read(response(0));
            assertTrue(partition.isConfirmed);
        }
    }

    private static final class Progress implements FetchProgress
    {
        private String error = "";
        private int served;

        @Override
        public boolean isRefused(final int partitionIndex, final int assignmentEpoch)
        {
            return false;
        }

        @Override
        public boolean isHalted(final int partitionIndex)
        {
            return false;
        }

        @Override
        public boolean isFaulted(final int partitionIndex)
        {
            return false;
        }

        @Override
        public long journalLogStartOffset(final int partitionIndex)
        {
            return JOURNAL_LOG_START;
        }

        @Override
        public long journalEndOffset(final int partitionIndex)
        {
            return FETCH_OFFSET;
        }

        @Override
        public int journalLastEpoch(final int partitionIndex)
        {
            return 0;
        }

        @Override
        public void onFetching(
            final int partitionIndex, final int leaderId, final int leaderEpoch, final int assignmentEpoch)
        {
            served++;
        }

        @Override
        public void onFetched(
            final int partitionIndex,
            final long fetchPosition,
            final long highWatermark,
            final long logStartOffset,
            final long timeMs)
        {
        }

        @Override
        public void onSuspended(final int partitionIndex, final boolean isDeleted)
        {
        }

        @Override
        public void onError(final int partitionIndex, final boolean isFault, final String reason)
        {
            error = reason;
        }
    }
}
