package io.umbra.systemtests;

import io.umbra.journal.Promotion;
import io.umbra.journal.Promotions;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The engine's side of a promotion: what was taken over is written to no more. */
class PromotedTopicsTest
{
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static UUID topicId(final KafkaCluster cluster, final String topic) throws Exception
    {
        final Uuid id = cluster.admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId();
        return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    private static void assertPromoted(final StatusView status)
    {
        assertEquals("PROMOTED", status.topic("a").get("state").asText(), status::toString);
        assertEquals("PROMOTED", status.partition("a", 0).get("state").asText(), status::toString);
        assertEquals(20, status.endOffset("a", 0), status::toString);
    }

    @Test
    void promotedTopicsStandStillAndTheOthersGoOnAlsoOverARestart() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            cluster.admin().createTopics(List.of(
                new NewTopic("a", 2, (short)1), new NewTopic("b", 1, (short)1))).all().get();
            SourceRecords.write(cluster, "a", 0, 20);
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            final Promotions promotions = new Promotions(link.journalDir());
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                StatusView.await(config, (status) -> 20 == status.endOffset("a", 0));
                promotions.add(new Promotion(
                    "cluster-of-a", System.currentTimeMillis(), dir.resolve("target"), false,
                    List.of(new Promotion.Topic("a", topicId(cluster, "a")))));
                Await.until(() -> engine.said("2 partitions: promoted into cluster cluster-of-a"), engine::stderrTail);
                SourceRecords.write(cluster, "a", 0, 5);
                SourceRecords.write(cluster, "b", 0, 5);
                assertPromoted(StatusView.await(config, (status) -> 5 == status.endOffset("b", 0)));
                assertEquals("ACTIVE", StatusView.of(config).state());
                assertEquals(2, LedgerView.read(config).ofType("PartitionState")
                    .filter((entry) -> "PROMOTED".equals(entry.path("state").asText())).count());
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertPromoted(StatusView.of(config));
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                SourceRecords.write(cluster, "b", 0, 5);
                assertPromoted(StatusView.await(config, (status) -> 10 == status.endOffset("b", 0)));
                assertEquals("ACTIVE", StatusView.of(config).state());

                promotions.add(new Promotion(
                    "cluster-of-all", System.currentTimeMillis(), dir.resolve("other"), true, List.of()));
                Await.until(() -> engine.said("1 partitions: promoted into cluster cluster-of-all"),
                    engine::stderrTail);
                final StatusView status = StatusView.of(config);
                assertEquals("PROMOTED", status.state(), status::toString);
                assertEquals("PROMOTED", status.topic("b").get("state").asText(), status::toString);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                assertTrue(0 != engine.awaitExit());
                assertTrue(engine.stderr().contains("into cluster cluster-of-all under " + dir.resolve("other")),
                    engine::stderrTail);
            }
        }
    }

    @Test
    void aClusterThatWasPromotedFromTheShadowIsNotFollowed() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            new Promotions(link.journalDir()).add(new Promotion(
                cluster.clusterId(), 1, dir.resolve("target"), false, List.of()));
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                assertTrue(0 != engine.awaitExit());
                assertTrue(engine.stderr().contains("promoted from this very shadow"), engine::stderrTail);
            }
        }
    }
}
