package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.engine.UmbraEngine;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.source.SourceSettings;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ShadowCheck;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Where a shadow begins: at the offset that Kafka itself names, and with the batch that holds it. */
class StartOffsetsTest
{
    private static final int BROKERS = 3;
    private static final String TIMES = "times";
    /** The source has dropped its beginning, up to the middle of a batch. */
    private static final String CUT = "cut";
    private static final int PARTITIONS = 3;
    private static final int BATCHES = 10;
    private static final int RECORDS_PER_BATCH = 10;
    private static final int RECORDS = BATCHES * RECORDS_PER_BATCH;
    private static final long CUT_AT = 35;
    private static final long FIRST_TIME = Instant.parse("2026-11-01T00:00:00Z").toEpochMilli();
    private static final long STEP_MS = 1000;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path clusterDir;
    private static KafkaCluster cluster;
    private static int topics;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private LinkConfig link;

    /** Where to begin. In the order of the times, partitions have fewer and fewer records that are as new. */
    private enum Start
    {
        EARLIEST("earliest", OffsetSpec.earliest()),
        LATEST("latest", OffsetSpec.latest()),
        BEFORE_THE_FIRST(FIRST_TIME - STEP_MS),
        BETWEEN_TWO(FIRST_TIME + 35 * STEP_MS - STEP_MS / 2),
        /** In one partition past the end. */
        LATE(FIRST_TIME + (RECORDS + 5) * STEP_MS),
        PAST_THE_END(FIRST_TIME + 10_000 * STEP_MS);

        private final String setting;
        private final OffsetSpec spec;

        Start(final String setting, final OffsetSpec spec)
        {
            this.setting = setting;
            this.spec = spec;
        }

        Start(final long timeMs)
        {
            this("timestamp:" + Instant.ofEpochMilli(timeMs), OffsetSpec.forTimestamp(timeMs));
        }
    }

