package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.ShadowCheck;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Ten thousand partitions on three brokers, one of which fails and comes back. Most are idle; it prints what they cost,
 * and asserts nothing that is a matter of time.
 */
@Tag("soak")
class ScaleOutTest
{
    private static final int IDLE_S = 30;
    private static final int BROKERS = 3;
    private static final String BUSY = "busy";
    private static final int BUSY_PARTITIONS = 100;
    private static final String WRITTEN_ONCE = "idle-0";
    private static final int IDLE_TOPICS = 10;
    private static final int IDLE_PARTITIONS = 990;
    private static final int OPEN_PARTITIONS = 64;
    private static final int FILES_PER_PARTITION = 4;
    /** Libraries, sockets, Aeron's and the ledger's files, the table. */
    private static final int OTHER_HANDLES = 400;
    private static final long SOME_BYTES = 8 << 20;
    private static final Pattern OF_BROKER = Pattern.compile(".* broker (\\d+) fetch responses");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static Workload.Context workload(final KafkaCluster cluster)
    {
        return new Workload.Context()
            .cluster(cluster)
            .variants(List.of(
                new ProducerVariant("none", ProducerVariant.Mode.IDEMPOTENT),
                new ProducerVariant("lz4", ProducerVariant.Mode.TRANSACTIONAL)))
            .recordBytes(0, 4000);
    }

    /** One at a time: the controller limits how much a request may create. */
    private static void createTopics(final KafkaCluster cluster)
    {
        final List<TopicSpec> topics = new ArrayList<>();
        topics.add(TopicSpec.of(BUSY, BUSY_PARTITIONS).replicas(BROKERS).with("min.insync.replicas", "2"));
        for (int i = 0; i < IDLE_TOPICS; i++)
        {
            topics.add(TopicSpec.of("idle-" + i, IDLE_PARTITIONS).replicas(1));
        }
        topics.forEach((topic) -> new Workload(workload(cluster).topic(topic)).createTopics());
    }

    private static void writeOnce(final KafkaCluster cluster, final long seed)
    {
        try (Workload workload = new Workload(workload(cluster)
            .topic(TopicSpec.of(WRITTEN_ONCE, IDLE_PARTITIONS)).seed(seed).recordsPerProducer(3000)))
        {
            workload.start().awaitEnd();
        }
    }

    private static Map<String, Long> statesOf(final LinkConfig link) throws Exception
    {
        return LinkStatus.partitions(link).values().stream()
            .map((partition) -> partition.get("state").asText())
            .collect(Collectors.groupingBy((state) -> state, TreeMap::new, Collectors.counting()));
    }

    private static List<String> memory(final EngineProcess engine) throws IOException
    {
        return Files.readAllLines(Path.of("/proc", Long.toString(engine.pid()), "status")).stream()
            .filter((line) -> line.startsWith("VmRSS:") || line.startsWith("RssAnon:") || line.startsWith("VmHWM:"))
            .map((line) -> line.replaceAll("\\s+", " "))
            .toList();
    }

    private static long handles(final EngineProcess engine) throws IOException
    {
        try (Stream<Path> handles = Files.list(Path.of("/proc", Long.toString(engine.pid()), "fd")))
        {
            return handles.count();
        }
    }

    /** Every shard has one session with every broker that it has had an answer from. */
    private static Map<String, Long> sessions(final Map<String, Long> counters)
    {
        return counters.entrySet().stream()
            .filter((entry) -> entry.getValue() > 0)
            .map((entry) -> OF_BROKER.matcher(entry.getKey()))
            .filter(Matcher::matches)
            .collect(Collectors.groupingBy((matcher) -> matcher.group(1), TreeMap::new, Collectors.counting()));
    }

