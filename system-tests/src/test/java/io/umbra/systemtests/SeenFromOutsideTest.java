package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What tools see that know nothing of Umbra: the operating system's and Aeron's. */
class SeenFromOutsideTest
{
    private static final int SHARDS = 2;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @Test
    void eachBrokerIsFetchedFromAtTheSameTimeAndEachThreadHasItsName() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")).brokers(3));
            Workload workload = new Workload(new Workload.Context()
                .cluster(cluster)
                .variants(List.of(new ProducerVariant("lz4", ProducerVariant.Mode.IDEMPOTENT)))
                .recordBytes(100, 5_000)
                .bytesPerSecond(4 << 20)
                .topic(TopicSpec.of("spread", 12))))
        {
            workload.createTopics().start();
            final Path aeronDir = dir.resolve("aeron");
            final LinkConfig link = new LinkConfig(dir)
                .source(cluster)
                .set("aeron.dir", aeronDir.toString())
                .set("shards", String.valueOf(SHARDS));
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                try (EngineCounters counters = new EngineCounters(aeronDir))
                {
                    // Within one span all three brokers' counters move, while none of them has come to an end.
                    final Map<String, Long> before = counters.read();
                    Await.until(
                        () -> cluster.ids().stream().allMatch((id) -> grown(before, counters.read(), id)),
                        () -> before + " -> " + counters.read());
                    final Map<String, Long> middle = counters.read();
                    Await.until(
                        () -> cluster.ids().stream().allMatch((id) -> grown(middle, counters.read(), id)),
                        () -> middle + " -> " + counters.read());
                }
                final Set<String> threads = threads(engine.pid());
                for (int shard = 0; shard < SHARDS; shard++)
                {
                    for (final String role : List.of("fetch-%d", "journal-%d", "flush-%d-0", "flush-%d-3"))
                    {
                        final String name = "umbra-" + String.format(role, shard);
                        // The kernel keeps the first 15 characters.
                        assertTrue(threads.contains(name.substring(0, Math.min(15, name.length()))),
                            () -> name + " in " + threads);
                    }
                }
                assertEquals(ports(cluster), Sockets.of(engine.pid()));
                workload.stop();
                Shadowed.assertIdentical(cluster, link);
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
    }

    /** The engine talks to its source and to nobody else. */
    private static Set<String> ports(final KafkaCluster cluster)
    {
        final Set<String> ports = new TreeSet<>();
        for (final String server : cluster.bootstrapServers().split(","))
        {
            ports.add(server.substring(server.lastIndexOf(':') + 1));
        }
        return ports;
    }

    private static boolean grown(final Map<String, Long> before, final Map<String, Long> now, final int broker)
    {
        final String suffix = " broker " + broker + " fetched bytes";
        return sum(now, suffix) > sum(before, suffix);
    }

    private static long sum(final Map<String, Long> counters, final String suffix)
    {
        return counters.entrySet().stream()
            .filter((entry) -> entry.getKey().endsWith(suffix))
            .mapToLong(Map.Entry::getValue)
            .sum();
    }

    private static Set<String> threads(final long pid) throws IOException
    {
        final Set<String> names = new TreeSet<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task")))
        {
            for (final Path task : tasks.toList())
            {
                names.add(Files.readString(task.resolve("comm")).trim());
            }
        }
        return names;
    }
}
