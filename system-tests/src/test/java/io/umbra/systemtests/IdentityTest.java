package io.umbra.systemtests;

import io.umbra.rig.Exchange;
import io.umbra.rig.FaultProxy;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ResponseFault;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The address of the source leads to another cluster all of a sudden, with topics of the same names. */
class IdentityTest
{
    private static final String TOPIC = "orders";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private KafkaCluster launch(final KafkaRelease release, final String name, final FaultProxy proxy)
        throws Exception
    {
        final KafkaCluster cluster = KafkaCluster.launch(
            release.cluster(dir.resolve(name)).advertisedPorts(List.of(proxy.port())));
        cluster.admin().createTopics(List.of(new NewTopic(TOPIC, 1, (short)1))).all().get();
        return cluster;
    }

    /** Fetches name the topics by their ids, or, with older brokers, by their names. */
    @ParameterizedTest
    @EnumSource(value = KafkaRelease.class, names = {"CURRENT", "V3_0"})
    void anotherClusterBehindTheSameAddressIsRefusedAndNothingOfItIsJournaled(final KafkaRelease release)
        throws Exception
    {
        try (FaultProxy proxy = new FaultProxy();
            KafkaCluster source = launch(release, "source", proxy);
            KafkaCluster other = launch(release, "other", proxy))
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
                // The control plane, which would see it too, hears nothing until the others have been told.
                final AtomicInteger fetches = new AtomicInteger();
                proxy.fault((exchange) -> !exchange.request().clientId().endsWith("-control") ||
                    fetches.get() > 1 ? null : ResponseFault.Answer.of(Exchange.frame(new byte[20])));
                proxy.requestListener((header) ->
                {
                    if (ApiKeys.FETCH == header.apiKey())
                    {
                        fetches.incrementAndGet();
                    }
                });
                proxy.connectTo(other.clientPort(1));
                proxy.reset();
                assertTrue(engine.awaitExit() != 0, engine::stderrTail);
                assertTrue(engine.said(source.clusterId()) && engine.said(other.clusterId()), engine::stderrTail);
            }
            assertEquals("FAULTED", StatusView.of(config).state());
            assertEquals(10, StatusView.of(config).endOffset(TOPIC, 0));
            // Nothing was harmed: it goes on when the address is right again.
            proxy.fault(null);
            proxy.connectTo(source.clientPort(1));
            SourceRecords.write(source, TOPIC, 0, 5);
            Shadowed.catchUp(new EngineLauncher(dir), source, link);
        }
    }
}
