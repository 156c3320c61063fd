package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the operator says while the engine runs. */
class PauseTest
{
    /** So slow that what is limited to it has no chance to end within a test. */
    private static final String NEXT_TO_NOTHING = "1";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path clusterDir;
    private static KafkaCluster cluster;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @BeforeAll
    static void startTheSource() throws Exception
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(clusterDir));
        cluster.admin().createTopics(List.of(
            new NewTopic("a", 2, (short)1), new NewTopic("b", 1, (short)1))).all().get();
    }

    @AfterAll
    static void stopTheSource()
    {
        cluster.close();
    }

    private static String run(final String... arguments) throws Exception
    {
        final UmbraCommand.Result result = UmbraCommand.run(arguments);
        assertEquals(0, result.exit(), result::toString);
        return result.out();
    }

    private static long endOfSource(final String topic, final Path config) throws Exception
    {
        SourceRecords.write(cluster, topic, 0, 5);
        return StatusView.await(config, (status) ->
            status.partition(topic, 0).get("sourceHighWatermark").asLong() >= 5).partition(topic, 0)
            .get("sourceHighWatermark").asLong();
    }

    @Test
    void topicsArePausedAloneAndGoOnWhereTheyWereAlsoOverARestart() throws Exception
    {
        final LinkConfig link = new LinkConfig(dir).source(cluster);
        final Path config = link.write();
        final String file = config.toString();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            endOfSource("a", config);
            endOfSource("b", config);
            Shadowed.assertIdentical(cluster, link);
            assertEquals("paused: 2 partitions", run("pause", file, "--topics", "a").trim());
            final StatusView paused = StatusView.of(config);
            final long end = paused.endOffset("a", 0);
            assertEquals("PAUSED", paused.topic("a").get("state").asText(), paused::toString);
            assertEquals("PAUSED", paused.partition("a", 1).get("state").asText(), paused::toString);
            assertEquals("ACTIVE", paused.state(), paused::toString);
            SourceRecords.write(cluster, "a", 0, 10);
            final long endOfB = paused.endOffset("b", 0) + 10;
            SourceRecords.write(cluster, "b", 0, 10);
            StatusView.await(config, (status) -> endOfB == status.endOffset("b", 0));
            // Lag is told as it is.
            StatusView.await(config, (status) -> 10 == status.partition("a", 0).get("lagRecords").asLong());
            assertEquals(end, StatusView.of(config).endOffset("a", 0));
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> "PAUSED".equals(status.topic("a").get("state").asText()));
            assertEquals("resumed: 2 partitions", run("resume", file, "--topics", "a").trim());
            StatusView.await(config, (status) -> "ACTIVE".equals(status.topic("a").get("state").asText()) &&
                0 == status.partition("a", 0).get("lagRecords").asLong());
            assertEquals("paused: 3 partitions", run("pause", file).trim());
            StatusView.await(config, (status) -> "PAUSED".equals(status.state()));
            assertEquals("resumed: 3 partitions", run("resume", file).trim());
            StatusView.await(config, (status) -> "ACTIVE".equals(status.state()));
            Shadowed.assertIdentical(cluster, link);
            UmbraCommand.assertVerified(config);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        assertTrue(run("pause", file).contains("not running"));
        assertTrue(run("resume", file).contains("not running"));
    }

    @Test
    void aLimitOfATopicSlowsItAloneAndCanBeLifted() throws Exception
    {
        final LinkConfig link = new LinkConfig(dir).source(cluster).set("fetch.partition.max.bytes", "1024");
        final Path config = link.write();
        final String file = config.toString();
        run("limit", file, NEXT_TO_NOTHING, "--topics", "a");
        SourceRecords.write(cluster, "a", 0, 200);
        SourceRecords.write(cluster, "b", 0, 200);
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> status.endOffset("b", 0) >= 200 &&
                0 == status.partition("b", 0).get("lagRecords").asLong());
            assertTrue(StatusView.of(config).partition("a", 0).get("lagRecords").asLong() > 0,
                () -> "topic a is not limited");
            run("limit", file, "none", "--topics", "a");
            Shadowed.assertIdentical(cluster, link);
            assertALimitCanBeSetLive(config);
            Shadowed.assertIdentical(cluster, link);
            // Of the whole link, live.
            run("limit", file, NEXT_TO_NOTHING);
            Await.until(() -> engine.said("limited to 1 bytes per second"), engine::stderrTail);
            SourceRecords.write(cluster, "a", 0, 300);
            SourceRecords.write(cluster, "b", 0, 300);
            StatusView.await(config, (status) -> status.partition("b", 0).get("lagRecords").asLong() > 0);
            run("limit", file, "none");
            Shadowed.assertIdentical(cluster, link);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
    }

    /** Of a topic that has all there is. */
    private static void assertALimitCanBeSetLive(final Path config) throws Exception
    {
        run("limit", config.toString(), NEXT_TO_NOTHING, "--topics", "b");
        final long before = StatusView.of(config).endOffset("a", 0);
        // From the moment on that the engine has seen it, next to nothing comes any more.
        Await.until(() ->
        {
            SourceRecords.write(cluster, "b", 0, 20);
            return StatusView.of(config).partition("b", 0).get("lagRecords").asLong() >= 100;
        }, () -> "topic b is not limited");
        SourceRecords.write(cluster, "a", 0, 200);
        StatusView.await(config, (status) -> before + 200 == status.endOffset("a", 0));
        run("limit", config.toString(), "none", "--topics", "b");
    }

    @Test
    void whatIsNotAllowedIsSaid() throws Exception
    {
        final String file = new LinkConfig(dir).source(cluster).write().toString();
        for (final String[] command : new String[][]{
            {"limit", file, "0"}, {"limit", file, "fast"}, {"pause", file, "--topics", "("}})
        {
            final UmbraCommand.Result result = UmbraCommand.run(command);
            assertEquals(2, result.exit(), result::toString);
            assertEquals(1, result.errorLines().size(), result::toString);
        }
    }
}
