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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The flight recorder of a live link, and what its recordings give back. */
class ReplayTest
{
    private static final int MIB = 1 << 20;
    private static final String TORN = "cut off by the end of its engine";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path clusterDir;
    private static KafkaCluster cluster;
    private static Workload workload;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private LinkConfig link;
    private EngineLauncher launcher;

    @BeforeAll
    static void startTheSource()
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(clusterDir));
        workload = new Workload(new Workload.Context()
            .cluster(cluster)
            .recordBytes(0, 50_000)
            .bytesPerSecond(8L * MIB)
            .topic(TopicSpec.of("a", 3))
            .topic(TopicSpec.of("b", 1)));
        workload.createTopics().start();
        workload.awaitBytes(16L * MIB);
        workload.pause();
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
        link = new LinkConfig(dir).source(cluster)
            .set("archive.enabled", "true")
            .set("archive.dir", dir.resolve("archive").toString())
            .set("journal.segment.bytes", Integer.toString(MIB))
            .set("shards", "2");
        launcher = new EngineLauncher(dir);
    }

    private static void writeSome()
    {
        workload.resume();
        workload.awaitBytes(workload.bytesSent() + 2L * MIB);
        workload.pause();
    }

    private UmbraCommand.Result replay(final String command, final String... options)
        throws IOException, InterruptedException
    {
        final List<String> arguments = new ArrayList<>(
            List.of("replay", command, "--archive", dir.resolve("archive").toString()));
        arguments.addAll(List.of(options));
        return UmbraCommand.run(arguments.toArray(String[]::new));
    }

    private JsonNode replayJson(final String command, final String... options)
        throws IOException, InterruptedException
    {
        final List<String> arguments = new ArrayList<>(
            List.of("replay", command, "--archive", dir.resolve("archive").toString(), "--json"));
        arguments.addAll(List.of(options));
        return UmbraCommand.json(arguments.toArray(String[]::new));
    }

    /** The segments of all partitions, by their path in the journal. */
    private static Map<String, byte[]> segments(final Path journal) throws IOException
    {
        final Map<String, byte[]> segments = new TreeMap<>();
        try (Stream<Path> files = Files.walk(journal))
        {
            for (final Path file : files.filter((path) -> path.toString().endsWith(".log")).toList())
            {
                segments.put(journal.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return segments;
    }

    private static void delete(final Path directory) throws IOException
    {
        try (Stream<Path> files = Files.walk(directory))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.delete(file);
            }
        }
    }

    @Test
    void aJournalComesBackFromItsRecording() throws Exception
    {
        Shadowed.catchUp(launcher, cluster, link);
        try (EngineProcess engine = launcher.start(link.write()))
        {
            engine.awaitReady();
            writeSome();
            Shadowed.assertIdentical(cluster, link);
            assertEquals("RECORDING", StatusView.of(link).document().get("recorder").get("state").asText());
            final JsonNode live = replayJson("list");
            assertTrue(live.get("live").asBoolean());
            assertEquals(2, live.get("recordings").size(), live::toString);
            assertEquals(2, live.get("runs").size(), live::toString);
            assertCompared();
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.unexpectedLines());
        }
        final Map<String, byte[]> original = segments(link.journalDir());
        assertTrue(original.size() > 2 * 4, original.keySet()::toString);
        delete(link.journalDir());
        assertRebuilt(link.journalDir(), original);

        // The link goes on with it, as if nothing had been, and is killed in the middle.
        try (EngineProcess engine = launcher.start(link.write()))
        {
            engine.awaitReady();
            final Map<String, Long> ends = LinkStatus.ends(link);
            workload.resume();
            LinkStatus.awaitBeyond(link, ends);
            engine.kill9();
        }
        workload.pause();
        replayJson("list").get("recordings").forEach((recording) ->
            assertEquals("NOT_CLOSED", recording.get("state").asText()));
        final EngineProcess last = Shadowed.catchUp(launcher, cluster, link);
        assertEquals(List.of(), last.unexpectedLines());
        assertCompared();
        assertShown();
        // What the recorder had missed when the engine was killed, the next run has recorded.
        assertRebuilt(dir.resolve("rebuilt"), segments(link.journalDir()));
    }

    private void assertCompared() throws IOException, InterruptedException
    {
        final UmbraCommand.Result compared = replay("compare", "--journal", link.journalDir().toString());
        assertEquals(0, compared.exit(), compared::toString);
    }

    private void assertShown() throws IOException, InterruptedException
    {
        final JsonNode shown = replayJson("show", "--topics", "b");
        // Each shard may have been in the middle of a message when the engine was killed.
        shown.get("findings").forEach((finding) -> assertTrue(finding.asText().endsWith(TORN), finding::toString));
        assertFalse(shown.get("messages").isEmpty());
        shown.get("messages").forEach((message) -> assertEquals("b", message.get("topic").asText()));
    }

    private void assertRebuilt(final Path into, final Map<String, byte[]> original)
        throws IOException, InterruptedException
    {
        final UmbraCommand.Result result = replay("rebuild", "--into", into.toString());
        assertEquals(0, result.exit(), result::toString);
        final Map<String, byte[]> rebuilt = segments(into);
        assertEquals(original.keySet(), rebuilt.keySet());
        original.forEach((path, bytes) -> assertArrayEquals(bytes, rebuilt.get(path), path));
    }

    @Test
    void aFullDiskStopsTheRecorderAndNothingElse() throws Exception
    {
        MountNamespace.assumeAvailable();
        // Where the archive is unless it is said.
        final Path archive = Files.createDirectories(link.journalDir().resolve("archive"));
        link.without("archive.dir").set("journal.min.free.bytes", "1MiB");
        launcher.inMountNamespace("mount -t tmpfs -o size=8m tmpfs " + archive);
        try (EngineProcess engine = launcher.start(link.write()))
        {
            engine.awaitReady();
            Shadowed.assertIdentical(cluster, link);
            Await.until(
                () -> "STOPPED".equals(StatusView.of(link).document().get("recorder").get("state").asText()),
                engine::stderrTail);
            assertTrue(engine.said("flight recorder has stopped, replication goes on"), engine::stderrTail);
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.unexpectedLines());
        }
    }
}
