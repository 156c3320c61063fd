package io.umbra.systemtests;

import io.umbra.rig.FaultProxy;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.stream.IntStream;

/** A cluster whose clients reach it through proxies, and a producer that does not. */
final class ProxiedSource implements AutoCloseable
{
    private final List<FaultProxy> proxies;
    private final KafkaCluster cluster;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Random random = new Random(7);

    ProxiedSource(final Path dir, final int brokers)
    {
        proxies = IntStream.range(0, brokers).mapToObj((ignore) -> new FaultProxy()).toList();
        cluster = KafkaCluster.launch(new KafkaCluster.Context()
            .baseDir(dir)
            .brokers(brokers)
            .advertisedPorts(proxies.stream().map(FaultProxy::port).toList()));
        for (int i = 0; i < brokers; i++)
        {
            proxies.get(i).connectTo(cluster.clientPort(i + 1));
        }
        final Properties properties = cluster.internalProperties();
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    KafkaCluster cluster()
    {
        return cluster;
    }

    /** Of the first broker. */
    FaultProxy proxy()
    {
        return proxies.get(0);
    }

    FaultProxy proxy(final int brokerId)
    {
        return proxies.get(brokerId - 1);
    }

    /** A topic whose partition n is led by broker n + 1, without replicas elsewhere. */
    Uuid createTopic(final String name, final int partitions) throws Exception
    {
        return createTopic(name, partitions, Map.of());
    }

    Uuid createTopic(final String name, final int partitions, final Map<String, String> configs) throws Exception
    {
        final Map<Integer, List<Integer>> assignment = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++)
        {
            assignment.put(partition, List.of(1 + partition % proxies.size()));
        }
        return cluster.admin().createTopics(List.of(new NewTopic(name, assignment).configs(configs)))
            .topicId(name).get();
    }

    /** A topic of one partition, which the first of these brokers leads. */
    void createTopic(final String name, final List<Integer> replicas) throws Exception
    {
        cluster.admin().createTopics(List.of(new NewTopic(name, Map.of(0, replicas)))).all().get();
    }

    /** Writes batches of two records. */
    void produce(final String topic, final int partition, final int batches, final int valueBytes) throws Exception
    {
        for (int i = 0; i < batches; i++)
        {
            final byte[] value = new byte[valueBytes];
            random.nextBytes(value);
            // A topic that is compacted wants one.
            final byte[] key = Arrays.copyOf(value, Long.BYTES);
            producer.send(new ProducerRecord<>(topic, partition, key, value));
            final long offset =
                producer.send(new ProducerRecord<>(topic, partition, key, value)).get().offset();
            ends.put(new TopicPartition(topic, partition), offset + 1);
        }
    }

    /** End of what was written. */
    long endOffset(final String topic, final int partition)
    {
        return ends.get(new TopicPartition(topic, partition));
    }

    @Override
    public void close()
    {
        producer.close();
        cluster.close();
        proxies.forEach(FaultProxy::close);
    }
}
