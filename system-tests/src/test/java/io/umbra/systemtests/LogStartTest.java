package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ResponseFault;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the source drops at the beginning of its logs. */
class LogStartTest
{
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path clusterDir;
    private static KafkaCluster cluster;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @BeforeAll
    static void startTheSource()
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(clusterDir)
            .property("log.retention.check.interval.ms", "200")
            .property("log.initial.task.delay.ms", "200"));
    }

    @AfterAll
    static void stopTheSource()
    {
        cluster.close();
    }

    private static void create(final String topic, final Map<String, String> configs) throws Exception
    {
        cluster.admin().createTopics(List.of(new NewTopic(topic, 1, (short)1).configs(configs))).all().get();
    }

    private static void delete(final String topic, final long before) throws Exception
    {
        cluster.admin().deleteRecords(
            Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(before))).all().get();
    }

    private static long earliest(final String topic) throws Exception
    {
        final TopicPartition partition = new TopicPartition(topic, 0);
        return cluster.admin().listOffsets(Map.of(partition, OffsetSpec.earliest()))
            .partitionResult(partition).get().offset();
    }

    private LinkConfig link(final String topic)
    {
        return new LinkConfig(dir).source(cluster).set("topics.include", topic);
    }

    private static void run(final String... arguments) throws Exception
    {
        final UmbraCommand.Result result = UmbraCommand.run(arguments);
        assertEquals(0, result.exit(), result::toString);
    }

    @Test
    void aLogStartWithinABatchIsFollowedAndTheBatchStaysWhole() throws Exception
    {
        final String topic = "within";
        create(topic, Map.of());
        SourceRecords.write(cluster, topic, 0, 40, 10);
        final LinkConfig link = link(topic);
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> 40 == status.endOffset(topic, 0));
            delete(topic, 15);
            SourceRecords.write(cluster, topic, 0, 10, 10);
            StatusView.await(config, (status) -> 15 == status.partition(topic, 0).get("logStartOffset").asLong());
            Shadowed.assertIdentical(cluster, link, topic);
            UmbraCommand.assertVerified(config);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        // It outlives a restart, though the batch around it is still there.
        assertEquals(15, StatusView.of(config).partition(topic, 0).get("logStartOffset").asLong());
        assertTrue(LedgerView.read(config).ofType("LogStart").anyMatch(
            (entry) -> 15 == entry.get("logStartOffset").asLong()));
    }

    /** One that has not heard of it may lead next, and then the source has again what was dropped. */
    @Test
    void aLogStartIsFollowedWhenAllReplicasHaveIt() throws Exception
    {
        final String topic = "replicated";
        try (ProxiedSource source = new ProxiedSource(dir.resolve("two"), 2))
        {
            source.cluster().admin().createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(1, 2))))).all().get();
            source.produce(topic, 0, 10, 10);
            final AtomicInteger asked = new AtomicInteger();
            source.proxy(2).fault((exchange) ->
            {
                if (ApiKeys.LIST_OFFSETS != exchange.request().apiKey() ||
                    !exchange.request().clientId().endsWith("-control"))
                {
                    return null;
                }
                asked.incrementAndGet();
                final ListOffsetsResponseData data = (ListOffsetsResponseData)exchange.response();
                data.topics().forEach((some) -> some.partitions().forEach((partition) -> partition.setOffset(0)));
                return ResponseFault.Answer.of(exchange.encode(data));
            });
            final LinkConfig link = new LinkConfig(dir).source(source.cluster());
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                StatusView.await(config, (status) -> 20 == status.endOffset(topic, 0));
                source.cluster().admin().deleteRecords(
                    Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(15))).all().get();
                source.produce(topic, 0, 1, 10);
                // Once more after an answer, which has had its effect by then; and once more without anything new.
                Await.until(() -> asked.get() > 3, engine::stderrTail);
                assertEquals(0, StatusView.of(config).partition(topic, 0).get("logStartOffset").asLong());
                source.proxy(2).fault(null);
                StatusView.await(config, (status) -> 15 == status.partition(topic, 0).get("logStartOffset").asLong());
                Shadowed.assertIdentical(source.cluster(), link);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    @Test
    void retentionBySizeAndByTimeIsFollowedButNotFurtherThanTheSource() throws Exception
    {
        final String topic = "retention";
        create(topic, Map.of("segment.bytes", "1048576"));
        final LinkConfig link = link(topic).set("journal.segment.bytes", "1048576");
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            SourceRecords.write(cluster, topic, 0, 60_000, 2_000);
            // Retention that is quicker than the engine would leave a gap.
            StatusView.await(config, (status) -> status.endOffset(topic, 0) >= 60_000);
            set(topic, "retention.bytes", "1");
            Await.until(() -> earliest(topic) > 0, () -> "retention by size");
            awaitLogStart(config, topic);
            set(topic, "retention.bytes", "-1");
            final long before = earliest(topic);
            SourceRecords.write(cluster, topic, 0, 60_000, 2_000);
            StatusView.await(config, (status) -> status.endOffset(topic, 0) >= 120_000);
            set(topic, "retention.ms", "1");
            Await.until(() -> earliest(topic) > before, () -> "retention by time");
            set(topic, "retention.ms", "-1");
            SourceRecords.write(cluster, topic, 0, 10, 10);
            Shadowed.assertIdentical(cluster, link, topic);
            awaitLogStart(config, topic);
            assertEquals(List.of(), StatusView.of(config).incidents("GAP"));
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
    }

    private static void set(final String topic, final String key, final String value) throws Exception
    {
        cluster.admin().incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), List.of(
            new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)))).all().get();
    }

    private static void awaitLogStart(final Path config, final String topic) throws Exception
    {
        StatusView.await(config, (status) ->
        {
            try
            {
                return earliest(topic) == status.partition(topic, 0).get("logStartOffset").asLong();
            }
            catch (final Exception ex)
            {
                throw new AssertionError(ex);
            }
        });
    }

    @Test
    void whatWasDroppedWhilePausedIsAGapThatIsSaidUntilItIsAcknowledged() throws Exception
    {
        final String topic = "overrun";
        create(topic, Map.of());
        SourceRecords.write(cluster, topic, 0, 20);
        final LinkConfig link = link(topic);
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> 20 == status.endOffset(topic, 0));
            run("pause", config.toString());
            assertEquals("PAUSED", StatusView.await(config, (status) -> "PAUSED".equals(status.state())).state());
            SourceRecords.write(cluster, topic, 0, 30);
            delete(topic, 45);
            assertEquals(20, StatusView.of(config).endOffset(topic, 0));
            run("resume", config.toString());
            SourceRecords.write(cluster, topic, 0, 5);
            final StatusView status = StatusView.await(config, (view) -> 55 == view.endOffset(topic, 0));
            assertGap(status, 20, 45);
            Told.assertTold(link, "GAP", 1, 1);
            UmbraCommand.assertVerified(config);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        // Told while the engine is down as well, and not made again by the next start.
        SourceRecords.write(cluster, topic, 0, 5);
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (view) -> 60 == view.endOffset(topic, 0));
            Told.assertTold(link, "GAP", 0, 1);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        assertGap(StatusView.of(config), 20, 45);
        final LedgerView ledger = LedgerView.read(config);
        assertEquals(1, ledger.ofType("Gap").count());
        ledger.assertContiguous();
        run("acknowledge", config.toString(), "--topics", topic);
        assertEquals(List.of(), StatusView.of(config).incidents("GAP"));
    }

    @Test
    void whatWasDroppedWhileTheEngineWasDownIsAGapAndTheOlderPartIsKept() throws Exception
    {
        final String topic = "keep";
        create(topic, Map.of());
        SourceRecords.write(cluster, topic, 0, 20);
        final LinkConfig link = link(topic).set("retention", "keep:7d");
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> 20 == status.endOffset(topic, 0));
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        SourceRecords.write(cluster, topic, 0, 20);
        delete(topic, 30);
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            final StatusView status = StatusView.await(config, (view) -> 40 == view.endOffset(topic, 0));
            assertGap(status, 20, 30);
            Told.assertTold(link, "GAP", 1, 1);
            assertEquals(0, status.partition(topic, 0).get("logStartOffset").asLong(), status::toString);
            UmbraCommand.assertVerified(config);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        // Both sides of the gap are there, and stock tools read them.
        assertEquals(List.of(),
            StockTools.checkPartitions(StockTools.partitionDirs(link.journalDir())).findings());
        assertEquals(0, StatusView.of(config).partition(topic, 0).get("logStartOffset").asLong());
    }

    @Test
    void whatTheSourceDropsIsKeptForAsLongAsTheOperatorSays() throws Exception
    {
        final String topic = "later";
        final long keepMs = 5_000;
        create(topic, Map.of());
        SourceRecords.write(cluster, topic, 0, 60, 10);
        final LinkConfig link = link(topic).set("retention", "keep:" + keepMs + "ms");
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> 60 == status.endOffset(topic, 0));
            final long beginNs = System.nanoTime();
            delete(topic, 30);
            SourceRecords.write(cluster, topic, 0, 1);
            StatusView.await(config, (status) -> 30 == status.partition(topic, 0).get("logStartOffset").asLong());
            final long keptMs = (System.nanoTime() - beginNs) / 1_000_000;
            assertTrue(keptMs >= keepMs, () -> "kept for " + keptMs + " ms");
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        try (EngineProcess engine = new EngineLauncher(dir).start(link.set("retention", "keep:1h").write()))
        {
            engine.awaitReady();
            delete(topic, 45);
            SourceRecords.write(cluster, topic, 0, 1);
            StatusView.await(config, (status) -> 62 == status.endOffset(topic, 0));
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        assertEquals(30, StatusView.of(config).partition(topic, 0).get("logStartOffset").asLong());
        link.set("retention", "keep:" + keepMs + "ms").write();
        // A stop begins the wait anew.
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            final long beginNs = System.nanoTime();
            engine.awaitReady();
            // In a session a leader names a partition that has news.
            SourceRecords.write(cluster, topic, 0, 1);
            StatusView.await(config, (status) -> 45 == status.partition(topic, 0).get("logStartOffset").asLong());
            final long keptMs = (System.nanoTime() - beginNs) / 1_000_000;
            assertTrue(keptMs >= keepMs, () -> "kept for " + keptMs + " ms");
            Shadowed.assertIdentical(cluster, link, topic);
            UmbraCommand.assertVerified(config);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        assertEquals(List.of(30L, 45L), LedgerView.read(config).ofType("LogStart")
            .map((entry) -> entry.get("logStartOffset").asLong()).toList());
    }

    private static void assertGap(final StatusView status, final long from, final long to)
    {
        final List<JsonNode> gaps = status.incidents("GAP");
        assertEquals(1, gaps.size(), status::toString);
        assertEquals(from, gaps.get(0).get("fromOffset").asLong(), status::toString);
        assertEquals(to, gaps.get(0).get("toOffset").asLong(), status::toString);
    }
}
