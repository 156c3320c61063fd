package io.umbra.systemtests;

import io.umbra.rig.FaultProxy;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The address of the source leads to another cluster all of a sudden, with topics of the same names. */
class IdentityTest
{
    private static final String TOPIC = "orders";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private KafkaCluster launch(final String name, final FaultProxy proxy) throws Exception
    {
        final KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context()
            .baseDir(dir.resolve(name)).advertisedPorts(List.of(proxy.port())));
        cluster.admin().createTopics(List.of(new NewTopic(TOPIC, 1, (short)1))).all().get();
        return cluster;
    }

    @Test
    void anotherClusterBehindTheSameAddressIsRefusedAndNothingOfItIsJournaled() throws Exception
    {
        try (FaultProxy proxy = new FaultProxy();
            KafkaCluster source = launch("source", proxy);
            KafkaCluster other = launch("other", proxy))
        {
            SourceRecords.write(source, TOPIC, 0, 10);
            SourceRecords.write(other, TOPIC, 0, 30);
            proxy.connectTo(source.clientPort(1));
            final LinkConfig link = new LinkConfig(dir).source(source);
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                StatusView.await(config, (status) -> 10 == status.endOffset(TOPIC, 0));
                proxy.connectTo(other.clientPort(1));
                proxy.reset();
                assertTrue(engine.awaitExit() != 0, engine::stderrTail);
                assertTrue(engine.said(source.clusterId()) && engine.said(other.clusterId()), engine::stderrTail);
            }
            assertEquals("FAULTED", StatusView.of(config).state());
            assertEquals(10, StatusView.of(config).endOffset(TOPIC, 0));
            // Nothing was harmed: it goes on when the address is right again.
            proxy.connectTo(source.clientPort(1));
            SourceRecords.write(source, TOPIC, 0, 5);
            Shadowed.catchUp(new EngineLauncher(dir), source, link);
        }
    }
}
