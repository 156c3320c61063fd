package io.umbra.systemtests;

import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.engine.metadata.MetadataTask;
import io.umbra.rig.FreePorts;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The failover runbook, line by line: each of its commands is run as it stands there, on a link with a live source. */
class RunbookTest
{
    private static final String DRILL = "Drill";
    private static final String PLANNED = "Planned switch-over";
    private static final String FAILOVER = "Failover";
    private static final String POINT_IN_TIME = "Point in time";
    private static final String CHECK = "What to check after";
    private static final String TOPIC = "orders";
    private static final String GROUP = "readers";
    private static final int PARTITIONS = 2;
    private static final Pattern PROMOTED_FILE = Pattern.compile("(/\\S*/promoted/[^\\s,;:]+)");
    private static final Map<String, String> TOOLS = Map.of(
        "kafka-topics.sh", "org.apache.kafka.tools.TopicCommand",
        "kafka-get-offsets.sh", "org.apache.kafka.tools.GetOffsetShell",
        "kafka-consumer-groups.sh", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
        "kafka-console-producer.sh", "org.apache.kafka.tools.ConsoleProducer",
        "kafka-configs.sh", "kafka.admin.ConfigCommand",
        "kafka-acls.sh", "org.apache.kafka.tools.AclCommand");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private final int port = FreePorts.next();
    private final int drillPort = FreePorts.next();
    private KafkaCluster source;
    private LinkConfig link;
    private Path config;
    private Runbook runbook;
    private PromotedNode promoted;
    private int written;
    private int commands;

