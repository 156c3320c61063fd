package io.umbra.engine.source;

import io.umbra.transport.FrameHandlerAdapter;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.ShardTransport;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Responses of which some bytes are not what a broker wrote. No exception escapes, nothing outside of the records is
 * read, what is published is a run of whole batches that continue what was asked for, and a response that brings
 * nothing leads to a back-off. {@code -Dumbra.fuzz.tries} and {@code -Dumbra.fuzz.seed} say how many, and which.
 */
class FetchResponseFuzzTest
{
    private static final long SEED = Long.getLong("umbra.fuzz.seed", 20_261_124);
    private static final long TRIES = Long.getLong("umbra.fuzz.tries", 60_000);
    private static final long SOAK_TRIES = 10_000_000;

    private static final TopicPartition PARTITION = new TopicPartition("topic", 0);
    private static final Uuid TOPIC_ID = new Uuid(1, 2);
    private static final long FETCH_OFFSET = 100;
    private static final int LEADER_EPOCH = 5;
    private static final int BROKER = 1;
    private static final short VERSION = ApiKeys.FETCH.latestVersion();
    private static final int TERM_LENGTH = 512 * 1024;
    private static final int MAX_FRAME_PAYLOAD = 4_096;
    /** Ends a test that has failed, and is no part of what is tested. */
    private static final long STALLED_NS = 60_000_000_000L;

    @TempDir
    Path dir;

    private final FetchResponseReader reader = new FetchResponseReader(new NoProgress(), () -> {}, (question) -> {});
    private final BrokerFetch broker = new BrokerFetch(new Node(BROKER, "localhost", 9092), new NoCounters());
    private final Published published = new Published();
    private ShardTransport transport;
    private ShardTransport.ShardStream stream;
    private Random random;
    private List<byte[]> corpus;

    @BeforeEach
    void open()
    {
        transport = ShardTransport.launch(new ShardTransport.Context()
            .aeronDirectoryName(dir.resolve("aeron").toString())
            .shards(1)
            .termLength(TERM_LENGTH)
            .maxFramePayload(MAX_FRAME_PAYLOAD)
            .errorHandler((throwable) -> {}));
        stream = transport.openStream(0);
    }

    @AfterEach
    void close()
    {
        transport.close();
    }

    @Test
    void damagedResponsesDoNoDamage()
    {
        run(TRIES, SEED);
    }

    @Test
    @Tag("soak")
    void manyDamagedResponsesDoNoDamage()
    {
        run(SOAK_TRIES, System.nanoTime());
    }

    private void run(final long tries, final long seed)
    {
        final Mutations mutations = new Mutations();
        for (long i = 0; i < tries; i++)
        {
            final long trySeed = seed + i;
            if (i % 10_000 == 0)
            {
                corpus = corpus(trySeed);
            }
            random = new Random(trySeed);
            final byte[] records = mutations.mutate(random, corpus);
            try
            {
                final LinkedHashMap<TopicPartition, FetchResponseData.PartitionData> response =
                    i % 4 == 0 ? throughADamagedFrame(records) : response(records);
                attempt(response, random.nextBoolean());
            }
            catch (final RuntimeException | AssertionError ex)
            {
                throw new AssertionError("seed " + seed + ", try " + i + ": " + ex, ex);
            }
        }
    }

