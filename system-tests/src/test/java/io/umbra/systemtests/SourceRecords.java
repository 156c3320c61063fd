package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.util.Properties;

/** A few records for a partition of the source, each in a batch of its own unless said otherwise. */
final class SourceRecords
{
    private SourceRecords()
    {
    }

    static void write(final KafkaCluster cluster, final String topic, final int partition, final int count)
        throws Exception
    {
        write(cluster, topic, partition, count, 1);
    }

    /** Returns when the leader has them; {@code perBatch} records go out together. */
    static void write(
        final KafkaCluster cluster, final String topic, final int partition, final int count, final int perBatch)
        throws Exception
    {
        final Properties properties = cluster.internalProperties();
        properties.setProperty(ProducerConfig.ACKS_CONFIG, "1");
        properties.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "false");
        properties.setProperty(ProducerConfig.LINGER_MS_CONFIG, perBatch > 1 ? "60000" : "0");
        try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()))
        {
            for (int i = 0; i < count; i += perBatch)
            {
                for (int k = 0; k < perBatch; k++)
                {
                    producer.send(new ProducerRecord<>(topic, partition, null, ("record " + (i + k)).getBytes()));
                }
                // What waits is sent, and answered, before the next goes out.
                producer.flush();
            }
        }
    }
}
