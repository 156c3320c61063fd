package io.umbra.jmh.rig;

import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.stream.IntStream;

/**
 * What a plain consumer sees: a {@link KafkaConsumer} with its default settings, in a process of its own. Records the
 * time from when each record was due until the poll that brought it returned.
 */
public final class ConsumerProbe
{
    private ConsumerProbe()
    {
    }

    /**
     * Polls until it has seen a number of records, and writes its histogram.
     *
     * @param args bootstrap server, topic, partitions, file of the shared count (records seen; negative to end), file
     *             for the histogram.
     * @throws IOException if a file cannot be written.
     */
    public static void main(final String[] args) throws IOException
    {
        final Properties properties = new Properties();
        properties.setProperty(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        final SharedCount count = new SharedCount(Path.of(args[3]));
        final Histogram histogram = Latencies.histogram();
        try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()))
        {
            consumer.assign(IntStream.range(0, Integer.parseInt(args[2]))
                .mapToObj((partition) -> new TopicPartition(args[1], partition))
                .toList());
            consumer.seekToBeginning(consumer.assignment());
            long seen = 0;
            while (count.get() >= 0)
            {
                final ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
                final long nowNs = System.nanoTime();
                for (final ConsumerRecord<byte[], byte[]> record : records)
                {
                    final long dueNs = ByteBuffer.wrap(record.value()).getLong();
                    if (0 != dueNs)
                    {
                        Latencies.record(histogram, nowNs - dueNs);
                    }
                }
                seen += records.count();
                if (count.get() >= 0)
                {
                    count.set(seen);
                }
            }
        }
        Latencies.write(histogram, Path.of(args[4]));
    }
}
