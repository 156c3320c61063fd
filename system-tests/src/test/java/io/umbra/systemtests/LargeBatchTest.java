package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.ShadowCheck;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Future;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Batches that no Aeron message can hold. */
class LargeBatchTest
{
    private static final int LIMIT = 64 * 1024 * 1024;
    private static final int BATCH_BYTES = 40 * 1024 * 1024;
    private static final int LARGE_BATCHES = 8;
    private static final int SMALL_PARTITIONS = 11;
    private static final String LARGE = "large";
    private static final String SMALL = "small";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static KafkaCluster launch(final Path dir)
    {
        return KafkaCluster.launch(new KafkaCluster.Context()
            .baseDir(dir.resolve("cluster"))
            .heapMb(1024)
            .property("message.max.bytes", Integer.toString(LIMIT))
            .property("replica.fetch.max.bytes", Integer.toString(LIMIT)));
    }

    /** One batch of one record, and one batch of many, in turn. */
    private static void writeLargeBatches(final KafkaCluster cluster) throws Exception
    {
        cluster.admin().createTopics(List.of(
            new NewTopic(LARGE, 1, (short) 1).configs(Map.of("max.message.bytes", Integer.toString(LIMIT)))))
            .all().get();
        final Properties properties = cluster.clientProperties();
        properties.setProperty("bootstrap.servers", cluster.bootstrapServers());
        properties.setProperty("max.request.size", Integer.toString(LIMIT));
        properties.setProperty("buffer.memory", Integer.toString(2 * LIMIT));
        properties.setProperty("batch.size", Integer.toString(BATCH_BYTES));
        properties.setProperty("linger.ms", "60000");
        final SplittableRandom random = new SplittableRandom(40);
        try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()))
        {
            for (int i = 0; i < LARGE_BATCHES; i++)
            {
                final int records = 0 == i % 2 ? 1 : 100;
                final byte[] value = new byte[(BATCH_BYTES - 64 * 1024) / records];
                random.nextBytes(value);
                final List<Future<?>> sent = new ArrayList<>();
                for (int record = 0; record < records; record++)
                {
                    sent.add(producer.send(new ProducerRecord<>(LARGE, 0, null, value)));
                }
                producer.flush();
                for (final Future<?> future : sent)
                {
                    future.get();
                }
            }
        }
    }

    private static Workload smallBatches(final KafkaCluster cluster)
    {
        return new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of(SMALL, SMALL_PARTITIONS))
            .variants(ProducerVariant.mixed())
            .recordBytes(0, 64 * 1024)
            .bytesPerSecond(8 << 20));
    }

    @Test
    void theyAreReplicatedAndOthersGoOnBesideThem() throws Exception
    {
        try (KafkaCluster cluster = launch(dir);
            Workload small = smallBatches(cluster).createTopics())
        {
            writeLargeBatches(cluster);
            // One shard: one ledger, and so one order of all commits. Small fetches: the small partitions take many.
            final LinkConfig link = new LinkConfig(dir).source(cluster)
                .set("shards", "1")
                .set("fetch.partition.max.bytes", Integer.toString(64 * 1024));
            final Path config = link.write();
            small.start();
            small.awaitBytes(16 << 20);
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                // The small partitions are being written to until all of the large one is there.
                assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).topics(List.of(LARGE)).run());
                small.stop();
                assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).run());
                UmbraCommand.assertVerified(config);
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
            }
            final LedgerView ledger = LedgerView.read(config);
            ledger.assertContiguous();
            assertOthersWentOn(ledger.commits().toList());
            assertLargeBatches(link.journalDir());
        }
    }

    /** Between the first and the last commit of the large partition there are commits of every other partition. */
    private static void assertOthersWentOn(final List<JsonNode> commits)
    {
        final List<Integer> large = new ArrayList<>();
        for (int i = 0; i < commits.size(); i++)
        {
            if (LARGE.equals(commits.get(i).get("topic").asText()))
            {
                large.add(i);
            }
        }
        assertTrue(large.size() >= LARGE_BATCHES / 2, () -> large.size() + " commits of the large partition");
        final Set<Integer> others = new HashSet<>();
        for (final JsonNode commit : commits.subList(large.get(0), large.get(large.size() - 1)))
        {
            if (SMALL.equals(commit.get("topic").asText()))
            {
                others.add(commit.get("partition").asInt());
            }
        }
        assertEquals(SMALL_PARTITIONS, others.size(), () -> "went on: " + others);
    }

    private static void assertLargeBatches(final Path journalDir) throws Exception
    {
        final Path partitionDir = journalDir.resolve(LARGE + "-0");
        final StockTools.Verdict verdict = StockTools.checkPartitions(List.of(partitionDir));
        assertEquals(List.of(), verdict.findings());
        assertEquals(LARGE_BATCHES, verdict.batches());
        final int aeronMaximum = 16 * 1024 * 1024;
        for (final SegmentFile.Batch batch : SegmentFile.active(partitionDir).batches())
        {
            assertTrue(batch.length() > 2 * aeronMaximum, batch::toString);
        }
    }
}
