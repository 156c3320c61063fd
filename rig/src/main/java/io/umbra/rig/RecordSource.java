package io.umbra.rig;

import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes records out of a seed: the same seed gives the same topics, partitions, keys, values and headers in the same
 * order. Sizes are spread evenly over their magnitudes, so that most records are small and a few are large. For one
 * thread.
 */
final class RecordSource
{
    private static final int POOL_BYTES = 1 << 20;
    private static final int COMPRESSIBLE_RUN = 64;
    private static final int MAX_KEY_BYTES = 48;
    private static final int MAX_HEADERS = 3;
    private static final int MAX_AGE_MS = 3_600_000;

    private final Workload.Context context;
    private final SplittableRandom random;
    private final byte[] pool;

    RecordSource(final Workload.Context context, final long seed)
    {
        this.context = context;
        this.random = new SplittableRandom(seed);
        this.pool = new byte[Math.max(POOL_BYTES, 2 * context.maxRecordBytes())];
        fill(pool, random);
    }

    /** Noise and runs of one byte in turn, so that codecs have something to do and something to fail at. */
    private static void fill(final byte[] pool, final SplittableRandom random)
    {
        random.nextBytes(pool);
        for (int i = 0; i < pool.length; i += 2 * COMPRESSIBLE_RUN)
        {
            Arrays.fill(pool, i, Math.min(pool.length, i + COMPRESSIBLE_RUN), pool[i]);
        }
    }

    ProducerRecord<byte[], byte[]> next()
    {
        final TopicSpec topic = context.topics().get(random.nextInt(context.topics().size()));
        final int partition = random.nextInt(topic.partitions());
        final byte[] key = chance(context.nullKeys()) ? null : bytes(random.nextInt(MAX_KEY_BYTES + 1));
        final byte[] value = chance(context.nullValues()) ? null : bytes(size());
        // The past now and then: the largest timestamp of a batch is then not that of its last record.
        final Long timestamp = chance(context.outOfOrderTimes()) ?
            System.currentTimeMillis() - random.nextInt(MAX_AGE_MS) : null;
        return new ProducerRecord<>(topic.name(), partition, timestamp, key, value, headers());
    }

    boolean chance(final double share)
    {
        return random.nextDouble() < share;
    }

    /** Between 1 and a bound, inclusive. */
    int upTo(final int bound)
    {
        return 1 + random.nextInt(bound);
    }

    private List<Header> headers()
    {
        final List<Header> headers = new ArrayList<>();
        if (chance(context.headers()))
        {
            final int number = upTo(MAX_HEADERS);
            for (int i = 0; i < number; i++)
            {
                headers.add(new RecordHeader("header-" + i, chance(0.2) ? null : bytes(random.nextInt(MAX_KEY_BYTES))));
            }
        }
        return headers;
    }

    private int size()
    {
        final int min = context.minRecordBytes();
        final int max = context.maxRecordBytes();
        // The edges come up by intention, not by luck.
        if (chance(0.01))
        {
            return min;
        }
        if (chance(context.largestRecords()))
        {
            return max;
        }
        final double magnitude = random.nextDouble() * Math.log(max - min + 1.0);
        return Math.min(max, min + (int) (Math.exp(magnitude) - 1.0));
    }

    private byte[] bytes(final int length)
    {
        final byte[] bytes = new byte[length];
        System.arraycopy(pool, random.nextInt(pool.length - length + 1), bytes, 0, length);
        return bytes;
    }
}
