package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.ShadowCheck;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Everything that a Kafka producer can write, against three brokers, while the engine runs. */
class ByteExactTest
{
    private static final int BROKERS = 3;
    private static final int EARLY_TOPICS = 16;
    private static final int TOPICS = 20;
    private static final int MAX_PARTITIONS = 12;
    private static final int RECORDS_PER_PRODUCER = 200;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    /** 1 to 12 partitions, 1 to 3 replicas, both kinds of timestamps. */
    private static TopicSpec topic(final int number)
    {
        final String timestamps = 0 == number % 2 ? "CreateTime" : "LogAppendTime";
        return TopicSpec.of("topic-" + number, 1 + number * 7 % MAX_PARTITIONS)
            .replicas(1 + number % BROKERS)
            .with("message.timestamp.type", timestamps);
    }

    private static Workload workload(final KafkaCluster cluster, final int from, final int to, final long seed)
    {
        final Workload.Context context = new Workload.Context()
            .cluster(cluster)
            .seed(seed)
            .variants(ProducerVariant.all())
            .recordBytes(0, 1 << 20)
            .recordsPerProducer(RECORDS_PER_PRODUCER);
        for (int number = from; number < to; number++)
        {
            context.topic(topic(number));
        }
        return new Workload(context).createTopics();
    }

    @Test
    void aShadowIsIdenticalToItsSource() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")).brokers(BROKERS)))
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            try (Workload early = workload(cluster, 0, EARLY_TOPICS, 1);
                EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                early.start();
                // Topics that the engine has to find while it runs.
                try (Workload late = workload(cluster, EARLY_TOPICS, TOPICS, 2))
                {
                    late.start().awaitEnd();
                }
                early.awaitEnd();

                assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).run());
                UmbraCommand.assertVerified(config);
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of("ready"), engine.stdout());
                assertEquals(List.of(), engine.unexpectedLines());
            }
            assertStockToolsAgree(link.journalDir());
            assertLedgerAgrees(cluster, LedgerView.read(config));
        }
    }

    private static void assertStockToolsAgree(final Path journalDir) throws Exception
    {
        final List<Path> partitions = StockTools.partitionDirs(journalDir);
        assertEquals(IntStream.range(0, TOPICS).map((number) -> topic(number).partitions()).sum(),
            partitions.size());
        final StockTools.Verdict verdict = StockTools.checkPartitions(partitions);
        assertEquals(List.of(), verdict.findings());
        assertTrue(verdict.batches() > 0 && verdict.sane() > 0, verdict::toString);
    }

    /** The ledger has no gap, and every partition came from the broker that leads it. */
    private static void assertLedgerAgrees(final KafkaCluster cluster, final LedgerView ledger) throws Exception
    {
        final Map<String, Integer> leaders = new TreeMap<>();
        for (int number = 0; number < TOPICS; number++)
        {
            final String name = topic(number).name();
            for (final TopicPartitionInfo info :
                cluster.admin().describeTopics(List.of(name)).allTopicNames().get().get(name).partitions())
            {
                leaders.put(name + '-' + info.partition(), info.leader().id());
            }
        }
        final Map<String, Long> ends = ledger.assertContiguous();
        ends.forEach((partition, end) -> assertTrue(leaders.containsKey(partition), partition));

        final Map<String, Set<Integer>> brokersOfTopic = new TreeMap<>();
        ledger.commits().forEach((commit) -> assertCommit(commit, leaders, brokersOfTopic));
        // Eleven partitions of one topic over three brokers: all three must have been asked.
        assertEquals(Set.of(1, 2, 3), brokersOfTopic.get(topic(10).name()));
    }

    private static void assertCommit(
        final JsonNode commit, final Map<String, Integer> leaders, final Map<String, Set<Integer>> brokersOfTopic)
    {
        final int leader = commit.get("leaderId").asInt();
        assertEquals(leaders.get(LedgerView.partition(commit)), leader, commit::toString);
        brokersOfTopic.computeIfAbsent(commit.get("topic").asText(), (topic) -> new TreeSet<>()).add(leader);
    }
}
