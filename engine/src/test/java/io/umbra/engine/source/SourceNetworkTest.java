package io.umbra.engine.source;

import org.apache.kafka.common.Node;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.security.plain.PlainLoginModule;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

import static org.junit.jupiter.api.Assertions.assertFalse;
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

    /** Its first four bytes announce a response of more than a gigabyte. */
    @Test
    void whoSpeaksAnotherProtocolEndsTheConnectionBeforeAuthenticationToo() throws Exception
    {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress()))
        {
            final Thread peer = new Thread(() ->
            {
                try (Socket socket = server.accept())
                {
                    socket.getOutputStream().write("HTTP/1.1 400 Bad Request".getBytes(StandardCharsets.US_ASCII));
                    // Until the client ends the connection.
                    socket.getInputStream().transferTo(OutputStream.nullOutputStream());
                }
                catch (final IOException ex)
                {
                    // The client has reset it, as it may.
                }
            });
            peer.start();
            final Properties properties = new Properties();
            properties.put("bootstrap.servers", "127.0.0.1:" + server.getLocalPort());
            // Not what is to end it.
            properties.put("socket.connection.setup.timeout.ms", Integer.MAX_VALUE);
            properties.put("socket.connection.setup.timeout.max.ms", Integer.MAX_VALUE);
            properties.put("security.protocol", "SASL_PLAINTEXT");
            properties.put("sasl.mechanism", "PLAIN");
            properties.put("sasl.jaas.config", PlainLoginModule.class.getName() +
                " required username=\"somebody\" password=\"secret\";");
            try (SourceNetwork network = new SourceNetwork(
                new SourceSettings(properties, "test"), "test", MemoryPool.NONE))
            {
                final Node node = new Node(0, "127.0.0.1", server.getLocalPort());
                while (!network.hasFailed(node))
                {
                    assertFalse(network.ready(node, System.currentTimeMillis()));
                    network.poll(TIMEOUT_MS, System.currentTimeMillis());
                }
            }
            peer.join();
        }
    }
}
