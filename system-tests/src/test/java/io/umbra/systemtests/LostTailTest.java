package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ShadowCheck;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A source that comes back from a power loss without the end of its log, which nobody had flushed. */
class LostTailTest
{
    private static final String TOPIC = "tail";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    /** As a power loss leaves the log: whole batches up to an offset, and no more. */
    static void cutAt(final Path log, final long offset) throws Exception
    {
        int position = 0;
        try (FileRecords records = FileRecords.open(log.toFile()))
        {
            for (final RecordBatch batch : records.batches())
            {
                if (batch.lastOffset() < offset)
                {
                    position += batch.sizeInBytes();
                }
            }
        }
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE))
        {
            channel.truncate(position);
        }
    }

    /** The first segment, once the broker is down. */
    private static void loseTail(final KafkaCluster cluster, final KafkaRelease release) throws Exception
    {
        if (KafkaRelease.V2_4 == release)
        {
            // Its ZooKeeper would take one that comes back after a kill for a second one.
            cluster.stop(1);
        }
        else
        {
            cluster.kill(1);
        }
        cutAt(cluster.logDir(1).resolve(TOPIC + "-0").resolve("00000000000000000000.log"), 15);
        cluster.restart(1);
    }

    /** The older one does not compare histories: it answers that it has no such offset. */
    @ParameterizedTest
    @EnumSource(value = KafkaRelease.class, names = {"V2_4", "CURRENT"})
    void whatTheSourceLostIsKeptAsideAndToldApartFromRetention(final KafkaRelease release) throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(release.cluster(dir.resolve("cluster"))))
        {
            cluster.admin().createTopics(List.of(new NewTopic(TOPIC, 1, (short)1))).all().get();
            SourceRecords.write(cluster, TOPIC, 0, 20);
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                StatusView.await(config, (status) -> 20 == status.endOffset(TOPIC, 0));
                loseTail(cluster, release);
                // Nothing was written since: the source simply ends below the shadow.
                final StatusView status = StatusView.await(config, (view) -> 15 == view.endOffset(TOPIC, 0));
                final JsonNode incident = status.incidents("DIVERGENCE").get(0);
                assertEquals(15, incident.get("fromOffset").asLong(), status::toString);
                assertEquals(20, incident.get("toOffset").asLong(), status::toString);
                Told.assertTold(link, "GAP", 0, 0);
                Told.assertTold(link, "DIVERGENCE", 1, 1);
                SourceRecords.write(cluster, TOPIC, 0, 10);
                StatusView.await(config, (view) -> 25 == view.endOffset(TOPIC, 0));
                Shadowed.assertIdentical(cluster, link);
                UmbraCommand.assertVerified(config);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertEquals(1, LedgerView.read(config).ofType("Truncated").count());
        }
    }

    /** There is no batch yet whose history could be compared: only the offset at which to begin is none any more. */
    @Test
    void aLinkThatHasYetToBeginAtTheEndBeginsAtTheEndThatIsLeft() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(KafkaRelease.CURRENT.cluster(dir.resolve("cluster"))))
        {
            cluster.admin().createTopics(List.of(new NewTopic(TOPIC, 1, (short)1))).all().get();
            SourceRecords.write(cluster, TOPIC, 0, 20);
            final LinkConfig link = new LinkConfig(dir).source(cluster).set("start.offset", "latest");
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                assertEquals(20, StatusView.of(config).endOffset(TOPIC, 0));
                loseTail(cluster, KafkaRelease.CURRENT);
                final StatusView status = StatusView.await(config, (view) -> 15 == view.endOffset(TOPIC, 0));
                assertEquals(15, status.incidents("DIVERGENCE").get(0).get("fromOffset").asLong(), status::toString);
                SourceRecords.write(cluster, TOPIC, 0, 10);
                StatusView.await(config, (view) -> 25 == view.endOffset(TOPIC, 0));
                assertEquals(15, StatusView.of(config).partition(TOPIC, 0).get("logStartOffset").asLong());
                assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).allowLaterStart().run());
                UmbraCommand.assertVerified(config);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertEquals(List.of(), StatusView.of(config).incidents("GAP"));
        }
    }
}
