package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What may pass is waited for, and said. */
class SourceTroubleTest
{
    private static final String TOPIC = "trouble";
    private static final int PARTITIONS = 3;
    private static final int JVM_ENDED_BY_SIGTERM = 128 + 15;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private Workload.Context workload(final KafkaCluster cluster)
    {
        return new Workload.Context().cluster(cluster).topic(TopicSpec.of(TOPIC, PARTITIONS));
    }

    private static void awaitState(final Path config, final String state) throws Exception
    {
        final JsonNode[] last = new JsonNode[1];
        Await.until(() ->
        {
            last[0] = UmbraCommand.json("status", config.toString(), "--json");
            return state.equals(last[0].get("state").asText()) && "running".equals(last[0].get("engine").asText());
        }, () -> state + ": " + last[0]);
    }

    @Test
    void aSourceThatCannotBeReachedIsWaitedFor() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster"))))
        {
            try (Workload workload = new Workload(workload(cluster).recordsPerProducer(300)))
            {
                workload.createTopics().start().awaitEnd();
            }
            cluster.stop(1);
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                awaitState(config, "SOURCE_UNAVAILABLE");
                assertFalse(engine.isReady());
                Await.until(() -> engine.said(cluster.bootstrapServers()), engine::stderrTail);
                cluster.restart(1);
                engine.awaitReady();
                awaitState(config, "ACTIVE");
                Shadowed.assertIdentical(cluster, link);

                cluster.kill(1);
                awaitState(config, "SOURCE_UNAVAILABLE");
                cluster.restart(1);
                awaitState(config, "ACTIVE");
                try (Workload more = new Workload(workload(cluster).seed(2).recordsPerProducer(300)))
                {
                    more.start().awaitEnd();
                }
                Shadowed.assertIdentical(cluster, link);
                UmbraCommand.assertVerified(config);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    /** Fetches without a session are answered like others. */
    @Test
    void aSourceWithoutRoomForFetchSessionsIsShadowedAllTheSame() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("cluster"))
            .property("max.incremental.fetch.session.cache.slots", "0"));
            Workload workload = new Workload(workload(cluster).recordsPerProducer(300)))
        {
            workload.createTopics();
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                workload.start().awaitEnd();
                Shadowed.assertIdentical(cluster, link);
                UmbraCommand.assertVerified(config);
                LinkStatus.awaitActive(link);
                assertFalse(engine.said("fetch session begins anew"), engine::stderrTail);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    @Test
    void anEngineWithoutSourceStopsCleanly() throws Exception
    {
        final LinkConfig link = new LinkConfig(dir).set("source.bootstrap.servers", "127.0.0.1:1");
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            awaitState(config, "SOURCE_UNAVAILABLE");
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.stdout());
        }
    }

    /** At any moment of its start: while classes load, files open, the source is asked. */
    @ParameterizedTest
    @ValueSource(ints = {200, 400, 600, 800, 1000, 1300, 1600, 2000})
    void anEngineToldToStopWhileItStartsStopsCleanly(final int delayMs) throws Exception
    {
        final LinkConfig link = new LinkConfig(dir).set("source.bootstrap.servers", "127.0.0.1:1");
        try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
        {
            assertFalse(engine.endsWithin(delayMs), engine::stderrTail);
            final int exitCode = engine.terminate();
            // Before the engine listens, the JVM itself takes the signal.
            assertTrue(exitCode == 0 || exitCode == JVM_ENDED_BY_SIGTERM, () -> exitCode + ":\n" + engine.stderrTail());
        }
    }

    @Test
    void aBrokerThatAdvertisesAnAddressThatCannotBeResolvedIsNamed() throws Exception
    {
        final String host = "no-such-host.invalid";
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")).advertisedHost(host)))
        {
            cluster.admin().createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                Await.until(() -> engine.said(host) || !engine.isAlive(), engine::stderrTail);
                assertTrue(engine.isAlive(), engine::stderrTail);
                assertFalse(engine.isReady());
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    /** Once with a reserve that the engine keeps, once down to the last byte. */
    @ParameterizedTest
    @ValueSource(strings = {"16MiB", "0"})
    void aFullDiskIsWaitedOut(final String reserve) throws Exception
    {
        MountNamespace.assumeAvailable();
        final Path disk = Files.createDirectory(dir.resolve("disk"));
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")));
            Workload workload = new Workload(workload(cluster).recordBytes(1000, 200_000)))
        {
            workload.createTopics().start();
            workload.awaitBytes(200 << 20);
            workload.stop();
            final LinkConfig link = new LinkConfig(dir).source(cluster)
                .set("journal.dir", disk.resolve("journal").toString())
                .set("journal.min.free.bytes", reserve)
                .set("shards", "1");
            // 500 MiB, of which 100 are left: too few for what the source has.
            final String mounts = "mount -t tmpfs -o size=500m tmpfs " + disk +
                " && head -c 400m /dev/zero > " + disk.resolve("filler");
            try (EngineProcess engine =
                new EngineLauncher(dir).inMountNamespace(mounts).start(link.write()))
            {
                engine.awaitReady();
                Await.until(() -> engine.said("(?i)disk|space") || !engine.isAlive(), engine::stderrTail);
                assertTrue(engine.isAlive(), engine::stderrTail);
                Files.delete(MountNamespace.of(engine.pid(), disk.resolve("filler")));
                link.set("journal.dir", MountNamespace.of(engine.pid(), link.journalDir()).toString());
                Shadowed.assertIdentical(cluster, link);
                final StockTools.Verdict verdict =
                    StockTools.checkPartitions(StockTools.partitionDirs(link.journalDir()));
                assertEquals(List.of(), verdict.findings());
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }
}
