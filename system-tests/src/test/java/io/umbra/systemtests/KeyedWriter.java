package io.umbra.systemtests;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Writes the same few keys over and over, in rounds: each with a producer of its own, since the cleaner keeps what it
 * must of every producer's last batch. Remembers what became of every record. For one thread.
 */
final class KeyedWriter
{
    private static final int KEYS = 40;
    private static final int TOMBSTONE_PERCENT = 10;
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    private final Properties clientProperties;
    private final Random random = new Random(17);
    private final Map<TopicPartition, ConcurrentSkipListMap<Long, RecordLog.Row>> written = new ConcurrentHashMap<>();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private int round;

    KeyedWriter(final Properties clientProperties)
    {
        this.clientProperties = clientProperties;
    }

    /** What was acknowledged, aborted transactions included, by partition and offset. */
    Map<TopicPartition, ConcurrentSkipListMap<Long, RecordLog.Row>> written()
    {
        return written;
    }

    /**
     * One round with an idempotent producer.
     *
     * @param timestamp of all records; null for now.
     */
    void writeIdempotent(final String topic, final int partitions, final int records, final Long timestamp)
        throws Exception
    {
        try (Producer<byte[], byte[]> producer = producer(null))
        {
            for (int i = 0; i < records; i++)
            {
                send(producer, topic, i % partitions, timestamp);
            }
            producer.flush();
        }
        rethrow();
    }

    /** Transactions of one producer, every other one aborted. */
    void writeTransactions(final String topic, final int transactions, final int records) throws Exception
    {
        try (Producer<byte[], byte[]> producer = producer("writer-" + round % 2))
        {
            producer.initTransactions();
            for (int t = 0; t < transactions; t++)
            {
                producer.beginTransaction();
                for (int i = 0; i < records; i++)
                {
                    send(producer, topic, 0, null);
                }
                producer.flush();
                if (0 == t % 2)
                {
                    producer.commitTransaction();
                }
                else
                {
                    producer.abortTransaction();
                }
            }
        }
        rethrow();
    }

    /**
     * One batch, not compressed, of which the cleaner takes all but the first record: its key is written never again,
     * that of the others is.
     */
    void writeBatchOfWhichOneIsKept(final String topic, final int partition) throws Exception
    {
        try (Producer<byte[], byte[]> producer = producer(null, CODECS.get(0)))
        {
            send(producer, topic, partition, null, "kept", "value that is kept");
            for (int i = 0; i < 3; i++)
            {
                send(producer, topic, partition, null, "key-0", "value that is not");
            }
            producer.flush();
        }
        rethrow();
    }

    private Producer<byte[], byte[]> producer(final String transactionalId)
    {
        return producer(transactionalId, CODECS.get(round++ % CODECS.size()));
    }

    private Producer<byte[], byte[]> producer(final String transactionalId, final String codec)
    {
        final Properties properties = new Properties();
        properties.putAll(clientProperties);
        properties.setProperty(ProducerConfig.COMPRESSION_TYPE_CONFIG, codec);
        properties.setProperty(ProducerConfig.BATCH_SIZE_CONFIG, "2048");
        // Batches end when they are full, or flushed.
        properties.setProperty(ProducerConfig.LINGER_MS_CONFIG, "10000");
        if (null != transactionalId)
        {
            properties.setProperty(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        }
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private void send(
        final Producer<byte[], byte[]> producer, final String topic, final int partition, final Long timestamp)
    {
        send(producer, topic, partition, timestamp, "key-" + random.nextInt(KEYS),
            random.nextInt(100) < TOMBSTONE_PERCENT ? null :
                "value-" + random.nextLong() + "-" + "x".repeat(random.nextInt(120)));
    }

    private void send(
        final Producer<byte[], byte[]> producer,
        final String topic,
        final int partition,
        final Long timestamp,
        final String keyText,
        final String valueText)
    {
        final byte[] key = keyText.getBytes(StandardCharsets.UTF_8);
        final byte[] value = null == valueText ? null : valueText.getBytes(StandardCharsets.UTF_8);
        final ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, partition, timestamp, key, value);
        final String header = Integer.toString(random.nextInt(9));
        record.headers().add(new RecordHeader("h", header.getBytes(StandardCharsets.UTF_8)));
        producer.send(record, (metadata, ex) -> onWritten(metadata, ex, key, value, List.of("h=" + header)));
    }

    private void onWritten(
        final RecordMetadata metadata,
        final Exception ex,
        final byte[] key,
        final byte[] value,
        final List<String> headers)
    {
        if (null != ex)
        {
            failure.compareAndSet(null, ex);
            return;
        }
        written
            .computeIfAbsent(new TopicPartition(metadata.topic(), metadata.partition()), (partition) ->
                new ConcurrentSkipListMap<>())
            .put(metadata.offset(), new RecordLog.Row(metadata.timestamp(), ByteBuffer.wrap(key),
                null == value ? null : ByteBuffer.wrap(value), headers, false));
    }

    private void rethrow() throws Exception
    {
        if (null != failure.get())
        {
            throw failure.get();
        }
    }
}
