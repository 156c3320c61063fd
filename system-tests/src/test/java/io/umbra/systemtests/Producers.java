package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.util.Map;
import java.util.Properties;

/** Producers for tests that decide themselves what is written. */
final class Producers
{
    private Producers()
    {
    }

    /** Idempotent with all acknowledgements, unless the settings say otherwise. */
    static KafkaProducer<byte[], byte[]> create(final KafkaCluster cluster, final Map<String, String> settings)
    {
        final Properties properties = new Properties();
        properties.putAll(cluster.clientProperties());
        properties.setProperty("bootstrap.servers", cluster.bootstrapServers());
        properties.putAll(settings);
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
