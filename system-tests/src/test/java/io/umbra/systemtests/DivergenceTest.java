package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A source that loses what it had acknowledged: a replica that was not in sync becomes leader, and its log grows past
 * the shadow's end. Brokers 2 and 3 hold the partition, broker 1 keeps the quorum of controllers.
 */
class DivergenceTest
{
    private static final int FIRST = 2;
    private static final int SECOND = 3;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path clusterDir;
    private static KafkaCluster cluster;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @BeforeAll
    static void startTheSource()
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(clusterDir).brokers(3));
    }

    @AfterAll
    static void stopTheSource()
    {
        cluster.close();
    }

    private static void create(final String topic) throws Exception
    {
        cluster.admin().createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(FIRST, SECOND)))
            .configs(Map.of("unclean.leader.election.enable", "true", "min.insync.replicas", "1")))).all().get();
    }

    private static TopicPartitionInfo describe(final String topic) throws Exception
    {
        return cluster.admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().get(0);
    }

    private static void awaitInSync(final String topic, final Set<Integer> brokers) throws Exception
    {
        Await.until(() -> Set.copyOf(describe(topic).isr().stream().map((node) -> node.id()).toList()).equals(brokers),
            () -> topic + " in sync on " + brokers);
    }

    private static void awaitLeader(final String topic, final int broker) throws Exception
    {
        Await.until(() -> null != describe(topic).leader() && broker == describe(topic).leader().id(),
            () -> topic + " led by " + broker);
    }

    /**
     * What {@code winner} does not have is lost: it is down while {@code loser} goes on alone, and then the other way
     * round.
     *
     * @param lost  records that only the loser gets.
     * @param shown called while the loser still has them.
     */
    private static void loseTail(
        final String topic, final int loser, final int winner, final int lost, final Shown shown) throws Exception
    {
        awaitInSync(topic, Set.of(loser, winner));
        cluster.kill(winner);
        awaitLeader(topic, loser);
        awaitInSync(topic, Set.of(loser));
        SourceRecords.write(cluster, topic, 0, lost);
        shown.run();
        lead(topic, loser, winner);
    }

    private interface Shown
    {
        void run() throws Exception;
    }

    private static void electUncleanly(final String topic, final int winner) throws Exception
    {
        Await.until(() ->
        {
            if (null == describe(topic).leader() || winner != describe(topic).leader().id())
            {
                cluster.admin().electLeaders(ElectionType.UNCLEAN, Set.of(new TopicPartition(topic, 0)))
                    .partitions().get();
                return false;
            }
            return true;
        }, () -> topic + " led by " + winner);
    }

    private static void lead(final String topic, final int loser, final int winner) throws Exception
    {
        cluster.kill(loser);
        cluster.restart(winner);
        electUncleanly(topic, winner);
    }

    /** What a broker has of a topic at this moment. */
    private Path save(final String topic, final int broker) throws Exception
    {
        final Path log = SegmentFile.of(cluster.logDir(broker).resolve(topic + "-0")).get(0);
        return Files.copy(log, Files.createTempFile(dir, "log-", ""), StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] bytes(final Path log, final long from, final long to) throws Exception
    {
        final List<SegmentFile.Batch> batches = new SegmentFile(log).batches().stream()
            .filter((batch) -> batch.baseOffset() >= from && batch.lastOffset() < to).toList();
        final SegmentFile.Batch last = batches.get(batches.size() - 1);
        assertEquals(to, last.lastOffset() + 1);
        return Arrays.copyOfRange(
            Files.readAllBytes(log), batches.get(0).position(), last.position() + last.length());
    }

    /**
     * What the source lost is kept aside, byte for byte.
     *
     * @param lost logs of those who lost it, by {@code from-to}, to excluded.
     */
    private static void assertKept(final LinkConfig link, final String topic, final Map<String, Path> lost)
        throws Exception
    {
        final Set<String> kept = new HashSet<>();
        try (Stream<Path> branches = Files.list(link.journalDir().resolve("diverged").resolve(topic + "-0")))
        {
            for (final Path branch : branches.toList())
            {
                assertEquals(List.of(), StockTools.checkPartitions(List.of(branch)).findings());
                assertTrue(Files.readString(branch.resolve("manifest.properties")).contains("topic=" + topic));
                assertEquals(1, SegmentFile.of(branch).size());
                final SegmentFile log = SegmentFile.active(branch);
                final long from = log.batches().get(0).baseOffset();
                final long to = log.last().lastOffset() + 1;
                final Path loser = lost.get(from + "-" + to);
                assertNotNull(loser, branch::toString);
                assertArrayEquals(bytes(loser, from, to), Files.readAllBytes(log.file()), branch::toString);
                kept.add(from + "-" + to);
            }
        }
        assertEquals(lost.keySet(), kept);
    }

    /**
     * Both brokers have gone on alone and in turn, so that neither has an epoch of the other's:
     * <pre>
     * first:  shared to 10, a to 15, c to 19
     * second: shared to 10, b to 18, d to 38
     * </pre>
     * The shadow has what the first one has. It is told that epoch b ends at 18: then it cannot be c, but it might be
     * a, and only the next answer tells that it is not.
     */
    @Test
    void aForkOfSeveralEpochsIsFoundOverSeveralRounds() throws Exception
    {
        final String topic = "fork";
        create(topic);
        SourceRecords.write(cluster, topic, 0, 10);
        final LinkConfig link = new LinkConfig(dir).source(cluster).set("topics.include", topic);
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            awaitInSync(topic, Set.of(FIRST, SECOND));
            cluster.kill(SECOND);
            awaitLeader(topic, FIRST);
            awaitInSync(topic, Set.of(FIRST));
            SourceRecords.write(cluster, topic, 0, 5);
            StatusView.await(config, (status) -> 15 == status.endOffset(topic, 0));
            assertEquals(0, UmbraCommand.run("pause", config.toString()).exit());
            StatusView.await(config, (status) -> "PAUSED".equals(status.partition(topic, 0).get("state").asText()));
            lead(topic, FIRST, SECOND);
            SourceRecords.write(cluster, topic, 0, 8);
            lead(topic, SECOND, FIRST);
            SourceRecords.write(cluster, topic, 0, 4);
            assertEquals(0, UmbraCommand.run("resume", config.toString()).exit());
            StatusView.await(config, (status) -> 19 == status.endOffset(topic, 0));
            Told.assertTold(link, "DIVERGENCE", 0, 0);
            final Path lost = save(topic, FIRST);
            lead(topic, FIRST, SECOND);
            SourceRecords.write(cluster, topic, 0, 20);
            StatusView.await(config, (status) -> 38 == status.endOffset(topic, 0));
            cluster.restart(FIRST);
            awaitInSync(topic, Set.of(FIRST, SECOND));
            Shadowed.assertIdentical(cluster, link, topic);
            UmbraCommand.assertVerified(config);
            Told.assertTold(link, "DIVERGENCE", 2, 2);
            assertKept(link, topic, Map.of("10-15", lost, "15-19", lost));
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        final LedgerView ledger = LedgerView.read(config);
        assertEquals(List.of("19-15", "15-10"), ledger.ofType("Truncated")
            .map((entry) -> entry.get("fromOffset").asLong() + "-" + entry.get("toOffset").asLong()).toList());
        ledger.assertContiguous();
    }

    @Test
    void theLosingSuffixIsKeptAndTheNewHistoryIsFollowedTimeAndAgain() throws Exception
    {
        final String topic = "branch";
        final int shared = 20;
        final int lost = 10;
        create(topic);
        SourceRecords.write(cluster, topic, 0, shared);
        final LinkConfig link = new LinkConfig(dir).source(cluster).set("topics.include", topic);
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            final Map<String, Path> losers = new HashMap<>();
            long end = shared;
            int loser = FIRST;
            int winner = SECOND;
            for (int round = 1; round <= 2; round++)
            {
                final long lostEnd = end + lost;
                final int losing = loser;
                final String range = end + "-" + lostEnd;
                loseTail(topic, loser, winner, lost, () ->
                {
                    StatusView.await(config, (status) -> lostEnd == status.endOffset(topic, 0));
                    losers.put(range, save(topic, losing));
                });
                // Past the shadow's end, so that only the leader epoch tells.
                SourceRecords.write(cluster, topic, 0, 2 * lost);
                final long newEnd = end + 2 * lost;
                StatusView.await(config, (status) -> newEnd == status.endOffset(topic, 0));
                cluster.restart(loser);
                end = newEnd;
                final int other = loser;
                loser = winner;
                winner = other;
            }
            awaitInSync(topic, Set.of(FIRST, SECOND));
            Shadowed.assertIdentical(cluster, link, topic);
            UmbraCommand.assertVerified(config);

            final StatusView status = StatusView.of(config);
            Told.assertTold(link, "DIVERGENCE", 2, 2);
            assertKept(link, topic, losers);
            assertEquals("ACTIVE", status.partition(topic, 0).get("state").asText(), status::toString);
            final JsonNode incident = status.incidents("DIVERGENCE").get(0);
            assertEquals(shared, incident.get("fromOffset").asLong());
            assertEquals(shared + lost, incident.get("toOffset").asLong());
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        final LedgerView ledger = LedgerView.read(config);
        assertEquals(2, ledger.ofType("Truncated").count());
        ledger.assertContiguous();
        Shadowed.catchUp(new EngineLauncher(dir), cluster, link, topic);
        final UmbraCommand.Result noted = UmbraCommand.run("acknowledge", config.toString());
        assertEquals(0, noted.exit(), noted::toString);
        assertEquals(List.of(), StatusView.of(config).incidents("DIVERGENCE"));
    }

    /** A leader says that its log begins at 15, and before anybody else has heard it another one leads. */
    @Test
    void whatTheNewLeaderStillHasIsNotDroppedBecauseOfTheOldOne() throws Exception
    {
        final String topic = "start";
        final TopicPartition partition = new TopicPartition(topic, 0);
        create(topic);
        SourceRecords.write(cluster, topic, 0, 20);
        final LinkConfig link = new LinkConfig(dir).source(cluster)
            .set("topics.include", topic)
            .set("topics.refresh.interval.ms", "600000");
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            StatusView.await(config, (status) -> 20 == status.endOffset(topic, 0));
            loseTail(topic, FIRST, SECOND, 5, () ->
            {
                cluster.admin().deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(15))).all().get();
                SourceRecords.write(cluster, topic, 0, 1);
                final StatusView status = StatusView.await(config, (view) -> 26 == view.endOffset(topic, 0));
                assertEquals(0, status.partition(topic, 0).get("logStartOffset").asLong(), status::toString);
            });
            SourceRecords.write(cluster, topic, 0, 30);
            StatusView.await(config, (status) -> 50 == status.endOffset(topic, 0));
            assertEquals(0, StatusView.of(config).partition(topic, 0).get("logStartOffset").asLong());
            cluster.restart(FIRST);
            awaitInSync(topic, Set.of(FIRST, SECOND));
            Shadowed.assertIdentical(cluster, link, topic);
            UmbraCommand.assertVerified(config);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        assertEquals(0, LedgerView.read(config).ofType("LogStart").count());
        // Its own log start counts.
        cluster.admin().deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(10))).all().get();
        final Path soon = link.set("topics.refresh.interval.ms", "500").write();
        try (EngineProcess engine = new EngineLauncher(dir).start(soon))
        {
            engine.awaitReady();
            SourceRecords.write(cluster, topic, 0, 1);
            StatusView.await(config, (status) -> 10 == status.partition(topic, 0).get("logStartOffset").asLong());
            Shadowed.assertIdentical(cluster, link, topic);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
    }

    @Test
    void withHaltThePartitionStopsAndTheOthersGoOn() throws Exception
    {
        final String topic = "halt";
        final String other = "other";
        create(topic);
        cluster.admin().createTopics(List.of(new NewTopic(other, Map.of(0, List.of(1))))).all().get();
        SourceRecords.write(cluster, topic, 0, 5);
        final LinkConfig link = new LinkConfig(dir).source(cluster)
            .set("topics.include", topic + "," + other)
            .set("on.divergence", "halt");
        final Path config = link.write();
        try (EngineProcess engine = new EngineLauncher(dir).start(config))
        {
            engine.awaitReady();
            loseTail(topic, FIRST, SECOND, 5, () ->
                StatusView.await(config, (status) -> 10 == status.endOffset(topic, 0)));
            SourceRecords.write(cluster, topic, 0, 20);
            final StatusView halted = StatusView.await(
                config, (status) -> "FAULTED".equals(status.partition(topic, 0).get("state").asText()));
            final String error = halted.partition(topic, 0).get("error").asText();
            assertTrue(error.contains("diverged") && error.contains("on.divergence=halt"), error);
            assertEquals(10, halted.endOffset(topic, 0));
            SourceRecords.write(cluster, other, 0, 30);
            StatusView.await(config, (status) -> 30 == status.endOffset(other, 0));
            assertEquals(10, StatusView.of(config).endOffset(topic, 0));
            assertFalse(Files.exists(link.journalDir().resolve("diverged")));
            Told.assertTold(link, "DIVERGENCE", 1, 1);
            final JsonNode incident = halted.incidents("DIVERGENCE").get(0);
            assertEquals(5, incident.get("fromOffset").asLong(), halted::toString);
            assertEquals(10, incident.get("toOffset").asLong(), halted::toString);
            cluster.restart(FIRST);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        final LedgerView ledger = LedgerView.read(config);
        assertEquals(0, ledger.ofType("Truncated").count());
        assertTrue(ledger.ofType("PartitionState").anyMatch((entry) ->
            "FAULTED".equals(entry.get("state").asText()) && (topic + "-0").equals(LedgerView.partition(entry)) &&
            entry.get("reason").asText().contains("on.divergence=halt")));
        // The operator changes his mind: the next start follows.
        final Path changed = link.set("on.divergence", "branch").write();
        try (EngineProcess engine = new EngineLauncher(dir).start(changed))
        {
            engine.awaitReady();
            Shadowed.assertIdentical(cluster, link, topic, other);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
    }
}
