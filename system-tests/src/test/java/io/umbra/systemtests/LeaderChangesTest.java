package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Leaders come and go at the source, in order and out of it, while it is written to and one engine shadows it. Every
 * test leaves all brokers running and the workload paused.
 */
class LeaderChangesTest
{
    private static final int BROKERS = 3;
    private static final String TOPIC = "moves";
    private static final int PARTITIONS = 12;
    private static final String ALONE = "alone";
    private static final int SOME_RECORDS = 300;
    private static final String FETCH_SESSIONS = "org.apache.kafka.clients.FetchSessionHandler";
    private static final List<ProducerVariant> ALL_ACKS = List.of(
        new ProducerVariant("none", ProducerVariant.Mode.IDEMPOTENT),
        new ProducerVariant("zstd", ProducerVariant.Mode.IDEMPOTENT),
        new ProducerVariant("lz4", ProducerVariant.Mode.TRANSACTIONAL));

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path dir;
    private static KafkaCluster cluster;
    private static Leadership leadership;
    private static Workload workload;
    private static LinkConfig link;
    private static Path config;
    private static EngineProcess engine;

    @BeforeAll
    static void startAll() throws Exception
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context()
            .baseDir(dir.resolve("cluster"))
            .brokers(BROKERS)
            .property("auto.leader.rebalance.enable", "false")
            .property("broker.session.timeout.ms", "6000"));
        leadership = new Leadership(cluster, TOPIC);
        workload = workload(TopicSpec.of(TOPIC, PARTITIONS).replicas(BROKERS).with("min.insync.replicas", "2"));
        workload.createTopics().start();
        workload.pause();
        // One shard: it has a session with every broker, so that none begins because a partition comes.
        link = new LinkConfig(dir).source(cluster).set("shards", "1");
        config = link.write();
        engine = new EngineLauncher(dir)
            // Says when a fetch session begins, and why.
            .jvmArgument("-Dorg.slf4j.simpleLogger.log." + FETCH_SESSIONS + "=debug")
            .start(config);
        engine.awaitReady();
    }

    @AfterAll
    static void stopAll() throws Exception
    {
        try
        {
            // It is no event: the shadow is a prefix all the time.
            for (final String kind : List.of("DIVERGENCE", "GAP", "TOPIC_DELETED", "TOPIC_RECREATED"))
            {
                Told.assertTold(link, kind, 0, 0);
            }
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.unexpectedLines().stream()
                // Kafka's client, which this test has made talkative, of a connection that is lost.
                .filter((line) -> !line.equals("java.lang.IllegalStateException: disconnected")).toList());
            final LedgerView ledger = LedgerView.read(config);
            ledger.assertContiguous();
            assertEquals(0, ledger.ofType("Truncated").count());
            assertEquals(List.of(), ledger.ofType("PartitionState")
                .filter((entry) -> "FAULTED".equals(entry.get("state").asText())).toList());
        }
        finally
        {
            engine.close();
            workload.close();
            cluster.close();
        }
    }

    private static Workload workload(final TopicSpec topic)
    {
        return new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(topic)
            .variants(ALL_ACKS)
            .recordBytes(0, 2000)
            .bytesPerSecond(500_000));
    }

    private static void writeSome(final Workload some)
    {
        some.awaitRecords(some.recordsSent() + SOME_RECORDS);
    }

    private static void assertShadowed() throws Exception
    {
        workload.pause();
        Shadowed.assertIdentical(cluster, link);
        UmbraCommand.assertVerified(config);
        LinkStatus.awaitActive(link);
    }

    private static Map<String, Integer> shadowedLeaders(final String topic) throws Exception
    {
        final Map<String, Integer> leaders = new TreeMap<>();
        LinkStatus.partitions(link).forEach((name, partition) ->
        {
            if (name.startsWith(topic + '-'))
            {
                leaders.put(name, partition.get("leader").asInt());
            }
        });
        return leaders;
    }

    /** Waits until the engine fetches every partition from the broker that leads it. */
    private static void awaitFollowed(final Leadership source, final String topic) throws Exception
    {
        final Map<String, Integer> leaders = new TreeMap<>();
        source.leaders().forEach((partition, leader) -> leaders.put(topic + '-' + partition, leader));
        Await.until(() -> leaders.equals(shadowedLeaders(topic)), () -> "fetched from " + leaders);
    }

    /** Where the shadow ends, of the topic that is written to all the time. */
    private static Map<String, Long> ends() throws Exception
    {
        final Map<String, Long> ends = LinkStatus.ends(link);
        ends.keySet().removeIf((name) -> !name.startsWith(TOPIC + '-'));
        return ends;
    }

    private static List<Integer> rotated(final List<Integer> replicas)
    {
        final List<Integer> rotated = new ArrayList<>(replicas);
        Collections.rotate(rotated, -1);
        return rotated;
    }

    private static long sessionsBegun()
    {
        return engine.stderr().lines().filter((line) -> line.contains("Built full fetch")).count();
    }

    private static long sessionsLost()
    {
        return engine.stderr().lines()
            .filter((line) -> line.contains("fetch session begins anew") ||
                line.contains("Error sending fetch request") || line.contains("was unable to process the fetch"))
            .count();
    }

    @Test
    void everyPartitionIsGivenToAnotherLeader() throws Exception
    {
        workload.resume();
        for (int round = 0; round < 2; round++)
        {
            writeSome(workload);
            final Map<Integer, List<Integer>> replicas = leadership.replicas();
            replicas.replaceAll((partition, ids) -> rotated(ids));
            leadership.reassign(replicas);
            leadership.elect();
            awaitFollowed(leadership, TOPIC);
        }
        writeSome(workload);
        assertShadowed();
    }

    @Test
    void aPartitionMovesAlone() throws Exception
    {
        leadership.elect();
        awaitFollowed(leadership, TOPIC);
        workload.resume();
        writeSome(workload);
        final long begun = sessionsBegun();
        final long lost = sessionsLost();
        assertTrue(begun > 0, "the engine does not say when sessions begin");
        try (EngineCounters counters = new EngineCounters(Path.of(link.get("aeron.dir"))))
        {
            final long stale = counters.sum((label) -> label.endsWith("stale frames dropped"));
            for (int partition = 0; partition < BROKERS; partition++)
            {
                final Map<String, Long> ends = ends();
                leadership.reassign(Map.of(partition, rotated(leadership.replicas().get(partition))));
                leadership.elect();
                awaitFollowed(leadership, TOPIC);
                // It as well as all the others.
                LinkStatus.awaitBeyond(link, ends);
            }
            assertEquals(stale, counters.sum((label) -> label.endsWith("stale frames dropped")));
        }
        assertEquals(begun, sessionsBegun(), engine::stderrTail);
        assertEquals(lost, sessionsLost(), engine::stderrTail);
        assertShadowed();
    }

    /** In order, in order with another address, and killed. */
    @Test
    void allBrokersGoAndComeBackInTurn() throws Exception
    {
        workload.resume();
        stopAndRestart(1, cluster::restart);
        stopAndRestart(2, cluster::restartElsewhere);
        killAndRestart(3);
        assertShadowed();
    }

    private static void stopAndRestart(final int id, final IntConsumer restart) throws Exception
    {
        writeSome(workload);
        cluster.stop(id);
        awaitReplaced(id);
        LinkStatus.awaitBeyond(link, ends());
        restart.accept(id);
        leadership.elect();
        assertTrue(leadership.leaders().containsValue(id), "the broker leads nothing");
        awaitFollowed(leadership, TOPIC);
        LinkStatus.awaitBeyond(link, ends());
    }

    private static void killAndRestart(final int id) throws Exception
    {
        // A partition that nobody else has.
        cluster.admin().createTopics(List.of(new NewTopic(ALONE, Map.of(0, List.of(id))))).all().get();
        write(ALONE);
        Await.until(() -> LinkStatus.ends(link).containsKey(ALONE + "-0"), () -> ALONE + " found");
        cluster.kill(id);
        awaitReplaced(id);
        LinkStatus.awaitBeyond(link, ends());
        Await.until(
            () -> !"ACTIVE".equals(LinkStatus.partitions(link).get(ALONE + "-0").get("state").asText()),
            () -> "it to be said of " + ALONE);
        cluster.restart(id);
        leadership.elect();
        awaitFollowed(leadership, TOPIC);
        write(ALONE);
        Await.until(() -> 2 * SOME_RECORDS == LinkStatus.ends(link).get(ALONE + "-0"), () -> ALONE + " to go on");
    }

    /** Waits until others lead the partitions of a broker that is gone, and the engine has them from those. */
    private static void awaitReplaced(final int id) throws Exception
    {
        Await.until(
            () -> leadership.leaders().size() == PARTITIONS && !leadership.leaders().containsValue(id),
            () -> "other leaders than " + id);
        awaitFollowed(leadership, TOPIC);
    }

    private static void write(final String topic)
    {
        try (KafkaProducer<byte[], byte[]> producer = Producers.create(cluster, Map.of()))
        {
            for (int i = 0; i < SOME_RECORDS; i++)
            {
                producer.send(new ProducerRecord<>(topic, 0, null, new byte[100]));
            }
        }
    }

    @Test
    void partitionsMoveToOtherBrokers() throws Exception
    {
        final String topic = "travels";
        try (Workload travels = workload(TopicSpec.of(topic, 8).replicas(2)))
        {
            travels.createTopics().start();
            writeSome(travels);
            final Leadership source = new Leadership(cluster, topic);
            final Map<Integer, List<Integer>> wanted = new TreeMap<>();
            source.replicas().forEach((partition, ids) -> wanted.put(partition, withThird(partition, ids)));
            source.reassign(wanted);
            writeSome(travels);
            source.elect();
            awaitFollowed(source, topic);
            writeSome(travels);
            travels.stop();
        }
        assertShadowed();
    }

    /** Which nobody knew when the engine started. */
    @Test
    void partitionsMoveToABrokerThatJoins() throws Exception
    {
        final String topic = "welcome";
        try (Workload welcome = workload(TopicSpec.of(topic, 3).replicas(2)))
        {
            welcome.createTopics().start();
            writeSome(welcome);
            final int id = cluster.join();
            final Leadership source = new Leadership(cluster, topic);
            final Map<Integer, List<Integer>> wanted = new TreeMap<>();
            source.replicas().forEach((partition, ids) -> wanted.put(partition, List.of(id, ids.get(0))));
            source.reassign(wanted);
            source.elect();
            assertEquals(Map.of(0, id, 1, id, 2, id), source.leaders());
            awaitFollowed(source, topic);
            writeSome(welcome);
            welcome.stop();
        }
        assertShadowed();
    }

    /** The broker that had it not comes in the place of the leader or of the follower, and leads or does not. */
    private static List<Integer> withThird(final int partition, final List<Integer> ids)
    {
        final int third = cluster.ids().stream().filter((id) -> !ids.contains(id)).findFirst().orElseThrow();
        final int stays = ids.get(partition / 2 % 2);
        return 0 == partition % 2 ? List.of(third, stays) : List.of(stays, third);
    }
}
