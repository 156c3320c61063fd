package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** Reads records as consumers do. */
final class Reading
{
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long DEADLINE_NS = 60_000_000_000L;

    private Reading()
    {
    }

    /** Settings of a member of a group that begins at the start where it has no position, and commits by itself. */
    static Map<String, String> group(final String group, final String protocol)
    {
        return Map.of("group.id", group, "group.protocol", protocol, "auto.offset.reset", "earliest",
            "enable.auto.commit", "false", "max.poll.records", "100");
    }

    /** A consumer of the source. */
    static KafkaConsumer<byte[], byte[]> consumer(final KafkaCluster source, final Map<String, String> settings)
    {
        final Properties properties = source.internalProperties();
        properties.putAll(settings);
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Values of a topic from where the group stands, this many; commits what it has read. */
    static List<String> take(final KafkaConsumer<byte[], byte[]> consumer, final String topic, final int count)
    {
        consumer.subscribe(List.of(topic));
        final List<String> values = more(consumer, count);
        consumer.commitSync();
        return values;
    }

    /** At least so many more values. */
    static List<String> more(final KafkaConsumer<byte[], byte[]> consumer, final int count)
    {
        final List<String> values = new ArrayList<>();
        final long deadlineNs = System.nanoTime() + DEADLINE_NS;
        while (values.size() < count)
        {
            for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL))
            {
                values.add(text(record));
            }
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new AssertionError(values.size() + " of " + count + " records came");
            }
        }
        return values;
    }

    /** All that is there, without a group: from the start of each partition to where it ends now. */
    static List<ConsumerRecord<byte[], byte[]>> all(
        final KafkaConsumer<byte[], byte[]> consumer, final String topic)
    {
        final List<TopicPartition> partitions = new ArrayList<>();
        for (final PartitionInfo info : consumer.partitionsFor(topic))
        {
            partitions.add(new TopicPartition(topic, info.partition()));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        final Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        final long deadlineNs = System.nanoTime() + DEADLINE_NS;
        while (!isAtEnd(consumer, ends))
        {
            consumer.poll(POLL).forEach(records::add);
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new AssertionError(records.size() + " records, and not at " + ends);
            }
        }
        return records;
    }

    private static boolean isAtEnd(final KafkaConsumer<byte[], byte[]> consumer, final Map<TopicPartition, Long> ends)
    {
        return ends.entrySet().stream().allMatch((end) -> consumer.position(end.getKey()) >= end.getValue());
    }

    static List<String> texts(final Collection<ConsumerRecord<byte[], byte[]>> records)
    {
        return records.stream().map(Reading::text).toList();
    }

    static String text(final ConsumerRecord<byte[], byte[]> record)
    {
        return new String(record.value(), StandardCharsets.UTF_8);
    }
}
