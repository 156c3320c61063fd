package io.umbra.systemtests;

import io.umbra.journal.Promotion;
import io.umbra.journal.Promotions;
import io.umbra.rig.FreePorts;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What cannot be promoted is refused with one line and exit code 2, and nothing is changed. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PromotionInputTest
{
    private static final Path OTHER_FILE_SYSTEM = Path.of("/dev/shm");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path dir;
    private LinkConfig link;
    private Path target;
    private Map<String, String> before;
    private Instant then;

    @BeforeAll
    void shadow() throws Exception
    {
        link = new LinkConfig(dir);
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            source.admin().createTopics(List.of(new NewTopic("orders", 1, (short)1))).all().get();
            SourceRecords.write(source, "orders", 0, 10);
            Shadowed.catchUp(new EngineLauncher(dir), source, link.source(source));
            then = Instant.now();
            SourceRecords.write(source, "orders", 0, 5);
            Shadowed.catchUp(new EngineLauncher(dir), source, link);
        }
        target = dir.resolve("target");
    }

    @BeforeEach
    void look() throws IOException
    {
        before = Fingerprint.of(link.journalDir());
    }

    @AfterEach
    void nothingHasChanged() throws IOException
    {
        assertEquals(before, Fingerprint.of(link.journalDir()));
    }

    private UmbraCommand.Result promote(final Path into, final String... options) throws Exception
    {
        final List<String> arguments = new ArrayList<>(List.of("promote", link.write().toString(),
            "--target", into.toString(), "--node-id", "1",
            "--listeners", "PLAINTEXT://127.0.0.1:" + FreePorts.next(),
            "--controller-listener", "CONTROLLER://127.0.0.1:" + FreePorts.next()));
        arguments.addAll(List.of(options));
        return UmbraCommand.run(arguments.toArray(String[]::new));
    }

    private static void assertRefused(final UmbraCommand.Result result, final String... words)
    {
        assertEquals(2, result.exit(), result::toString);
        assertEquals(1, result.errorLines().size(), result::toString);
        assertEquals("", result.out());
        for (final String word : words)
        {
            assertTrue(result.err().contains(word), result::toString);
        }
    }

    private void assertRefusedWith(final String[] options, final String... words) throws Exception
    {
        assertRefused(promote(target, options), words);
        assertFalse(Files.exists(target));
    }

    private static String[] options(final String... options)
    {
        return options;
    }

    @Test
    void aTargetThatIsNotEmpty() throws Exception
    {
        final Path full = Files.createDirectories(dir.resolve("full"));
        Files.writeString(full.resolve("mine"), "mine");
        assertRefused(promote(full), "--target", full.toString(), "empty");
        assertEquals("mine", Files.readString(full.resolve("mine")));
    }

    @Test
    void aTargetInTheJournal() throws Exception
    {
        assertRefused(promote(link.journalDir().resolve("promoted-here")), "--target", "outside");
    }

    @Test
    void aTargetOfAPromotionThatDidNotFinish() throws Exception
    {
        final Path half = Files.createDirectories(dir.resolve("half"));
        Files.writeString(half.resolve("promotion-unfinished"), "");
        assertRefused(promote(half), "--target", "did not finish");
    }

    @Test
    void anotherFileSystem() throws Exception
    {
        final Path other = OTHER_FILE_SYSTEM.resolve("umbra-promotion-" + ProcessHandle.current().pid());
        assertRefused(promote(other), "--target", "--copy");
        assertRefused(promote(other, "--move"), "--target", "--copy");
        assertFalse(Files.exists(other));
    }

    @Test
    void unknownTopics() throws Exception
    {
        assertRefusedWith(options("--topics", "order"), "--topics", "'order'");
        assertRefusedWith(options("--topics", "("), "--topics");
    }

    @Test
    void timesOutsideOfTheLedger() throws Exception
    {
        assertRefusedWith(options("--as-of", "2001-01-01T00:00:00Z"), "--as-of", "begins at");
        assertRefusedWith(
            options("--as-of", Instant.now().plus(1, ChronoUnit.HOURS).toString()), "--as-of", "past");
        assertRefusedWith(options("--as-of", "yesterday"), "--as-of", "yesterday");
    }

    @Test
    void drainingWithoutAnEngine() throws Exception
    {
        assertRefusedWith(options("--drain"), "--drain", "not running");
    }

    @Test
    void aKafkaThatIsTooOld() throws Exception
    {
        final Path home = Files.createDirectories(dir.resolve("old-kafka"));
        Files.createDirectories(home.resolve("libs"));
        assertRefusedWith(options("--kafka-home", home.toString()), "--kafka-home");
        Files.writeString(home.resolve("libs").resolve("kafka-server-common-3.9.2.jar"), "");
        assertRefusedWith(options("--kafka-home", home.toString()), "--kafka-home", "3.9", "4.0");
    }

    @Test
    void aKafkaThatCannotBeStarted() throws Exception
    {
        final Path home = Files.createDirectories(dir.resolve("kafka-without-bin"));
        Files.createDirectories(home.resolve("libs"));
        Files.writeString(home.resolve("libs").resolve("kafka-server-common-4.3.1.jar"), "");
        assertRefusedWith(options("--start", "--kafka-home", home.toString()), "--kafka-home",
            home.resolve("bin").resolve("kafka-server-start.sh").toString());
    }

    @Test
    void listenersThatAreNone() throws Exception
    {
        assertRefusedWith(options("--listeners", "PLAINTEXT://127.0.0.1:29000"), "once each");
        for (final String listener : List.of("localhost:9092", "PLAINTEXT://0.0.0.0:9092", "CLIENT://localhost:9092"))
        {
            final UmbraCommand.Result result = UmbraCommand.run("promote", link.write().toString(),
                "--target", target.toString(), "--node-id", "1", "--listeners", listener,
                "--controller-listener", "CONTROLLER://127.0.0.1:29000");
            assertRefused(result, "--listeners", "allowed is");
        }
        assertFalse(Files.exists(target));
    }

    @Test
    void nodesThatAreNone() throws Exception
    {
        final UmbraCommand.Result negative = UmbraCommand.run("promote", link.write().toString(),
            "--target", target.toString(), "--node-id", "-1", "--listeners", "PLAINTEXT://127.0.0.1:29001",
            "--controller-listener", "CONTROLLER://127.0.0.1:29000");
        assertRefused(negative, "--node-id", "'-1'", "from 0 up");
        assertRefusedWith(options("--node-id", "2"), "1, 1, 2, 1 and 1 times", "once each");
        assertRefusedWith(options("--target", dir.resolve("other").toString()), "1, 2, 1, 1 and 1 times", "once each");
        assertRefusedWith(options(link.write("umbra-2.properties").toString()), "2, 1, 1, 1 and 1 times", "once each");
        assertRefusedWith(twoNodes(link.write("umbra-2.properties")), "is the journal of another CONFIG too");
    }

    private static String[] twoNodes(final Path config)
    {
        return options(config.toString(), "--target", dir.resolve("other").toString(), "--node-id", "2",
            "--listeners", "PLAINTEXT://127.0.0.1:29002", "--controller-listener", "CONTROLLER://127.0.0.1:29003");
    }

    @Test
    void startingMoreThanOne() throws Exception
    {
        final List<String> options = new ArrayList<>(List.of(twoNodes(
            link.write("umbra-2.properties"))));
        options.add("--start");
        assertRefusedWith(options.toArray(String[]::new), "--start", "one node");
    }

    @Test
    void propertiesThatAreNone() throws Exception
    {
        final String missing = dir.resolve("missing.properties").toString();
        assertRefusedWith(options("--properties", missing), "--properties", missing);
        final Path escape = Files.writeString(dir.resolve("escape.properties"), "a=\\u00zz");
        assertRefusedWith(options("--properties", escape.toString()), "--properties", escape.toString());
    }

    @Test
    void wordsThatDoNotGoTogether() throws Exception
    {
        assertRefusedWith(options("--link", "--copy"), "--link");
        assertRefusedWith(options("--drill", "--move"), "--move", "--drill");
        assertRefusedWith(options("--drain", "--drill"), "--drain", "--drill");
        assertRefusedWith(options("--drain", "--as-of", "2026-01-01T00:00:00Z"), "--drain", "--as-of");
    }

    @Test
    void aDryRunChangesNothing() throws Exception
    {
        final UmbraCommand.Result result = promote(target, "--dry-run");
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.out().contains("orders-0"), result.out());
        assertTrue(result.out().contains("nothing has been changed"), result.out());
        assertFalse(Files.exists(target));
    }

    /** One that was interrupted does not stand in the way of the next, one that was not does. */
    @AfterAll
    void whatIsPromotedOnceIsNotPromotedAgain() throws Exception
    {
        final Path interrupted = Files.createDirectories(dir.resolve("interrupted"));
        Files.writeString(interrupted.resolve("promotion-unfinished"), "");
        final Promotions promotions = new Promotions(link.journalDir());
        promotions.add(new Promotion("interrupted", 1, interrupted, true, List.of()));
        // For good, and as it was a while ago.
        final PromotedNode node = new PromotedNode(target, 1);
        final UmbraCommand.Result first = node.promote(link.write(), "--as-of", then.toString());
        assertEquals(0, first.exit(), first::toString);
        assertTrue(first.out().contains("mode             point in time, as of " + then), first.out());
        assertEquals(1, promotions.list().size());
        assertFalse(Files.exists(promotions.file("interrupted")));
        look();
        final Path second = dir.resolve("second");
        assertRefused(promote(second), "orders", "promoted already");
        assertRefused(UmbraCommand.run("run", link.write().toString()), "promoted");
        assertFalse(Files.exists(second));
        node.start();
        try (node; KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
        {
            assertEquals(10, Reading.all(consumer, "orders").size());
        }
        nothingHasChanged();
    }
}
