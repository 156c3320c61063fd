package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** One journal over several runs, and who may use it. */
class RestartTest
{
    /** What a commit takes in the ledger. */
    private static final int COMMIT_BYTES = 104;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path clusterDir;
    private static KafkaCluster cluster;
    private static Workload workload;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private LinkConfig link;

    @BeforeAll
    static void startTheSource()
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(clusterDir));
        workload = new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of("a", 4))
            .topic(TopicSpec.of("b", 2)));
        workload.createTopics().start();
        writeSome();
    }

    @AfterAll
    static void stopTheSource()
    {
        workload.close();
        cluster.close();
    }

    @BeforeEach
    void configure()
    {
        link = new LinkConfig(dir).source(cluster);
    }

    /** Writes for a while; the source stands still before and after. */
    private static void writeSome()
    {
        workload.resume();
        workload.awaitRecords(workload.recordsSent() + 1000);
        workload.pause();
    }

    @Test
    void aRestartResumesAtTheEndOfTheJournal() throws Exception
    {
        final EngineLauncher launcher = new EngineLauncher(dir);
        Shadowed.catchUp(launcher, cluster, link);
        final int runs = 3;
        for (int i = 1; i < runs; i++)
        {
            writeSome();
            Shadowed.catchUp(launcher, cluster, link);
        }
        UmbraCommand.assertVerified(link.write());

        final LedgerView ledger = LedgerView.read(link.write());
        ledger.assertContiguous();
        // Every run wrote, and no offset was written by two.
        assertEquals(0, ledger.ofType("Truncated").count());
        assertEquals(0, ledger.ofType("Recovered").count(), "a clean stop leaves nothing to recover");
        final Set<String> seen = new HashSet<>();
        ledger.commits().forEach((commit) ->
            assertTrue(seen.add(LedgerView.partition(commit) + ':' + commit.get("baseOffset")), commit::toString));
        final List<JsonNode> ofShard = ledger.entries().stream()
            .filter((entry) -> 0 == entry.get("shard").asInt()).toList();
        assertEquals(2 * runs, ofShard.stream().filter((entry) -> LedgerView.is(entry, "EngineEvent")).count());
    }

    @Test
    void aRestartWithNothingNewWritesNothing() throws Exception
    {
        final EngineLauncher launcher = new EngineLauncher(dir);
        Shadowed.catchUp(launcher, cluster, link);
        final long commits = LedgerView.read(link.write()).commits().count();
        final EngineProcess engine = Shadowed.catchUp(launcher, cluster, link);
        assertEquals(List.of(), engine.unexpectedLines());
        assertEquals(commits, LedgerView.read(link.write()).commits().count());
    }

    /** Where a ledger goes on in a file that has outgrown what is allocated at its beginning. */
    @Test
    void aLongLedgerIsContinued() throws Exception
    {
        for (int i = 0; i < 3; i++)
        {
            writeSome();
        }
        // A batch at a time: many commits.
        link.set("shards", "1").set("fetch.partition.max.bytes", "1024");
        final EngineLauncher launcher = new EngineLauncher(dir);
        Shadowed.catchUp(launcher, cluster, link);
        final long commits = LedgerView.read(link.write()).commits().count();
        assertTrue(commits * COMMIT_BYTES > 1 << 16, () -> commits + " commits are too few for this test");
        for (int i = 0; i < 3; i++)
        {
            writeSome();
            final EngineProcess engine = Shadowed.catchUp(launcher, cluster, link);
            assertFalse(engine.said("damaged"), engine::stderrTail);
            LedgerView.read(link.write()).assertContiguous();
        }
    }

    @Test
    void otherShardsAndThreadsContinueTheSameJournal() throws Exception
    {
        final EngineLauncher launcher = new EngineLauncher(dir);
        Shadowed.catchUp(launcher, cluster, link.set("shards", "2"));
        writeSome();
        Shadowed.catchUp(launcher, cluster, link.set("shards", "1").set("threading", "single"));
        writeSome();
        Shadowed.catchUp(launcher, cluster, link.set("shards", "3").set("threading", "dedicated"));
        UmbraCommand.assertVerified(link.write());
    }

    @Test
    void aSecondEngineIsRefused() throws Exception
    {
        final EngineLauncher launcher = new EngineLauncher(dir);
        final Path config = link.write();
        try (EngineProcess first = launcher.start(config))
        {
            first.awaitReady();
            try (EngineProcess second = launcher.start(config))
            {
                assertEquals(2, second.awaitExit(), second::stderr);
                assertOneLine(second, link.journalDir().toString(), Long.toString(first.pid()));
            }
            // The first one does not notice.
            assertTrue(first.isAlive());
            writeSome();
            Shadowed.assertIdentical(cluster, link);
            assertEquals(0, first.terminate(), first::stderrTail);
            assertEquals(List.of(), first.unexpectedLines());
        }
    }

    @Test
    void theJournalOfAnotherClusterIsRefused() throws Exception
    {
        Shadowed.catchUp(new EngineLauncher(dir), cluster, link);
        try (KafkaCluster other = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("other"))))
        {
            link.source(other);
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                assertEquals(2, engine.awaitExit(), engine::stderr);
                assertOneLine(engine, cluster.clusterId(), other.clusterId());
            }
        }
        // Nothing was harmed: the right cluster goes on with it.
        link.source(cluster);
        Shadowed.catchUp(new EngineLauncher(dir), cluster, link);
    }

    private static void assertOneLine(final EngineProcess engine, final String... contents)
    {
        final List<String> lines = engine.stderr().lines().filter((line) -> !line.isBlank()).toList();
        assertEquals(1, lines.size(), engine::stderr);
        for (final String content : contents)
        {
            assertTrue(lines.get(0).contains(content), () -> "wants " + content + ": " + lines);
        }
        assertEquals(List.of(), engine.stdout());
    }
}
