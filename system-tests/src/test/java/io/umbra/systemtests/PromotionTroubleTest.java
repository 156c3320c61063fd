package io.umbra.systemtests;

import io.umbra.journal.Promotion;
import io.umbra.journal.Promotions;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Promotions that come to nothing: the link is as it was, and the next one succeeds. */
class PromotionTroubleTest
{
    private static final String TOPIC = "orders";
    private static final int PARTITIONS = 20;
    private static final int RECORDS = 40;
    private static final int KILLS = 5;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private KafkaCluster source() throws Exception
    {
        final KafkaCluster source = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("source")));
        source.admin().createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short)1))).all().get();
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            SourceRecords.write(source, TOPIC, partition, RECORDS);
        }
        return source;
    }

    @Test
    void aSourceThatCannotBeDrainedIsNotPromoted() throws Exception
    {
        try (KafkaCluster source = source())
        {
            final LinkConfig link = new LinkConfig(dir).source(source).set("groups.sync.interval.ms", "200");
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config);
                PromotedNode node = new PromotedNode(dir.resolve("promoted"), 1))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(source, link);
                assertEquals(0, UmbraCommand.run("pause", config.toString()).exit());
                SourceRecords.write(source, TOPIC, 3, 7);
                final UmbraCommand.Result late = node.promote(config, "--drain", "--drain-timeout", "2");
                assertEquals(1, late.exit(), late::toString);
                assertTrue(
                    lastLine(late).contains("not drained within 2 s, behind: " + TOPIC + "-3 by 7"), late::toString);
                assertEquals("PAUSED", StatusView.of(config).state());

                assertEquals(0, UmbraCommand.run("resume", config.toString()).exit());
                Shadowed.assertIdentical(source, link);
                source.kill(1);
                final UmbraCommand.Result dead = node.promote(config, "--drain", "--drain-timeout", "30");
                assertEquals(1, dead.exit(), dead::toString);
                assertTrue(lastLine(dead).contains("the source does not answer"), dead::toString);
                assertEquals("ACTIVE", StatusView.of(config).topic(TOPIC).get("state").asText());

                final UmbraCommand.Result unplanned = node.promote(config);
                assertEquals(0, unplanned.exit(), unplanned::toString);
                assertEquals("PROMOTED", StatusView.of(config).state());
                node.start();
                assertAllIsThere(node, PARTITIONS * RECORDS + 7);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    /** Before it stands what there was to wait for. */
    private static String lastLine(final UmbraCommand.Result result)
    {
        return result.errorLines().get(result.errorLines().size() - 1);
    }

    @Test
    void aPromotionThatIsKilledLeavesTheShadowWhole() throws Exception
    {
        try (KafkaCluster source = source())
        {
            final LinkConfig link = new LinkConfig(dir).source(source);
            Shadowed.catchUp(new EngineLauncher(dir), source, link);
            final Path config = link.write();
            int unfinished = 0;
            for (int kill = 0; kill < KILLS; kill++)
            {
                unfinished += killed(link, new PromotedNode(dir.resolve("killed-" + kill), 1), kill) ? 1 : 0;
                Shadowed.assertIdentical(source, link);
            }
            assertTrue(unfinished > 0, "none was killed half-way");
            try (PromotedNode node = new PromotedNode(dir.resolve("promoted"), 1))
            {
                final UmbraCommand.Result result = node.promote(config);
                assertEquals(0, result.exit(), result::toString);
                node.start();
                assertAllIsThere(node, PARTITIONS * RECORDS);
            }
        }
    }

    /** At another step each time: when the target has so many partitions. Returns whether it was not done yet. */
    private boolean killed(final LinkConfig link, final PromotedNode node, final int kill) throws Exception
    {
        final List<String> arguments = new ArrayList<>(List.of("promote"));
        arguments.addAll(node.arguments(link.write()));
        final Path data = node.logDir();
        try (EngineProcess promotion = new EngineProcess(
            JavaCommand.umbra(List.of(), arguments), dir.resolve("promote-" + kill + ".err")))
        {
            final int partitions = kill * PARTITIONS / KILLS;
            while (promotion.isAlive() && count(data) < partitions + 1)
            {
                Thread.onSpinWait();
            }
            promotion.kill9();
        }
        final boolean isDone = Files.exists(node.dir().resolve("server.properties"));
        if (!isDone)
        {
            assertFalse(Files.exists(data.resolve(".kafka_cleanshutdown")) &&
                !Files.exists(node.dir().resolve("promotion-unfinished")), "half a promotion looks like a whole one");
        }
        else
        {
            // It was quicker than the kill: taken back, so that the next begins from the same state.
            final Promotions promotions = new Promotions(link.journalDir());
            for (final Promotion promotion : promotions.list())
            {
                promotions.remove(promotion.clusterId());
            }
        }
        return !isDone;
    }

    private static int count(final Path data)
    {
        final String[] names = data.toFile().list();
        return null == names ? 0 : names.length;
    }

    private static void assertAllIsThere(final PromotedNode node, final int records)
    {
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
        {
            assertEquals(records, Reading.all(consumer, TOPIC).size());
        }
    }
}
