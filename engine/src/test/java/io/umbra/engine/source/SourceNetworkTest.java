package io.umbra.engine.source;

import org.apache.kafka.common.memory.MemoryPool;
import org.junit.jupiter.api.Test;

import java.util.Properties;

import static org.junit.jupiter.api.Assertions.assertTrue;

class SourceNetworkTest
{
    private static final int TIMEOUT_MS = 50;

    @Test
    void whatAPollWaitsCanBeToldFromItsWork()
    {
        final Properties properties = new Properties();
        properties.put("bootstrap.servers", "127.0.0.1:1");
        try (SourceNetwork network = new SourceNetwork(
            new SourceSettings(properties, "test"), "test", MemoryPool.NONE))
        {
            final long beginNs = System.nanoTime();
            network.poll(TIMEOUT_MS, System.currentTimeMillis());
            final long tookNs = System.nanoTime() - beginNs;
            final long waitedNs = network.waitedNs();
            // The selector counts whole milliseconds.
            assertTrue(waitedNs > (TIMEOUT_MS - 1) * 1_000_000L, () -> waitedNs + " ns");
            assertTrue(waitedNs < tookNs, () -> waitedNs + " of " + tookNs + " ns");
        }
    }
}
