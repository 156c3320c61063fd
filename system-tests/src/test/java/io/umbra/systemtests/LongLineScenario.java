package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A source at one end of a long line and an engine at the other, each in a network namespace of its own; this process
 * is in the source's. Started by {@link LongLineTest}; what fails here ends it with a stack trace.
 */
final class LongLineScenario
{
    private static final String TOPIC = "far-away";
    private static final String BACKLOG = "backlog";
    private static final long BACKLOG_BYTES = 24 << 20;
    private static final int PARTITIONS = 3;
    private static final List<ProducerVariant> VARIANTS = List.of(
        new ProducerVariant("none", ProducerVariant.Mode.IDEMPOTENT),
        new ProducerVariant("lz4", ProducerVariant.Mode.TRANSACTIONAL));
    private static final long ONE_WAY_MS = 50;
    private static final double LOSS = 0.001;
    private static final long SOME_BYTES = 2 << 20;
    private static final int SOME_LOSSES = 10;
    private static final long CLOCK_TICKS_PER_S = 100;

    private final Path dir;
    private final EmulatedLink line;
    private final KafkaCluster cluster;
    private final LinkConfig link;

    private LongLineScenario(final Path dir, final EmulatedLink line, final KafkaCluster cluster)
    {
        this.dir = dir;
        this.line = line;
        this.cluster = cluster;
        link = new LinkConfig(dir).source(cluster)
            .set("source.request.timeout.ms", "3000");
    }

    /**
     * Runs it.
     *
     * @param arguments work directory; for how many seconds to cut the line, 0 for until it is noticed.
     * @throws Exception if it fails.
     */
    public static void main(final String[] arguments) throws Exception
    {
        final Path dir = Path.of(arguments[0]);
        try (EmulatedLink line = new EmulatedLink();
            KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context()
                .baseDir(dir.resolve("cluster"))
                .listenOn(EmulatedLink.NEAR)))
        {
            new LongLineScenario(dir, line, cluster).run(Long.parseLong(arguments[1]));
        }
    }

    private void run(final long cutSeconds) throws Exception
    {
        writeBacklog();
        line.delayMs(ONE_WAY_MS);
        line.loss(LOSS);
        final Path config = link.write();
        try (Workload workload = new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of(TOPIC, PARTITIONS))
            .variants(VARIANTS)
            .bytesPerSecond(1 << 18));
            EngineProcess engine = new EngineLauncher(dir).inNetworkOf(line.farPid()).start(config))
        {
            workload.createTopics().start();
            engine.awaitReady();
            lossy(workload);
            cut(workload, engine, cutSeconds);
            halfOpen(workload);
            SourceRecords.write(cluster, TOPIC, 0, 20);
            Shadowed.assertIdentical(cluster, link);
            LinkStatus.awaitActive(link);
            UmbraCommand.assertVerified(config);
            assertEquals(0, engine.terminate(), engine::stderrTail);
            assertEquals(List.of(), engine.unexpectedLines());
        }
        LedgerView.read(config).assertContiguous();
    }

    /** As much as the line does not bring in one response before that is given up. */
    private void writeBacklog()
    {
        try (Workload workload = new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of(BACKLOG, PARTITIONS))
            .variants(VARIANTS)))
        {
            workload.createTopics().start().awaitBytes(BACKLOG_BYTES);
            workload.stop();
        }
    }

    private void lossy(final Workload workload) throws Exception
    {
        workload.awaitBytes(SOME_BYTES);
        Await.until(() -> line.lost() > SOME_LOSSES, () -> line.lost() + " packets lost");
        LinkStatus.awaitBeyond(link, LinkStatus.ends(link));
        System.out.printf("%d bytes over the line, %d packets lost%n", workload.bytesSent(), line.lost());
    }

    /** Nothing gets through, and nobody says so. */
    private void cut(final Workload workload, final EngineProcess engine, final long seconds) throws Exception
    {
        final long sent = line.sentByFar();
        final long ticks = processorTicks(engine);
        final long beginNs = System.nanoTime();
        line.cut(true);
        Await.until(this::isNoticed, engine::stderrTail);
        while (System.nanoTime() - beginNs < seconds * 1_000_000_000L)
        {
            LockSupport.parkNanos(1_000_000_000L);
        }
        final double lastedS = (System.nanoTime() - beginNs) / 1e9;
        final double packetsPerS = (line.sentByFar() - sent) / lastedS;
        final double cores = (processorTicks(engine) - ticks) / (CLOCK_TICKS_PER_S * lastedS);
        System.out.printf("cut for %.1f s: %.1f packets/s, %.2f cores%n", lastedS, packetsPerS, cores);
        // Some connections that are tried again, each with a few packets: no hot loop.
        assertTrue(packetsPerS < 100, () -> packetsPerS + " packets/s");
        assertTrue(0 == seconds || cores < 0.25, () -> cores + " cores");
        line.cut(false);
        LinkStatus.awaitActive(link);
        LinkStatus.awaitBeyond(link, LinkStatus.ends(link));
        workload.stop();
    }

    private boolean isNoticed() throws Exception
    {
        return LinkStatus.partitions(link).values().stream().allMatch((partition) ->
            "RETRYING".equals(partition.get("state").asText()) &&
                partition.get("error").asText().contains("broker 1 at " + EmulatedLink.NEAR));
    }

    /** The source forgets its end of the connections, and the engine cannot hear of it. */
    private void halfOpen(final Workload workload) throws Exception
    {
        Shadowed.assertIdentical(cluster, link);
        LinkStatus.awaitActive(link);
        line.cut(true);
        cluster.kill(1);
        cluster.restart(1);
        line.cut(false);
        SourceRecords.write(cluster, TOPIC, 0, 20);
    }

    /** User and system time of all its threads. */
    private static long processorTicks(final EngineProcess engine) throws Exception
    {
        final String stat = Files.readString(Path.of("/proc", Long.toString(engine.pid()), "stat"));
        final String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }
}
