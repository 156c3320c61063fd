package io.umbra.engine.verify;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/**
 * A source whose batches are made by the test.
 */
public final class SimulatedSource implements VerifySource
{
    public static final UUID TOPIC_ID = new UUID(3, 4);
    private static final int HEADER_LENGTH = 61;
    private static final int CRC_START = 21;

    /**
     * One partition.
     */
    public static final class Partition
    {
        public final List<byte[]> batches = new ArrayList<>();
        public long logStartOffset;
        public long highWatermark;
        int opened;
        Runnable onFetch = () ->
        {
        };
    }

    final Map<SourcePartition, Partition> partitions = new HashMap<>();
    int fetchBytes = 3000;
    public IOException failure;
    public CleanupPolicy policy = CleanupPolicy.of("delete");

    public static SourcePartition name(final String topic, final int partition)
    {
        return new SourcePartition(topic, partition, TOPIC_ID);
    }

    public Partition add(final SourcePartition name)
    {
        final Partition partition = new Partition();
        partitions.put(name, partition);
        return partition;
    }

    /**
     * A batch of message format v2, with garbage for records.
     */
    public static byte[] batch(final long baseOffset, final int count, final int epoch, final int payload)
    {
        final ByteBuffer batch = ByteBuffer.allocate(HEADER_LENGTH + payload);
        final byte[] records = new byte[payload];
        new Random(baseOffset).nextBytes(records);
        batch.putLong(0, baseOffset)
            .putInt(8, HEADER_LENGTH - 12 + payload)
            .putInt(12, epoch)
            .put(16, (byte) 2)
            .putInt(23, count - 1)
            .putLong(27, 1000)
            .putLong(35, 1000)
            .putLong(43, -1)
            .putShort(51, (short) -1)
            .putInt(53, -1)
            .putInt(57, count)
            .put(HEADER_LENGTH, records);
        return seal(batch.array());
    }

    /** Stores the CRC that the bytes have. */
    static byte[] seal(final byte[] batch)
    {
        final CRC32C crc = new CRC32C();
        crc.update(batch, CRC_START, batch.length - CRC_START);
        ByteBuffer.wrap(batch).putInt(17, (int) crc.getValue());
        return batch;
    }

    static long baseOffset(final byte[] batch)
    {
        return ByteBuffer.wrap(batch).getLong(0);
    }

    static long lastOffset(final byte[] batch)
    {
        return baseOffset(batch) + ByteBuffer.wrap(batch).getInt(23);
    }

    @Override
    public Collection<SourcePartition> partitions() throws IOException
    {
        return partitions.keySet();
    }

    @Override
    public SourceBatches open(final SourcePartition name) throws IOException
    {
        if (failure != null)
        {
            throw failure;
        }
        final Partition partition = partitions.get(name);
        partition.opened++;
        final long logStart = partition.logStartOffset;
        final long highWatermark = partition.highWatermark;
        return new SourceBatches()
        {
            @Override
            public long logStartOffset()
            {
                return logStart;
            }

            @Override
            public long highWatermark()
            {
                return highWatermark;
            }

            @Override
            public ByteBuffer fetch(final long offset) throws IOException
            {
                partition.onFetch.run();
                return SimulatedSource.this.fetch(partition, offset);
            }
        };
    }

    @Override
    public Map<String, CleanupPolicy> cleanupPolicies(final Collection<String> topics)
    {
        return topics.stream().collect(Collectors.toMap(Function.identity(), (topic) -> policy));
    }

    @Override
    public BatchRecords records(final ByteBuffer batch)
    {
        throw new AssertionError("there are no records in these batches");
    }

    private ByteBuffer fetch(final Partition partition, final long offset) throws IOException
    {
        if (offset < partition.logStartOffset || offset > partition.highWatermark)
        {
            throw new IOException("OFFSET_OUT_OF_RANGE");
        }
        final ByteBuffer answer = ByteBuffer.allocate(1 << 20);
        // What is before the answer in its buffer is none of the reader's business.
        answer.position(100);
        for (final byte[] batch : partition.batches)
        {
            final boolean isFull = answer.position() > 100 && answer.position() + batch.length > fetchBytes;
            if (isFull)
            {
                break;
            }
            if (lastOffset(batch) >= offset && lastOffset(batch) < partition.highWatermark)
            {
                answer.put(batch);
            }
        }
        return answer.limit(answer.position()).position(100);
    }
}