    @BeforeAll
    static void fillTheSource() throws Exception
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(clusterDir).brokers(BROKERS));
        createTopic(TIMES, PARTITIONS);
        createTopic(CUT, 1);
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            // Each partition a little later than the one before.
            write(TIMES, partition, FIRST_TIME + 10L * partition * STEP_MS);
        }
        write(CUT, 0, FIRST_TIME);
        cluster.admin().deleteRecords(
            Map.of(new TopicPartition(CUT, 0), RecordsToDelete.beforeOffset(CUT_AT))).all().get();
    }

    @AfterAll
    static void stopTheSource()
    {
        cluster.close();
    }

    /** By way of a workload that never starts, since that returns when the topic can be written to. */
    private static void createTopic(final String name, final int partitions)
    {
        new Workload(new Workload.Context()
            .cluster(cluster).topic(TopicSpec.of(name, partitions).replicas(2))).createTopics();
    }

    /** Batches of several records, a step of time between each record and the next. */
    private static void write(final String topic, final int partition, final long firstTime) throws Exception
    {
        try (KafkaProducer<byte[], byte[]> producer = Producers.create(cluster, Map.of("linger.ms", "60000")))
        {
            for (int i = 0; i < RECORDS; i++)
            {
                producer.send(new ProducerRecord<>(topic, partition, firstTime + i * STEP_MS, null, new byte[100]));
                if (0 == (i + 1) % RECORDS_PER_BATCH)
                {
                    producer.flush();
                }
            }
        }
    }

    private static void writeMore() throws Exception
    {
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            write(TIMES, partition, FIRST_TIME + RECORDS * STEP_MS);
        }
        write(CUT, 0, FIRST_TIME + RECORDS * STEP_MS);
    }

    private static Map<String, Long> offsets(final OffsetSpec spec) throws Exception
    {
        final Map<TopicPartition, OffsetSpec> asked = new TreeMap<>(
            (left, right) -> left.toString().compareTo(right.toString()));
        asked.put(new TopicPartition(CUT, 0), spec);
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            asked.put(new TopicPartition(TIMES, partition), spec);
        }
        final Map<String, Long> offsets = new TreeMap<>();
        cluster.admin().listOffsets(asked).all().get()
            .forEach((partition, result) -> offsets.put(partition.toString(), result.offset()));
        return offsets;
    }

    /** What Kafka says, and for a time past the end the end. */
    private static Map<String, Long> expected(final Start start) throws Exception
    {
        final Map<String, Long> ends = offsets(OffsetSpec.latest());
        final Map<String, Long> offsets = offsets(start.spec);
        offsets.replaceAll((partition, offset) -> offset < 0 ? ends.get(partition) : offset);
        return offsets;
    }

    private UmbraEngine launch() throws Exception
    {
        final UmbraEngine engine =
            UmbraEngine.launch(UmbraConfig.load(link.write(), SourceSettings.knownNames()));
        assertTrue(engine.awaitReady(60, TimeUnit.SECONDS), "not ready");
        return engine;
    }

    private Map<String, Long> logStarts() throws Exception
    {
        final Map<String, Long> starts = new TreeMap<>();
        LinkStatus.partitions(link).forEach(
            (name, partition) -> starts.put(name, partition.get("logStartOffset").asLong()));
        starts.keySet().removeIf((name) -> !name.startsWith(TIMES + '-') && !name.startsWith(CUT + '-'));
        return starts;
    }

    private LinkConfig link(final String topics, final String start)
    {
        return new LinkConfig(dir).source(cluster).set("topics.include", topics).set("start.offset", start);
    }

    private void assertIdentical(final String... names)
    {
        assertEquals(List.of(),
            new ShadowCheck(cluster, link.journalDir()).topics(List.of(names)).allowLaterStart().run());
    }

    private void assertBeginsWithTheBatchOf(final String partition, final long offset) throws Exception
    {
        final SegmentFile.Batch first = new SegmentFile(
            SegmentFile.of(link.journalDir().resolve(partition)).get(0)).batches().get(0);
        assertTrue(first.baseOffset() <= offset && offset <= first.lastOffset(), () -> partition + ": " + first);
    }

    @ParameterizedTest
    @EnumSource
    void theShadowBeginsWhereKafkaSays(final Start start) throws Exception
    {
        link = link(TIMES + ',' + CUT, start.setting);
        final Map<String, Long> expected = expected(start);
        try (UmbraEngine engine = launch())
        {
            assertEquals(expected, logStarts());
            writeMore();
            assertIdentical(TIMES, CUT);
            engine.checkAlive();
        }
        assertEquals(expected, logStarts());
        for (final Map.Entry<String, Long> entry : expected.entrySet())
        {
            assertBeginsWithTheBatchOf(entry.getKey(), entry.getValue());
        }
        UmbraCommand.assertVerified(link.write());
    }

    /** The end of the source at the time of the first start, however often the engine starts until something comes. */
    @Test
    void anEmptyShadowBeginsWhereItWasToBegin() throws Exception
    {
        link = link(TIMES + ',' + CUT, "latest");
        final Map<String, Long> expected = expected(Start.LATEST);
        launch().close();
        launch().close();
        writeMore();
        try (UmbraEngine engine = launch())
        {
            assertIdentical(TIMES, CUT);
            engine.checkAlive();
        }
        assertEquals(expected, logStarts());
        for (final Map.Entry<String, Long> entry : expected.entrySet())
        {
            assertBeginsWithTheBatchOf(entry.getKey(), entry.getValue());
        }
    }

    /** It is nothing new, though its leader comes only after the link has begun. */
    @Test
    void aPartitionThatHasNoLeaderAtTheBeginningBeginsAsConfigured() throws Exception
    {
        final String away = "away";
        cluster.admin().createTopics(List.of(
            new NewTopic(away, Map.of(0, List.of(BROKERS), 1, List.of(1))))).all().get();
        write(away, 0, FIRST_TIME);
        write(away, 1, FIRST_TIME);
        link = link(away, "latest");
        cluster.stop(BROKERS);
        try (UmbraEngine engine =
            UmbraEngine.launch(UmbraConfig.load(link.write(), SourceSettings.knownNames())))
        {
            final String served = away + "-1";
            Await.until(
                () ->
                {
                    final JsonNode partition = LinkStatus.partitions(link).get(served);
                    return null != partition && "ACTIVE".equals(partition.get("state").asText());
                },
                () -> served + " to begin");
            cluster.restart(BROKERS);
            assertTrue(engine.awaitReady(60, TimeUnit.SECONDS), "not ready");
            write(away, 0, FIRST_TIME);
            write(away, 1, FIRST_TIME);
            assertIdentical(away);
        }
        for (final JsonNode partition : LinkStatus.partitions(link).values())
        {
            assertEquals(RECORDS, partition.get("logStartOffset").asLong(), partition::toString);
        }
    }

    /** While the engine runs and while it does not. */
    @Test
    void whatComesLaterIsShadowedFromItsBeginning() throws Exception
    {
        link = link("grows,new-.*", "latest")
            // So that there are records before the engine finds where they are.
            .set("topics.refresh.interval.ms", "3000");
        final String grows = "grows";
        createTopic(grows, 1);
        write(grows, 0, FIRST_TIME);
        final String running;
        try (UmbraEngine engine = launch())
        {
            running = addTopicAndPartition(grows, 2);
            write(grows, 0, FIRST_TIME);
            assertIdentical(grows, running);
            engine.checkAlive();
        }
        final String stopped = addTopicAndPartition(grows, 3);
        try (UmbraEngine engine = launch())
        {
            assertIdentical(grows, running, stopped);
            engine.checkAlive();
        }
        final Map<String, Long> ends = LinkStatus.ends(link);
        for (final String name : List.of(running + "-0", stopped + "-0", grows + "-1", grows + "-2"))
        {
            assertEquals(RECORDS, ends.get(name), name);
            assertEquals(0, LinkStatus.partitions(link).get(name).get("logStartOffset").asLong(), name);
            assertBeginsWithTheBatchOf(name, 0);
        }
        assertNotEquals(0, LinkStatus.partitions(link).get(grows + "-0").get("logStartOffset").asLong());
        UmbraCommand.assertVerified(link.write());
    }

    private static String addTopicAndPartition(final String grows, final int partitions) throws Exception
    {
        final String topic = "new-" + topics++;
        cluster.admin().createTopics(List.of(new NewTopic(topic, 1, (short)2))).all().get();
        cluster.admin().createPartitions(Map.of(grows, NewPartitions.increaseTo(partitions))).all().get();
        write(topic, 0, FIRST_TIME);
        write(grows, partitions - 1, FIRST_TIME);
        return topic;
    }
}
