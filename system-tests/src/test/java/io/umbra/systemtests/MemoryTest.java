package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A source much larger than the engine's memory. The engine has 256 MiB of heap and as much of direct memory, and
 * ends at once when either is not enough ({@code -XX:+ExitOnOutOfMemoryError}).
 */
class MemoryTest
{
    private static final int TOPICS = 10;
    private static final int PARTITIONS = 6;
    private static final long MIB = 1 << 20;
    /** Heap and direct memory, and what a JVM needs besides: code, metaspace, stacks, the collector's own. */
    private static final long ANONYMOUS_LIMIT = (256 + 256 + 192) * MIB;
    private static final long POLL_NS = 20_000_000L;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private void catchUp(final long bytes) throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")).quickStart(false)))
        {
            fill(cluster, bytes);
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config);
                MemorySampler sampler = new MemorySampler(engine.pid()))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(cluster, link);
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
                final long peak = sampler.peakBytes();
                assertTrue(peak > 0 && peak < ANONYMOUS_LIMIT, () -> peak / MIB + " MiB of anonymous memory");
            }
            LedgerView.read(config).assertContiguous();
        }
    }

    private static void fill(final KafkaCluster cluster, final long bytes)
    {
        final Workload.Context context = new Workload.Context()
            .cluster(cluster)
            .variants(List.of(
                new ProducerVariant("none", ProducerVariant.Mode.PLAIN),
                new ProducerVariant("none", ProducerVariant.Mode.IDEMPOTENT)))
            .recordBytes(1000, 200_000)
            .producerProperty("batch.size", "131072");
        for (int i = 0; i < TOPICS; i++)
        {
            context.topic(TopicSpec.of("topic-" + i, PARTITIONS));
        }
        try (Workload workload = new Workload(context))
        {
            workload.createTopics().start();
            workload.awaitBytes(bytes);
            workload.stop();
        }
    }

    @Test
    void catchesUpWithMoreThanItsMemory() throws Exception
    {
        catchUp(512 * MIB);
    }

    @Test
    @Tag("soak")
    void catchesUpWithMuchMoreThanItsMemory() throws Exception
    {
        catchUp(4096 * MIB);
    }

    @Test
    void tooLittleSharedMemoryIsSaidAtTheStart() throws Exception
    {
        MountNamespace.assumeAvailable();
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster"))))
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster).set("shards", "2");
            try (EngineProcess engine = new EngineLauncher(dir)
                .inMountNamespace("mount -t tmpfs -o size=4m tmpfs /dev/shm")
                .start(link.write()))
            {
                assertEquals(2, engine.awaitExit(), engine::stderr);
                final List<String> lines = engine.stderr().lines().filter((line) -> !line.isBlank()).toList();
                assertEquals(1, lines.size(), engine::stderr);
                // Where, and how much it takes.
                assertTrue(lines.get(0).contains("/dev/shm"), engine::stderr);
                assertTrue(lines.get(0).matches(".*\\d+ ?(bytes|[KMG]i?B).*"), engine::stderr);
            }
        }
    }

    /** Reads, on a thread of its own, how much anonymous memory a process has; keeps the largest value. Linux only. */
    private static final class MemorySampler implements AutoCloseable
    {
        private final Path status;
        private final AtomicLong peak = new AtomicLong();
        private final AtomicBoolean running = new AtomicBoolean(true);
        private final Thread thread = new Thread(this::sample, "memory-sampler");

        MemorySampler(final long pid)
        {
            status = Path.of("/proc", Long.toString(pid), "status");
            thread.setDaemon(true);
            thread.start();
        }

        private void sample()
        {
            while (running.get())
            {
                try
                {
                    Files.readAllLines(status).stream()
                        .filter((line) -> line.startsWith("RssAnon:"))
                        .mapToLong((line) -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                        .forEach((bytes) -> peak.accumulateAndGet(bytes, Math::max));
                }
                catch (final NoSuchFileException ex)
                {
                    return;
                }
                catch (final IOException ex)
                {
                    // The process ended between opening and reading.
                    running.set(false);
                }
                LockSupport.parkNanos(POLL_NS);
            }
        }

        long peakBytes()
        {
            return peak.get();
        }

        @Override
        public void close()
        {
            running.set(false);
        }
    }
}
