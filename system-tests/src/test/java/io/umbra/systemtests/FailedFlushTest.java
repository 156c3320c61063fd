package io.umbra.systemtests;

import io.umbra.engine.UmbraEngine;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.source.SourceSettings;
import io.umbra.engine.status.JournalState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A device that does not confirm a write of one partition: that partition stops, since nobody knows what the device
 * holds of it; the others go on; a restart on a sound device checks it and goes on.
 */
class FailedFlushTest
{
    private static final String BROKEN = "flushed-1";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @Test
    void partitionStopsUntilARestartHasCheckedIt() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")));
            Workload workload = new Workload(new Workload.Context()
                .cluster(cluster)
                .variants(List.of(new ProducerVariant("none", ProducerVariant.Mode.IDEMPOTENT)))
                .recordBytes(100, 2_000)
                .bytesPerSecond(1 << 20)
                .topic(TopicSpec.of("flushed", 3))))
        {
            workload.createTopics().start();
            final LinkConfig link = new LinkConfig(dir).source(cluster).set("journal.flush", "interval:20");
            final Path config = link.write();
            final GatedFiles files = new GatedFiles();
            files.open();
            try (UmbraEngine engine = UmbraEngine.launch(
                UmbraConfig.load(config, SourceSettings.knownNames()), files))
            {
                assertTrue(engine.awaitReady(60, TimeUnit.SECONDS));
                final PartitionTable table = engine.partitionTable();
                final int broken = row(table, 1);
                Await.until(() -> table.journalDurableOffset(broken) > 0, () -> "anything durable");
                files.breakDevice(BROKEN);
                Await.until(() -> JournalState.FAULTED == table.journalState(broken), () -> "the fault");
                assertTrue(table.journalError(broken).contains("Input/output error"), table.journalError(broken));
                final long durable = table.journalDurableOffset(broken);
                final long end = table.journalEndOffset(broken);
                for (final int partition : new int[]{0, 2})
                {
                    final int row = row(table, partition);
                    final long before = table.journalDurableOffset(row);
                    Await.until(() -> table.journalDurableOffset(row) > before + 100, () -> "others to go on");
                }
                assertEquals(durable, table.journalDurableOffset(broken));
                assertEquals(end, table.journalEndOffset(broken));
            }
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                workload.stop();
                Shadowed.assertIdentical(cluster, link);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            LedgerView.read(config).assertContiguous();
        }
    }

    private static int row(final PartitionTable table, final int partition) throws IOException
    {
        for (int i = 0; i < table.rowCount(); i++)
        {
            if (table.partition(i) == partition)
            {
                return i;
            }
        }
        throw new AssertionError("no row of partition " + partition);
    }
}
