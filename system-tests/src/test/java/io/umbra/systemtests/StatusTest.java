package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code umbra status} and {@code umbra ledger}, of a running engine and of one that is not. */
class StatusTest
{
    private static final String TOPIC = "orders";
    private static final int PARTITIONS = 3;
    private static final Set<String> DOCUMENT = Set.of("link", "engine", "state", "clusterId", "uptimeMs",
        "bytesPerSecond", "recordsPerSecond", "lag", "rpoMs", "lagBytes", "rpo", "topics", "incidents",
        "metadata", "scrub", "recorder");
    private static final Set<String> METADATA_FIELDS = Set.of("task", "state", "lastComplete", "counts", "error");
    private static final Map<String, Set<String>> METADATA_COUNTS = Map.of(
        "topics", Set.of("topics"),
        "groups", Set.of("groups", "offsets"),
        "acls", Set.of("acls"),
        "quotas", Set.of("quotas"),
        "scram", Set.of("credentials"));
    private static final Set<String> TOPIC_FIELDS = Set.of("name", "id", "state", "partitions");
    private static final Set<String> PARTITION_FIELDS = Set.of("partition", "shard", "leader", "leaderEpoch",
        "logStartOffset", "endOffset", "durableOffset", "lastStableOffset", "sourceHighWatermark", "lagRecords",
        "lagMs", "lagBytes", "rpoMs", "state");
    private static final Set<String> SUMMARY = Set.of("count", "p50", "p99", "p999", "max");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static Set<String> names(final JsonNode node)
    {
        final Set<String> names = new TreeSet<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static JsonNode status(final Path config) throws Exception
    {
        final JsonNode status = UmbraCommand.json("status", config.toString(), "--json");
        assertEquals(new TreeSet<>(DOCUMENT), names(status));
        assertEquals(Set.of("records", "ms"), names(status.get("lag")));
        assertEquals(Set.of("p50", "p99", "p999", "max"), names(status.get("rpoMs")));
        assertEquals(
            new TreeSet<>(Set.of("method", "lastMinute", "lastHour", "sinceStart", "logAppendTime")),
            names(status.get("rpo")));
        for (final String window : List.of("lastMinute", "lastHour", "sinceStart"))
        {
            assertEquals(new TreeSet<>(SUMMARY), names(status.get("rpo").get(window)));
        }
        for (final JsonNode task : status.get("metadata"))
        {
            assertEquals(new TreeSet<>(METADATA_FIELDS), names(task));
            assertEquals(new TreeSet<>(METADATA_COUNTS.get(task.get("task").asText())), names(task.get("counts")));
        }
        for (final JsonNode topic : status.get("topics"))
        {
            assertEquals(new TreeSet<>(TOPIC_FIELDS), names(topic));
            for (final JsonNode partition : topic.get("partitions"))
            {
                final Set<String> names = names(partition);
                names.remove("error");
                assertEquals(new TreeSet<>(PARTITION_FIELDS), names);
            }
        }
        return status;
    }

    private static Workload workload(final KafkaCluster cluster)
    {
        return new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of(TOPIC, PARTITIONS))
            .recordsPerProducer(500));
    }

    @Test
    void statusTellsTheTruthWhileRunningAndAfterwards() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")));
            Workload workload = workload(cluster).createTopics())
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster).set("shards", "2");
            final Path config = link.write();
            final JsonNode before = status(config);
            assertEquals("stopped", before.get("engine").asText());
            assertEquals(0, before.get("topics").size());
            assertEquals(0, before.get("metadata").size());

            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                workload.start().awaitEnd();
                Shadowed.assertIdentical(cluster, link);
                final JsonNode running = awaitNoLag(config);
                assertEquals("running", running.get("engine").asText());
                assertEquals("ACTIVE", running.get("state").asText());
                assertTrue(running.get("uptimeMs").asLong() > 0);
                assertTrue(running.get("rpoMs").get("max").asDouble() > 0, running::toString);
                assertEquals("sampled", running.get("rpo").get("method").asText());
                assertTrue(running.get("rpo").get("sinceStart").get("count").asLong() > 0, running::toString);
                assertEquals(METADATA_COUNTS.size(), running.get("metadata").size());
                assertTopic(cluster, running);
                assertTable(config, "running");
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }

            final JsonNode stopped = status(config);
            assertEquals("stopped", stopped.get("engine").asText());
            assertEquals(METADATA_COUNTS.size(), stopped.get("metadata").size());
            assertTopic(cluster, stopped);
            assertTable(config, "stopped");
        }
    }

    /** Durable offsets and samples of the source follow the data a moment later. */
    private static JsonNode awaitNoLag(final Path config) throws Exception
    {
        final JsonNode[] last = new JsonNode[1];
        Await.until(() ->
        {
            last[0] = status(config);
            final JsonNode lag = last[0].get("lag");
            boolean done = 0 == lag.get("records").asLong() && 0 == lag.get("ms").asLong();
            for (final JsonNode partition : last[0].get("topics").get(0).get("partitions"))
            {
                done &= partition.get("durableOffset").asLong() == partition.get("endOffset").asLong();
            }
            return done;
        }, () -> "no lag: " + last[0]);
        return last[0];
    }

    private static void assertTopic(final KafkaCluster cluster, final JsonNode status) throws Exception
    {
        assertEquals("test", status.get("link").asText());
        assertEquals(cluster.clusterId(), status.get("clusterId").asText());
        assertEquals(1, status.get("topics").size(), status::toString);
        final JsonNode topic = status.get("topics").get(0);
        assertEquals(TOPIC, topic.get("name").asText());
        final TopicDescription atSource =
            cluster.admin().describeTopics(List.of(TOPIC)).allTopicNames().get().get(TOPIC);
        assertEquals(atSource.topicId().toString(), topic.get("id").asText());
        assertEquals(PARTITIONS, topic.get("partitions").size());
        for (final JsonNode partition : topic.get("partitions"))
        {
            final TopicPartition key = new TopicPartition(TOPIC, partition.get("partition").asInt());
            final long end = cluster.admin().listOffsets(Map.of(key, OffsetSpec.latest()))
                .partitionResult(key).get().offset();
            assertEquals(end, partition.get("endOffset").asLong(), partition::toString);
            assertEquals(end, partition.get("durableOffset").asLong(), partition::toString);
            assertEquals(0, partition.get("logStartOffset").asLong(), partition::toString);
            assertTrue(partition.path("error").isMissingNode() || partition.get("error").isNull(), partition::toString);
        }
    }

    private static void assertTable(final Path config, final String engine) throws Exception
    {
        final UmbraCommand.Result table = UmbraCommand.run("status", config.toString());
        assertEquals(0, table.exit(), table::toString);
        assertTrue(table.out().contains(TOPIC) && table.out().contains(engine), table::toString);
    }

    @Test
    void watchRepeatsItself() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")));
            Workload workload = workload(cluster).createTopics())
        {
            workload.start().awaitEnd();
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            Shadowed.catchUp(new EngineLauncher(dir), cluster, link);
            final Process watch = new ProcessBuilder(
                JavaCommand.umbra(List.of(), List.of("status", link.write().toString(), "--watch")))
                .redirectError(dir.resolve("watch.err").toFile())
                .start();
            try (BufferedReader out = watch.inputReader())
            {
                final List<String> views = new ArrayList<>();
                while (views.size() < 2)
                {
                    final String line = out.readLine();
                    assertFalse(null == line, "the watch ended by itself");
                    if (line.contains("stopped"))
                    {
                        views.add(line);
                    }
                }
                watch.toHandle().destroy();
                watch.waitFor();
            }
            finally
            {
                watch.destroyForcibly();
            }
        }
    }

    @Test
    void theLedgerIsReadWhileItIsWritten() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")));
            Workload workload = workload(cluster).createTopics())
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                workload.start();
                workload.awaitRecords(100);
                Await.until(() -> LedgerView.read(config).commits().findAny().isPresent(), () -> "a commit");
                LedgerView.read(config).assertContiguous();
                workload.awaitEnd();
                Shadowed.assertIdentical(cluster, link);
                final UmbraCommand.Result tail = UmbraCommand.run("ledger", config.toString(), "--tail", "5");
                assertEquals(0, tail.exit(), tail::toString);
                assertTrue(tail.out().contains(TOPIC), tail::toString);
                assertEquals(5, UmbraCommand.json("ledger", config.toString(), "--tail", "5", "--json")
                    .get("entries").size());
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }
}
