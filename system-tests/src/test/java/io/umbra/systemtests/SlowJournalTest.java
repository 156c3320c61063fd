package io.umbra.systemtests;

import io.umbra.engine.UmbraEngine;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.source.SourceSettings;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A journal that is slower than its source: fetching waits, memory stays, nothing is dropped.
 */
class SlowJournalTest
{
    private static final int MIB = 1 << 20;
    private static final int SHARDS = 2;
    private static final int BUFFER_BYTES = 12 * MIB;
    private static final int TERM_LENGTH = 8 * MIB;
    private static final long SOURCE_BYTES = 256L * MIB;
    /** Receive buffers and one response over, and what an IPC stream holds between its two ends. */
    private static final long MOST_UNDER_WAY = SHARDS * (BUFFER_BYTES + 4L * MIB + TERM_LENGTH);
    private static final Predicate<String> FETCHED = (label) -> label.endsWith("fetched bytes");
    private static final Predicate<String> JOURNALED = (label) -> label.endsWith("journaled bytes");
    private static final Predicate<String> BACK_PRESSURE = (label) -> label.endsWith("back pressure events");
    private static final Predicate<String> PEAK = (label) -> label.endsWith("receive buffer bytes, peak");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @Test
    void fetchingWaitsForTheJournal() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")).quickStart(false)))
        {
            fill(cluster);
            final Path aeronDir = dir.resolve("aeron");
            final LinkConfig link = new LinkConfig(dir)
                .source(cluster)
                .set("aeron.dir", aeronDir.toString())
                .set("shards", String.valueOf(SHARDS))
                .set("shard.term.length", String.valueOf(TERM_LENGTH))
                .set("fetch.buffer.bytes", String.valueOf(BUFFER_BYTES))
                .set("fetch.max.bytes", String.valueOf(4 * MIB))
                .set("fetch.partition.max.bytes", String.valueOf(MIB));
            final UmbraConfig config = UmbraConfig.load(link.write(), SourceSettings.knownNames());
            final GatedFiles files = new GatedFiles();
            try (UmbraEngine engine = UmbraEngine.launch(config, files);
                EngineCounters counters = new EngineCounters(aeronDir))
            {
                try
                {
                    // The gate is shut: what there is room for is fetched, and no more.
                    Await.until(() -> counters.sum(BACK_PRESSURE) > 1_000, () -> "back pressure: " + counters.read());
                    assertBounded(counters);
                    // A few writes at a time.
                    while (counters.sum(JOURNALED) < SOURCE_BYTES / 4)
                    {
                        final long before = counters.sum(JOURNALED);
                        // A duty cycle publishes its counters at its end, after several writes.
                        Await.until(
                            () ->
                            {
                                files.permit(2);
                                return counters.sum(JOURNALED) > before;
                            },
                            () -> "progress: " + counters.read());
                        assertBounded(counters);
                    }
                }
                finally
                {
                    files.open();
                }
                assertTrue(engine.awaitReady(60, TimeUnit.SECONDS));
                Shadowed.assertIdentical(cluster, link);
                assertTrue(counters.sum(PEAK) <= SHARDS * (BUFFER_BYTES + 6L * MIB), () -> counters.read().toString());
            }
        }
    }

    private static void assertBounded(final EngineCounters counters)
    {
        // Journaled first: what is journaled between the two readings can only make the difference smaller.
        final long journaled = counters.sum(JOURNALED);
        final long underWay = counters.sum(FETCHED) - journaled;
        assertTrue(underWay <= MOST_UNDER_WAY + 8L * MIB, () -> underWay + " bytes under way: " + counters.read());
    }

    private static void fill(final KafkaCluster cluster)
    {
        try (Workload workload = new Workload(new Workload.Context()
            .cluster(cluster)
            .variants(List.of(new ProducerVariant("none", ProducerVariant.Mode.PLAIN)))
            .recordBytes(1000, 100_000)
            .topic(TopicSpec.of("slow", 8))))
        {
            workload.createTopics().start();
            workload.awaitBytes(SOURCE_BYTES);
            workload.stop();
        }
    }
}