    /** So far, the longest of all shards and how many were too long. */
    private static String dutyCycles(final Map<String, Long> counters, final String agent)
    {
        long longestNs = 0;
        long tooLong = 0;
        for (final Map.Entry<String, Long> counter : counters.entrySet())
        {
            if (counter.getKey().contains(agent + " agent longest duty cycle"))
            {
                longestNs = Math.max(longestNs, counter.getValue());
            }
            else if (counter.getKey().contains(agent + " agent duty cycles longer than"))
            {
                tooLong += counter.getValue();
            }
        }
        return agent + " " + longestNs / 1_000_000 + " ms, " + tooLong + " longer than 100 ms";
    }

    private static void report(final String moment, final EngineProcess engine, final LinkConfig link)
        throws Exception
    {
        final long handles = handles(engine);
        try (EngineCounters counters = new EngineCounters(Path.of(link.get("aeron.dir"))))
        {
            final Map<String, Long> values = counters.read();
            System.out.printf(
                "%-20s %s, %d open handles, sessions by broker %s, longest duty cycle: %s; %s, partitions %s%n",
                moment, memory(engine), handles, sessions(values), dutyCycles(values, "fetch"),
                dutyCycles(values, "journal"), statesOf(link));
        }
        assertTrue(handles < OPEN_PARTITIONS * FILES_PER_PARTITION + OTHER_HANDLES, handles + " open handles");
    }

    /** What it takes to watch over partitions to which nothing comes. */
    private static void reportIdle(final EngineProcess engine) throws Exception
    {
        final ProcessHandle process = ProcessHandle.of(engine.pid()).orElseThrow();
        final Duration before = process.info().totalCpuDuration().orElseThrow();
        TimeUnit.SECONDS.sleep(IDLE_S);
        final Duration used = process.info().totalCpuDuration().orElseThrow().minus(before);
        System.out.printf("idle for %d s: %.3f cores%n", IDLE_S, used.toMillis() / 1000.0 / IDLE_S);
    }

    @Test
    void tenThousandPartitionsOutliveABroker() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context()
            .baseDir(dir.resolve("cluster")).brokers(BROKERS).heapMb(1024)
            // One that was killed has thousands of logs to recover.
            .startTimeout(Duration.ofMinutes(10))))
        {
            createTopics(cluster);
            writeOnce(cluster, 1);
            final LinkConfig link = new LinkConfig(dir).source(cluster)
                .set("journal.open.partitions", Integer.toString(OPEN_PARTITIONS));
            final Path config = link.write();
            final long startNs = System.nanoTime();
            try (EngineProcess engine = new EngineLauncher(dir).start(config);
                Workload busy = new Workload(workload(cluster)
                    .topic(TopicSpec.of(BUSY, BUSY_PARTITIONS)).bytesPerSecond(1 << 20)))
            {
                engine.awaitReady();
                System.out.printf("ready after %d ms with %d partitions%n",
                    (System.nanoTime() - startNs) / 1_000_000, LinkStatus.partitions(link).size());
                report("ready", engine, link);
                reportIdle(engine);
                busy.start().awaitBytes(SOME_BYTES);
                report("busy", engine, link);

                cluster.kill(2);
                Await.until(() -> hasLost(link), () -> "partitions without a source");
                busy.awaitBytes(busy.bytesSent() + SOME_BYTES);
                report("one broker down", engine, link);

                cluster.restart(2);
                LinkStatus.awaitActive(link);
                writeOnce(cluster, 2);
                busy.stop();
                assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir())
                    .topics(List.of(BUSY, WRITTEN_ONCE)).run());
                report("all are back", engine, link);
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
            }
            LedgerView.read(config).assertContiguous();
        }
    }

    /** The idle partitions have nobody else to lead them. */
    private static boolean hasLost(final LinkConfig link) throws Exception
    {
        for (final JsonNode partition : LinkStatus.partitions(link).values())
        {
            if (2 == partition.get("leader").asInt() && !"ACTIVE".equals(partition.get("state").asText()))
            {
                return true;
            }
        }
        return false;
    }
}
