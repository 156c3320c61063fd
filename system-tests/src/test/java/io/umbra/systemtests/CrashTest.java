package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ShadowCheck;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** SIGKILL at any moment, a hundred times. {@code -Dumbra.seed=N} repeats a run's moments. */
class CrashTest
{
    private static final int KILLS = Integer.getInteger("umbra.kills", 100);
    private static final int AFTER_SPAWN_MS = 2500;
    private static final int AFTER_READY_MS = 700;
    private static final int TOPICS = 2;
    private static final int PARTITIONS = 4;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static Workload workload(final KafkaCluster cluster, final long seed)
    {
        final Workload.Context context = new Workload.Context()
            .cluster(cluster)
            .seed(seed)
            .recordBytes(0, 100_000)
            .bytesPerSecond(1 << 20);
        for (int i = 0; i < TOPICS; i++)
        {
            context.topic(TopicSpec.of("topic-" + i, PARTITIONS));
        }
        return new Workload(context);
    }

    @Test
    void aKilledEngineLosesDoublesAndTearsNothing() throws Exception
    {
        final long seed = Long.getLong("umbra.seed", ThreadLocalRandom.current().nextLong());
        System.out.println("CrashTest: repeat with -Dumbra.seed=" + seed);
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")));
            Workload workload = workload(cluster, seed).createTopics())
        {
            // Small segments, frequent checkpoints, ledger files short and long: all of that is hit as well.
            final LinkConfig link = new LinkConfig(dir).source(cluster)
                .set("journal.segment.bytes", Integer.toString(2 << 20))
                .set("checkpoint.interval.ms", "200");
            workload.start();
            final EngineLauncher launcher = new EngineLauncher(dir);
            final SplittableRandom random = new SplittableRandom(seed);
            // A ledger file that ends, one that begins a while after it and grows over many starts, then many files.
            killRepeatedly(launcher, link.set("ledger.roll", "hourly").write(), random, KILLS / 10);
            killRepeatedly(launcher, link.set("ledger.roll", "minutely").write(), random, KILLS / 20);
            killRepeatedly(launcher, link.set("ledger.roll", "hourly").write(), random, KILLS / 2);
            final Path config = link.set("ledger.roll", "minutely").write();
            killRepeatedly(launcher, config, random, KILLS - KILLS / 10 - KILLS / 20 - KILLS / 2);
            try (EngineProcess engine = launcher.start(config))
            {
                engine.awaitReady();
                workload.stop();
                assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).run());
                UmbraCommand.assertVerified(config);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertLedgerAgrees(cluster, LedgerView.read(config));
            final StockTools.Verdict verdict =
                StockTools.checkPartitions(StockTools.partitionDirs(link.journalDir()));
            assertEquals(List.of(), verdict.findings());
        }
    }

    private static void killRepeatedly(
        final EngineLauncher launcher, final Path config, final SplittableRandom random, final int kills)
        throws Exception
    {
        for (int i = 0; i < kills; i++)
        {
            final boolean duringStart = random.nextBoolean();
            final long delayMs = random.nextInt(duringStart ? AFTER_SPAWN_MS : AFTER_READY_MS);
            try (EngineProcess engine = launcher.start(config))
            {
                if (!duringStart)
                {
                    engine.awaitReady();
                }
                // The one place where time itself is what the test is about.
                final boolean endedItself = engine.endsWithin(delayMs);
                assertFalse(endedItself, () -> "the engine ended by itself:\n" + engine.stderrTail());
                engine.kill9();
                // A kill tears what is being written, and damages nothing that was.
                assertFalse(engine.said("damaged"), engine::stderr);
            }
        }
    }

    private static void assertLedgerAgrees(final KafkaCluster cluster, final LedgerView ledger) throws Exception
    {
        final Map<String, Long> ends = ledger.assertContiguous();
        final Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
        for (int topic = 0; topic < TOPICS; topic++)
        {
            for (int partition = 0; partition < PARTITIONS; partition++)
            {
                partitions.put(new TopicPartition("topic-" + topic, partition), OffsetSpec.latest());
            }
        }
        final Map<String, Long> expected = new HashMap<>();
        cluster.admin().listOffsets(partitions).all().get()
            .forEach((partition, end) -> expected.put(partition.toString(), end.offset()));
        assertEquals(expected, ends);
        assertTrue(runsThatCommitted(ledger) > KILLS / 4, "hardly a run got far enough to write anything");
    }

    private static int runsThatCommitted(final LedgerView ledger)
    {
        int runs = 0;
        boolean committed = false;
        for (final JsonNode entry : ledger.entries())
        {
            if (LedgerView.is(entry, "EngineEvent"))
            {
                runs += committed ? 1 : 0;
                committed = false;
            }
            committed |= LedgerView.is(entry, "Commit");
        }
        return runs + (committed ? 1 : 0);
    }
}