    /** Batches as a leader in epoch 5 sends them that was asked for offset 100. */
    List<byte[]> corpus(final long seed)
    {
        random = new Random(seed);
        final List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < 60; i++)
        {
            final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            long offset = FETCH_OFFSET - random.nextInt(2);
            int epoch = random.nextInt(LEADER_EPOCH);
            for (int batches = 1 + random.nextInt(4); batches > 0; batches--)
            {
                final int count = 2 + random.nextInt(3);
                epoch = Math.min(LEADER_EPOCH, epoch + random.nextInt(2));
                bytes.writeBytes(batch(offset, epoch, count));
                offset += count + (random.nextInt(4) == 0 ? random.nextInt(50) : 0);
            }
            all.add(bytes.toByteArray());
        }
        return all;
    }

    private byte[] batch(final long offset, final int epoch, final int count)
    {
        final MemoryRecordsBuilder builder = MemoryRecords.builder(
            ByteBuffer.allocate(1024), RecordBatch.MAGIC_VALUE_V2,
            random.nextBoolean() ? Compression.NONE : Compression.gzip().build(), TimestampType.CREATE_TIME, offset,
            RecordBatch.NO_TIMESTAMP, RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH,
            RecordBatch.NO_SEQUENCE, false, epoch);
        for (int i = 0; i < count; i++)
        {
            // Some are larger than a frame of the stream.
            final byte[] value = new byte[random.nextInt(random.nextInt(12) == 0 ? 9_000 : 60)];
            random.nextBytes(value);
            builder.append(1_700_000_000_000L + i, null, value);
        }
        final ByteBuffer buffer = builder.build().buffer();
        final byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /**
     * Has the response read and published, and checks what comes of it.
     *
     * @param response        null for one that could not be parsed.
     * @param areGapsExpected of the partition.
     */
    void attempt(
        final LinkedHashMap<TopicPartition, FetchResponseData.PartitionData> response, final boolean areGapsExpected)
    {
        if (null == response)
        {
            return;
        }
        final PartitionFetch partition = new PartitionFetch(
            new FetchAssignment(0, PARTITION, TOPIC_ID, FETCH_OFFSET, 0), 1 << 20);
        partition.leader(BROKER, LEADER_EPOCH);
        partition.state = PartitionFetch.State.FETCHING;
        partition.areGapsExpected = areGapsExpected;
        broker.partitions.clear();
        broker.add(partition);
        final Map<TopicPartition, FetchRequest.PartitionData> asked = Map.of(PARTITION, partition.requestData());
        final FetchedResponse fetched = new FetchedResponse(ByteBuffer.allocate(0), BROKER, 1);
        final long bytes = reader.read(broker, asked, response, fetched, 1_000);
        final FetchResponseData.PartitionData data = response.get(PARTITION);
        if (null == data)
        {
            assertEquals(0, bytes);
            return;
        }
        publish(fetched);
        final ByteBuffer buffer = FetchResponse.recordsSize(data) == 0 ?
            ByteBuffer.allocate(0) : ((MemoryRecords)data.records()).buffer();
        final byte[] accepted = new byte[(int)bytes];
        buffer.duplicate().get(accepted);
        assertArrayEquals(accepted, published.bytes.toByteArray());
        assertEquals(partition.fetchPosition, partition.publishPosition);
        assertContinues(accepted, partition, data.highWatermark());
        if (0 == bytes && buffer.hasRemaining())
        {
            if (partition.beyondPosition == partition.fetchPosition)
            {
                // But for what lay beyond the high watermark, once.
                assertEquals(0, reader.read(broker, asked, response, fetched, 1_000));
            }
            // What brings nothing is not asked for again at once.
            assertNotEquals(PartitionFetch.State.FETCHING, partition.state);
        }
    }

    static LinkedHashMap<TopicPartition, FetchResponseData.PartitionData> response(final byte[] records)
    {
        // Direct, and the records end where the buffer does: whoever reads on is found out.
        final ByteBuffer buffer = ByteBuffer.allocateDirect(records.length).put(records).flip();
        final LinkedHashMap<TopicPartition, FetchResponseData.PartitionData> response = new LinkedHashMap<>();
        response.put(PARTITION, data(MemoryRecords.readableRecords(buffer)));
        return response;
    }

    private static FetchResponseData.PartitionData data(final MemoryRecords records)
    {
        return new FetchResponseData.PartitionData()
            .setPartitionIndex(PARTITION.partition())
            .setHighWatermark(10_000)
            .setLastStableOffset(10_000)
            .setLogStartOffset(0)
            .setRecords(records);
    }

    private LinkedHashMap<TopicPartition, FetchResponseData.PartitionData> throughADamagedFrame(final byte[] records)
    {
        final ByteBuffer frame = frame(records);
        for (int i = random.nextInt(3); i > 0; i--)
        {
            // Mostly where the structure is.
            final int end = random.nextInt(3) == 0 ? frame.remaining() : Math.min(110, frame.remaining());
            frame.put(random.nextInt(end), (byte)Mutations.interesting(random));
        }
        if (random.nextInt(8) == 0)
        {
            frame.limit(random.nextInt(frame.limit()));
        }
        return parse(frame);
    }

    static ByteBuffer frame(final byte[] records)
    {
        final FetchResponseData message = new FetchResponseData().setSessionId(7);
        message.responses().add(new FetchResponseData.FetchableTopicResponse()
            .setTopicId(TOPIC_ID)
            .setPartitions(List.of(data(MemoryRecords.readableRecords(ByteBuffer.wrap(records))))));
        return RequestUtils.serialize(
            new ResponseHeaderData().setCorrelationId(42), ApiKeys.FETCH.responseHeaderVersion(VERSION),
            message, VERSION);
    }

    /** Null if Kafka's own classes do not take the frame, which they must say with a RuntimeException. */
    static LinkedHashMap<TopicPartition, FetchResponseData.PartitionData> parse(final ByteBuffer frame)
    {
        try
        {
            final RequestHeader header = new RequestHeader(ApiKeys.FETCH, VERSION, "fuzz", 42);
            final FetchResponse response = (FetchResponse)AbstractResponse.parseResponse(frame, header);
            return response.responseData(Map.of(TOPIC_ID, PARTITION.topic()), VERSION);
        }
        catch (final RuntimeException ex)
        {
            return null;
        }
    }

    private void publish(final FetchedResponse fetched)
    {
        published.bytes.reset();
        published.next = FETCH_OFFSET;
        final FrameHeader header = new FrameHeader();
        final long deadlineNs = System.nanoTime() + STALLED_NS;
        while (!fetched.isDone())
        {
            if (!fetched.publishNext(stream.publisher(), header))
            {
                // The media driver's thread makes room, when it gets to it.
                assertTrue(System.nanoTime() - deadlineNs < 0, "nothing goes on");
                Thread.yield();
            }
            stream.poller().poll(published, TERM_LENGTH);
        }
        while (stream.poller().position() < stream.publisher().position())
        {
            stream.poller().poll(published, TERM_LENGTH);
        }
        assertTrue(published.isInOrder);
    }

    /** Kafka's own reader finds the same batches, in order. */
    private static void assertContinues(
        final byte[] accepted, final PartitionFetch partition, final long highWatermark)
    {
        long next = FETCH_OFFSET;
        for (final MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(accepted)).batches())
        {
            assertEquals(RecordBatch.MAGIC_VALUE_V2, batch.magic());
            assertTrue(batch.lastOffset() >= next, () -> batch + " is no news");
            assertTrue(partition.areGapsExpected || batch.baseOffset() <= next, () -> batch + " is behind a gap");
            assertTrue(batch.partitionLeaderEpoch() <= LEADER_EPOCH);
            assertTrue(batch.lastOffset() < highWatermark, () -> batch + " is beyond " + highWatermark);
            next = batch.lastOffset() + 1;
        }
        assertEquals(next, partition.fetchPosition);
        assertTrue(next >= FETCH_OFFSET);
    }

    /** What comes out of the stream. */
    private static final class Published implements FrameHandlerAdapter
    {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean isInOrder = true;
        private int frameBegin;
        private long next;

        @Override
        public void onFrameBegin()
        {
            frameBegin = bytes.size();
        }

        @Override
        public void onFramePayload(final ByteBuffer termBuffer, final int offset, final int length)
        {
            final byte[] part = new byte[length];
            termBuffer.get(offset, part);
            bytes.writeBytes(part);
        }

        @Override
        public boolean onFrameEnd(final FrameHeader header)
        {
            isInOrder &= next == header.fetchOffset;
            if (0 == header.batchLength || header.chunkOffset + bytes.size() - frameBegin == header.batchLength)
            {
                next = header.lastOffset + 1;
            }
            return true;
        }

        @Override
        public boolean onOffsetsLost(
            final int partitionIndex,
            final int assignmentEpoch,
            final long fromOffset,
            final long toOffset,
            final long timeNs)
        {
            throw new AssertionError("nobody has found that out");
        }
    }

    private static final class NoProgress implements FetchProgress
    {
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
        public void onSuspended(final int partitionIndex, final boolean isDeleted)
        {
            throw new AssertionError("nobody wants that");
        }

        @Override
        public long journalLogStartOffset(final int partitionIndex)
        {
            return 0;
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
            assertEquals(LEADER_EPOCH, leaderEpoch);
        }

        @Override
        public void onFetched(
            final int partitionIndex,
            final long fetchPosition,
            final long highWatermark,
            final long logStartOffset,
            final long timeMs)
        {
            assertTrue(fetchPosition >= FETCH_OFFSET);
        }

        @Override
        public void onError(final int partitionIndex, final boolean isFault, final String reason)
        {
            assertFalse(reason.isBlank());
        }
    }
}
