package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** From the command to the first acknowledged record takes ten seconds at most, and no longer for more data. */
@Tag("soak")
class PromotionSpeedTest
{
    private static final long LIMIT_MS = 10_000;
    private static final int PARTITIONS = 8;
    private static final int DRILLS = 2;

    @TempDir(cleanup = CleanupMode.ALWAYS)
    private Path dir;

    @ParameterizedTest
    @ValueSource(ints = {1, 20})
    void theFirstRecordIsAcknowledgedSoon(final int gibibytes) throws Exception
    {
        final LinkConfig link = new LinkConfig(dir);
        try (KafkaCluster source = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("source")).quickStart(false));
            Workload workload = new Workload(new Workload.Context()
                .cluster(source)
                .topic(TopicSpec.of("load", PARTITIONS))
                .variants(List.of(new ProducerVariant("none", ProducerVariant.Mode.IDEMPOTENT)))
                .recordBytes(10_000, 10_000)).createTopics();
            EngineProcess engine = new EngineLauncher(dir).start(link.source(source).write()))
        {
            engine.awaitReady();
            workload.start();
            workload.awaitBytes((long)gibibytes << 30);
            workload.stop();
            Shadowed.assertIdentical(source, link);
            engine.terminate();
        }
        for (int drill = 1; drill <= DRILLS; drill++)
        {
            promote(gibibytes + " GiB, drill " + drill, link, dir.resolve("drill-" + drill), List.of("--drill"));
        }
        promote(gibibytes + " GiB", link, dir.resolve("promoted"), List.of());
    }

    private void promote(
        final String what, final LinkConfig link, final Path target, final List<String> options) throws Exception
    {
        final PromotedNode node = new PromotedNode(target, 1);
        final List<String> arguments = new ArrayList<>(List.of("promote", "--start"));
        arguments.addAll(options);
        arguments.addAll(node.arguments(link.write()));
        final long beganNs = System.nanoTime();
        try (EngineProcess command = new EngineProcess(
            JavaCommand.umbra(List.of(), arguments), dir.resolve(target.getFileName() + ".err"));
            KafkaProducer<byte[], byte[]> producer = node.producer(Map.of("max.block.ms", "60000")))
        {
            producer.send(new ProducerRecord<>("load", 0, null, new byte[100])).get();
            final long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs);
            System.out.println("PromotionSpeedTest: " + what + ", first acknowledged record after " + tookMs +
                " ms; " + command.stdout().stream().filter((line) -> line.endsWith(" ms")).toList());
            assertTrue(tookMs <= LIMIT_MS, tookMs + " ms");
            command.terminate();
        }
    }
}
