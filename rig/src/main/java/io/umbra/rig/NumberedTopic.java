package io.umbra.rig;

import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;

import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A topic of one partition whose records are 0, 1, 2, …, written by one thread and read by a consumer group, so that
 * what a fail-over loses or repeats can be told to the record.
 */
public final class NumberedTopic implements AutoCloseable
{
    private static final long PACE_NS = 500_000L;
    private static final Duration POLL = Duration.ofMillis(100);

    private final KafkaProducer<Long, Long> producer;
    private final String topic;
    private final AtomicLong acknowledged = new AtomicLong();
    private final Thread thread = new Thread(this::write, "numbered-topic");
    private volatile boolean isStopped;

    /**
     * What a group has read.
     *
     * @param first   number that came first; -1 if none came.
     * @param next    number that is expected next.
     * @param firstMs when the first came, milliseconds since 1970.
     * @param isInOrder whether each number was the one before plus one.
     */
    public record Reading(long first, long next, long firstMs, boolean isInOrder)
    {
    }

    /**
     * A topic that exists and is empty.
     *
     * @param client settings of a client.
     * @param topic  name.
     */
    public NumberedTopic(final Properties client, final String topic)
    {
        final Properties properties = new Properties();
        properties.putAll(client);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        producer = new KafkaProducer<>(properties, new LongSerializer(), new LongSerializer());
        this.topic = topic;
        thread.setDaemon(true);
    }

    /** Begin to write, about two thousand a second, until {@link #close()}. */
    public void start()
    {
        thread.start();
    }

    /** How many the source has acknowledged: those from 0 up, without a gap. */
    public long acknowledged()
    {
        return acknowledged.get();
    }

    private void write()
    {
        try
        {
            for (long number = 0; !isStopped; number++)
            {
                final long next = number + 1;
                producer.send(new ProducerRecord<>(topic, 0, number, number), (metadata, failure) ->
                {
                    // The first that fails is followed by failures only: one partition, in order.
                    if (null == failure)
                    {
                        acknowledged.compareAndSet(next - 1, next);
                    }
                });
                LockSupport.parkNanos(PACE_NS);
            }
        }
        catch (final KafkaException ex)
        {
            if (!isStopped)
            {
                throw ex;
            }
        }
    }

    /** End writing; what is not acknowledged yet is given up. */
    @Override
    public void close()
    {
        isStopped = true;
        producer.close(Duration.ZERO);
    }

    /**
     * Read as a member of a group from where it was, and commit.
     *
     * @param client  settings of a client.
     * @param topic   name.
     * @param group   id.
     * @param count   at least that many are wanted; fewer if the topic ends before.
     * @param timeout to wait at most for the first.
     * @param pause   without any more, after which the topic counts as ended.
     * @return what came.
     */
    public static Reading read(
        final Properties client,
        final String topic,
        final String group,
        final long count,
        final Duration timeout,
        final Duration pause)
    {
        final Properties properties = new Properties();
        properties.putAll(client);
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        try (KafkaConsumer<Long, Long> consumer = new KafkaConsumer<>(
            properties, new LongDeserializer(), new LongDeserializer()))
        {
            consumer.subscribe(List.of(topic));
            Reading reading = new Reading(-1, -1, 0, true);
            long lastNs = System.nanoTime();
            while (reading.next - reading.first < count &&
                System.nanoTime() - lastNs < (reading.first < 0 ? timeout : pause).toNanos())
            {
                for (final ConsumerRecord<Long, Long> consumerRecord : consumer.poll(POLL))
                {
                    reading = reading.first < 0 ?
                        new Reading(consumerRecord.value(), consumerRecord.value() + 1,
                            System.currentTimeMillis(), true) :
                        new Reading(reading.first, consumerRecord.value() + 1, reading.firstMs,
                            reading.isInOrder && consumerRecord.value() == reading.next);
                    lastNs = System.nanoTime();
                }
            }
            consumer.commitSync();
            return reading;
        }
    }
}