    @Test
    void itIsTriedLineByLine() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))
            .property("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
            .property("super.users", "User:ANONYMOUS")))
        {
            source = cluster;
            link = new LinkConfig(dir).source(source)
                .set("groups.sync.interval.ms", "200")
                .set("acls.sync.interval.ms", "200")
                .set("journal.segment.bytes", "4096")
                .set("fetch.partition.max.bytes", "4096");
            config = link.write();
            fill();
            final Instant then;
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                then = settled();
                write();
                awaitDurable();
                runbook = new Runbook(names(then));
                drill();
                plannedSwitchOver();
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            takeBack();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                write();
                awaitDurable();
                pointInTime();
                source.kill(1);
                failover();
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
        assertEquals(Set.of(), runbook.untried());
    }

    private Map<String, String> names(final Instant then)
    {
        return Map.ofEntries(
            Map.entry("/etc/umbra/orders.properties", config.toString()),
            Map.entry("/var/lib/umbra/drill", dir.resolve("drill").toString()),
            Map.entry("/var/lib/kafka-new", dir.resolve("kafka-new").toString()),
            Map.entry("/var/lib/kafka-past", dir.resolve("kafka-past").toString()),
            Map.entry("db2:9092", "127.0.0.1:" + port),
            Map.entry("db2:9093", "127.0.0.1:" + FreePorts.next()),
            Map.entry("127.0.0.1:19092", "127.0.0.1:" + drillPort),
            Map.entry("127.0.0.1:19093", "127.0.0.1:" + FreePorts.next()),
            Map.entry("2026-11-23T10:14:00Z", then.toString()),
            Map.entry("tls.properties", dir.resolve("machine.properties").toString()));
    }

    private void fill() throws Exception
    {
        source.admin().createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short)1))).all().get();
        source.admin().createAcls(List.of(new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, TOPIC, PatternType.LITERAL),
            new AccessControlEntry("User:reader", "*", AclOperation.READ, AclPermissionType.ALLOW)))).all().get();
        write();
        try (KafkaConsumer<byte[], byte[]> consumer =
            Reading.consumer(source, Reading.group(GROUP, "classic")))
        {
            Reading.take(consumer, TOPIC, written);
        }
        Files.writeString(dir.resolve("machine.properties"), "num.io.threads=3\n");
    }

    private void write() throws Exception
    {
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            SourceRecords.write(source, TOPIC, partition, 100);
            written += 100;
        }
    }

    /** Returns a time as of which the shadow has all that is there now. */
    private Instant settled() throws Exception
    {
        awaitDurable();
        Await.until(() -> PARTITIONS == MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).groupOffsets().size() &&
            1 == MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).acls().size(), () -> "groups and rules");
        final Instant then = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        // What is read after it shows that it is over.
        final long afterNs = then.toEpochMilli() * 1_000_000;
        Await.until(() -> MetadataHistory.read(link.journalDir(), Long.MAX_VALUE)
            .completeNs(MetadataTask.GROUPS).orElse(0) > afterNs, () -> "a look after " + then);
        return then;
    }

    private void awaitDurable() throws Exception
    {
        Shadowed.assertIdentical(source, link);
        StatusView.await(config, (status) -> isDurable(status, 0) && isDurable(status, 1));
    }

    private boolean isDurable(final StatusView status, final int partition)
    {
        return status.partition(TOPIC, partition).get("durableOffset").asLong() == written / PARTITIONS;
    }

    private static List<String> umbra(final String command)
    {
        final List<String> words = words(command);
        assertEquals("umbra", words.get(0));
        return JavaCommand.umbra(List.of(), words.subList(1, words.size()));
    }

    /** As a shell would have them; quotes are there to keep it from looking closer. */
    private static List<String> words(final String command)
    {
        return List.of(command.replace("'", "").split(" "));
    }

    private static String run(final List<String> command) throws Exception
    {
        final UmbraCommand.Result result = UmbraCommand.run(command);
        assertEquals(0, result.exit(), () -> command + ": " + result);
        return result.out();
    }

    /** One of Kafka's tools, with a line to read. */
    private static String tool(final String command) throws Exception
    {
        final List<String> words = words(command);
        final String[] arguments = words.subList(1, words.size()).toArray(String[]::new);
        return run(List.of("sh", "-c",
            "echo tried | " + String.join(" ", StockTools.command(TOOLS.get(words.get(0)), arguments))));
    }

    private EngineProcess started(final String command) throws Exception
    {
        commands++;
        final EngineProcess process = new EngineProcess(umbra(command), dir.resolve("command-" + commands + ".err"));
        Await.until(() -> !process.isAlive() || isStarted(process), process::stderrTail);
        assertTrue(isStarted(process), () -> process.stdout() + process.stderrTail());
        return process;
    }

    private static boolean isStarted(final EngineProcess process)
    {
        return process.stdout().stream().anyMatch((line) -> line.startsWith("started: process "));
    }

    private void drill() throws Exception
    {
        final Path target = dir.resolve("drill");
        try (EngineProcess drill = started(runbook.command(DRILL, "umbra promote")))
        {
            final String offsets = runbook.command(CHECK, "kafka-get-offsets.sh");
            assertEnds(tool(offsets.replace("127.0.0.1:" + port, "127.0.0.1:" + drillPort)));
            assertTrue(Files.exists(target.resolve("promotion-report.txt")));
            assertEquals("ACTIVE", StatusView.of(config).state());
            assertEquals(0, drill.terminate(), drill::stderrTail);
        }
        run(List.of("sh", "-c", runbook.command(DRILL, "rm -r")));
        assertFalse(Files.exists(target));
        Shadowed.assertIdentical(source, link);
    }

    private void assertEnds(final String offsets)
    {
        assertEquals(List.of(TOPIC + ":0:" + written / PARTITIONS, TOPIC + ":1:" + written / PARTITIONS),
            offsets.lines().sorted().toList());
    }

    private void plannedSwitchOver() throws Exception
    {
        final String status = run(umbra(runbook.command(PLANNED, "umbra status")));
        assertTrue(status.contains("ACTIVE"), status);
        for (final String task : List.of("topics", "groups", "acls", "quotas", "scram"))
        {
            StatusView.await(config, (view) ->
                null != view.metadata(task) && "OK".equals(view.metadata(task).get("state").asText()));
        }
        final String command = runbook.command(PLANNED, "umbra promote");
        final String rehearsal = run(umbra(command.replace("--drain", "--dry-run")));
        assertTrue(rehearsal.contains("a plan: nothing has been changed"), rehearsal);
        assertTrue(rehearsal.contains("not carried over"), rehearsal);
        assertFalse(Files.exists(dir.resolve("kafka-new")));
        final String report = run(umbra(command));
        assertTrue(report.contains("known loss       0 records"), report);
        start(report, runbook.command(PLANNED, "kafka-server-start.sh"));
        try (PromotedNode node = promoted)
        {
            assertEnds(tool(runbook.command(CHECK, "kafka-get-offsets.sh")));
            assertEquals(143, node.terminate(), node::logTail);
        }
    }

    /** By the line that was printed, which is the runbook's. */
    private void start(final String printed, final String command) throws Exception
    {
        assertTrue(printed.contains("start it: " + command + "\n"), printed);
        final Path settings = Path.of(words(command).get(1));
        promoted = new PromotedNode(settings.getParent(), 1, port);
        assertEquals(promoted.settings(), settings);
        promoted.start();
    }

    private void takeBack() throws Exception
    {
        final UmbraCommand.Result refused = UmbraCommand.run("run", config.toString());
        assertEquals(2, refused.exit(), refused::toString);
        final Matcher file = PROMOTED_FILE.matcher(refused.err());
        assertTrue(file.find(), refused::toString);
        run(List.of("rm", "-r", dir.resolve("kafka-new").toString()));
        Files.delete(Path.of(file.group(1)));
    }

    private void pointInTime() throws Exception
    {
        try (EngineProcess past = started(runbook.command(POINT_IN_TIME, "umbra promote")))
        {
            assertEquals("200", Long.toString(tool(runbook.command(CHECK, "kafka-get-offsets.sh")).lines()
                .mapToLong((line) -> Long.parseLong(line.substring(line.lastIndexOf(':') + 1))).sum()));
            assertEquals("ACTIVE", StatusView.of(config).state());
            assertEquals(0, past.terminate(), past::stderrTail);
        }
    }

    private void failover() throws Exception
    {
        final String command = runbook.command(FAILOVER, "umbra promote") + ' ' +
            runbook.option("What you need", "--super-users") + ' ' + runbook.option("What you need", "--properties");
        final String plan = run(umbra(command));
        assertTrue(plan.contains("known loss       0 records"), plan);
        assertTrue(plan.contains("source last seen "), plan);
        assertFalse(Files.exists(dir.resolve("kafka-new")));
        final String report = run(umbra(command.replace(" --dry-run", "")));
        start(report, runbook.command(FAILOVER, "kafka-server-start.sh"));
        try (PromotedNode node = promoted; KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
        {
            final List<String> settings = Files.readAllLines(node.settings());
            assertTrue(settings.contains("num.io.threads=3"), settings::toString);
            assertTrue(settings.contains("super.users=User:admin;User:ANONYMOUS"), settings::toString);
            check();
            assertEquals(List.of("tried"), Reading.texts(Reading.all(consumer, "orders-smoke-test")));
        }
    }

    private void check() throws Exception
    {
        final String topics = tool(runbook.command(CHECK, "kafka-topics.sh"));
        assertEquals(PARTITIONS, topics.lines()
            .filter((line) -> line.contains("Topic: " + TOPIC) && line.contains("Leader: 1")).count(), topics);
        assertEnds(tool(runbook.command(CHECK, "kafka-get-offsets.sh")));
        final String groups = tool(runbook.command(CHECK, "kafka-consumer-groups.sh"));
        assertEquals(PARTITIONS, groups.lines()
            .filter((line) -> line.matches(GROUP + " +" + TOPIC + " +\\d +100 .*")).count(), groups);
        tool(runbook.command(CHECK, "kafka-console-producer.sh"));
        final String configs = tool(runbook.command(CHECK, "kafka-configs.sh"));
        assertTrue(configs.contains("Dynamic configs for topic " + TOPIC), configs);
        final String rules = tool(runbook.command(CHECK, "kafka-acls.sh"));
        assertTrue(rules.contains("principal=User:reader"), rules);
        final String sums = run(List.of("sh", "-c", "cd '" + promoted.dir() + "' && LC_ALL=C " +
            runbook.command(CHECK, "sha256sum")));
        assertEquals(List.of("promotion-report.json: OK", "promotion-report.txt: OK"), sums.lines().toList());
    }
}
