package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.ShadowCheck;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** More partitions than may have their files open, and than a response has room for. */
class ManyPartitionsTest
{
    private static final int PARTITIONS = 320;
    private static final int OPEN_PARTITIONS = 16;
    private static final int FILES_PER_PARTITION = 4;
    private static final long BACKLOG_BYTES = 96 << 20;
    private static final long LIVE_BYTES = 16 << 20;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static Workload workload(final KafkaCluster cluster)
    {
        return new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of("many", PARTITIONS))
            .variants(ProducerVariant.mixed())
            .recordBytes(0, 64 * 1024));
    }

    /** Files of partitions that the engine has open now; a file that it closes meanwhile does not count. */
    private static long openPartitionFiles(final EngineProcess engine, final Path journalDir) throws IOException
    {
        try (Stream<Path> handles = Files.list(Path.of("/proc", Long.toString(engine.pid()), "fd")))
        {
            return handles.filter((handle) -> isPartitionFile(handle, journalDir)).count();
        }
    }

    private static boolean isPartitionFile(final Path handle, final Path journalDir)
    {
        try
        {
            final Path file = Files.readSymbolicLink(handle);
            return file.startsWith(journalDir) && file.getParent().getFileName().toString().startsWith("many-");
        }
        catch (final IOException ex)
        {
            return false;
        }
    }

    @Test
    void theyTakeTurnsAndNoneIsLeftBehind() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("cluster")));
            Workload workload = workload(cluster).createTopics())
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster)
                .set("shards", "1")
                .set("fetch.max.bytes", Integer.toString(1 << 20))
                .set("journal.open.partitions", Integer.toString(OPEN_PARTITIONS));
            final Path config = link.write();
            workload.start();
            workload.awaitBytes(BACKLOG_BYTES);
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                workload.awaitBytes(BACKLOG_BYTES + LIVE_BYTES);
                final long open = openPartitionFiles(engine, link.journalDir());
                // Checkpoints are written beside.
                assertTrue(open <= (OPEN_PARTITIONS + 1) * FILES_PER_PARTITION, open + " files are open");
                engine.kill9();
            }
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                workload.stop();
                assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).run());
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
            }
            UmbraCommand.assertVerified(config);
            LedgerView.read(config).assertContiguous();
        }
    }
}
