package io.umbra.jmh.rig;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends records at a fixed rate. Each carries the moment at which it was due, not the one at which it went: when
 * something stalls, the records that wait count their waiting (no coordinated omission).
 * <p>
 * A value begins with that moment, {@link System#nanoTime()}, which on Linux is the same clock in every process of a
 * machine, or with 0 while warming up.
 */
final class FixedRate
{
    private static final long SLEEP_NS = 100_000;
    private static final double NANOS = 1e9;

    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final int partitions;
    private final int recordSize;
    private final Samples samples;
    /** Offset after the last record that the source has acknowledged, by partition. */
    private final AtomicLongArray acknowledged;
    private volatile Exception failure;

    /** Takes what is to be known of some of the records. */
    @FunctionalInterface
    interface Samples
    {
        /** A record that was acknowledged; on the producer's thread. */
        void onRecord(int partition, long offset, long dueNs);
    }

    FixedRate(
        final KafkaProducer<byte[], byte[]> producer,
        final String topic,
        final int partitions,
        final int recordSize,
        final Samples samples)
    {
        this.producer = producer;
        this.topic = topic;
        this.partitions = partitions;
        this.recordSize = recordSize;
        this.samples = samples;
        acknowledged = new AtomicLongArray(partitions);
    }

    long acknowledged(final int partition)
    {
        return acknowledged.get(partition);
    }

    /**
     * Sends for a while.
     *
     * @param recordsPerSecond rate; infinite for as fast as the producer takes them.
     * @param seconds          for which records are due.
     * @param isWarmUp         whether they do not count.
     * @return records sent by the end of that time: less than were due when the producer could not keep up.
     */
    long run(final double recordsPerSecond, final double seconds, final boolean isWarmUp)
    {
        final byte[][] filler = Source.values(recordSize, 1);
        final long startNs = System.nanoTime();
        final long endNs = startNs + (long)(seconds * NANOS);
        long sent = 0;
        long nowNs = startNs;
        while (nowNs < endNs)
        {
            final double due = Double.isInfinite(recordsPerSecond) ?
                Long.MAX_VALUE : (nowNs - startNs) / NANOS * recordsPerSecond;
            while (sent < due && nowNs < endNs)
            {
                send(filler, sent, isWarmUp ? 0 : startNs + (long)(sent / recordsPerSecond * NANOS));
                sent++;
                if (0 == sent % partitions)
                {
                    nowNs = System.nanoTime();
                }
            }
            LockSupport.parkNanos(SLEEP_NS);
            nowNs = System.nanoTime();
        }
        producer.flush();
        if (null != failure)
        {
            throw new IllegalStateException("the source refuses records", failure);
        }
        return sent;
    }

    private void send(final byte[][] filler, final long number, final long dueNs)
    {
        final int partition = (int)(number % partitions);
        final byte[] value = filler[(int)(number % filler.length)].clone();
        ByteBuffer.wrap(value).putLong(dueNs);
        producer.send(new ProducerRecord<>(topic, partition, null, value), (metadata, exception) ->
        {
            if (null != exception)
            {
                failure = exception;
                return;
            }
            acknowledged.lazySet(partition, metadata.offset() + 1);
            if (0 != dueNs)
            {
                samples.onRecord(partition, metadata.offset(), dueNs);
            }
        });
    }
}
