package io.umbra.jmh.rig;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;

/**
 * The limit: fetches one topic over one connection and throws the bytes away. Nothing but a blocking socket, one
 * buffer, and the batch headers that must be read to know what to ask for next; the next fetch is on the wire as soon
 * as they are known.
 */
public final class BareFetch implements AutoCloseable
{
    private static final int MAX_BYTES = 16 << 20;
    private static final int PARTITION_MAX_BYTES = 4 << 20;
    private static final int MAX_WAIT_MS = 500;
    /** A response that is as large as may be. */
    static final int BUFFER_BYTES = MAX_BYTES + (1 << 20);
    private static final int LENGTH_OFFSET = 8;
    private static final int LAST_OFFSET_DELTA_OFFSET = 23;
    private static final int LOG_OVERHEAD = 12;

    private final SocketChannel channel;
    private final Uuid topicId;
    private final String topic;
    private final long[] positions;
    private final ByteBuffer size = ByteBuffer.allocateDirect(Integer.BYTES);
    private final short version = ApiKeys.FETCH.latestVersion();
    private int correlationId;
    private int first;

    private BareFetch(final SocketChannel channel, final TopicDescription description)
    {
        this.channel = channel;
        topic = description.name();
        topicId = description.topicId();
        positions = new long[description.partitions().size()];
    }

    /**
     * Runs the loop until all is fetched.
     *
     * @param args bootstrap server, topic, number of records in it, file of the shared count.
     * @throws Exception if the source does not answer as it should.
     */
    public static void main(final String[] args) throws Exception
    {
        final long records = Long.parseLong(args[2]);
        final SharedCount count = new SharedCount(Path.of(args[3]));
        final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        try (BareFetch fetch = connect(args[0], args[1]))
        {
            long fetched = 0;
            while (fetched < records)
            {
                fetched += fetch.next(buffer, records - fetched);
                count.set(fetched);
            }
        }
        // The benchmark reads what this process has taken, and ends it.
        new CountDownLatch(1).await();
    }

    /**
     * Connects and sends the first fetch.
     *
     * @param bootstrapServer of a cluster of one broker.
     * @param topic           to fetch.
     * @return the loop.
     * @throws Exception if the source does not answer as it should.
     */
    static BareFetch connect(final String bootstrapServer, final String topic) throws Exception
    {
        final Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrapServer);
        final TopicDescription description;
        try (Admin admin = Admin.create(properties))
        {
            description = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
        }
        final String[] address = bootstrapServer.split(":");
        final BareFetch fetch = new BareFetch(
            SocketChannel.open(new InetSocketAddress(address[0], Integer.parseInt(address[1]))), description);
        fetch.send();
        return fetch;
    }

    /**
     * Takes the response to the last fetch, and sends the next one.
     *
     * @param buffer  gets the response.
     * @param records that are still to come; no fetch is sent after the last of them.
     * @return number of records in the response.
     * @throws IOException if the source does not answer as it should.
     */
    long next(final ByteBuffer buffer, final long records) throws IOException
    {
        receive(buffer);
        final long fetched = advance(buffer);
        if (fetched < records)
        {
            send();
        }
        return fetched;
    }

    @Override
    public void close() throws IOException
    {
        channel.close();
    }

    private void send() throws IOException
    {
        final Map<TopicPartition, FetchRequest.PartitionData> partitions = new LinkedHashMap<>();
        for (int i = 0; i < positions.length; i++)
        {
            final int partition = (first + i) % positions.length;
            partitions.put(new TopicPartition(topic, partition), new FetchRequest.PartitionData(
                topicId, positions[partition], FetchRequest.INVALID_LOG_START_OFFSET, PARTITION_MAX_BYTES,
                Optional.empty()));
        }
        first = (first + 1) % positions.length;
        final ByteBuffer request = FetchRequest.Builder
            .forConsumer(version, MAX_WAIT_MS, 1, partitions)
            .setMaxBytes(MAX_BYTES)
            .build(version)
            .serializeWithHeader(new RequestHeader(ApiKeys.FETCH, version, "bare", correlationId++));
        size.clear().putInt(0, request.remaining());
        final ByteBuffer[] parts = {size, request};
        while (request.hasRemaining())
        {
            channel.write(parts);
        }
    }

    private void receive(final ByteBuffer buffer) throws IOException
    {
        size.clear();
        fill(size);
        final int length = size.getInt(0);
        if (length > buffer.capacity())
        {
            throw new IOException("a response of " + length + " bytes");
        }
        buffer.clear().limit(length);
        fill(buffer);
        buffer.flip();
    }

    private void fill(final ByteBuffer target) throws IOException
    {
        while (target.hasRemaining())
        {
            if (channel.read(target) < 0)
            {
                throw new EOFException("the source has closed the connection");
            }
        }
    }

    /** Reads the batch headers. */
    private long advance(final ByteBuffer buffer) throws IOException
    {
        ResponseHeader.parse(buffer, ApiKeys.FETCH.responseHeaderVersion(version));
        final FetchResponse response = FetchResponse.parse(new ByteBufferAccessor(buffer), version);
        if (Errors.NONE != response.error())
        {
            throw new IOException("the source answers " + response.error());
        }
        long records = 0;
        for (final FetchResponseData.FetchableTopicResponse topicResponse : response.data().responses())
        {
            for (final FetchResponseData.PartitionData partition : topicResponse.partitions())
            {
                if (Errors.NONE.code() != partition.errorCode())
                {
                    throw new IOException("the source answers " + Errors.forCode(partition.errorCode()));
                }
                records += advance(
                    partition.partitionIndex(), ((MemoryRecords)FetchResponse.recordsOrFail(partition)).buffer());
            }
        }
        return records;
    }

    private long advance(final int partition, final ByteBuffer records)
    {
        final long before = positions[partition];
        int at = records.position();
        while (records.limit() - at >= LOG_OVERHEAD)
        {
            final int length = LOG_OVERHEAD + records.getInt(at + LENGTH_OFFSET);
            if (length > records.limit() - at)
            {
                break;
            }
            positions[partition] = records.getLong(at) + records.getInt(at + LAST_OFFSET_DELTA_OFFSET) + 1;
            at += length;
        }
        return positions[partition] - before;
    }
}
