package io.umbra.engine.demo;

import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.engine.status.PartitionTable;
import io.umbra.rig.FreePorts;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.NumberedTopic;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The demo's last act: a consumer group stops in the middle of a topic, the source dies under load, the shadow is
 * promoted, and the group reads on at its next record, from a stock broker.
 */
final class Failover
{
    private static final TopicSpec TOPIC_SPEC = TopicSpec.of("invoices", 1);
    private static final String TOPIC = TOPIC_SPEC.name();
    private static final String GROUP = "billing";
    private static final long READ_BEFORE = 500;
    private static final long WRITTEN_AFTER = 2_000;
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration END_PAUSE = Duration.ofSeconds(2);
    private static final long STOP_TIMEOUT_MS = 60_000;

    private final KafkaCluster source;
    private final DemoEngine engine;
    private final Path folder;
    private final Path journalDir;
    private final DemoOutput output;
    private final Consumer<BooleanSupplier> waiting;

    /**
     * Nothing is done yet.
     *
     * @param source     cluster that is to die.
     * @param engine     that shadows it.
     * @param folder     of the demo.
     * @param journalDir of the engine.
     * @param output     to tell the story.
     * @param waiting    waits until a condition holds.
     */
    Failover(
        final KafkaCluster source,
        final DemoEngine engine,
        final Path folder,
        final Path journalDir,
        final DemoOutput output,
        final Consumer<BooleanSupplier> waiting)
    {
        this.source = source;
        this.engine = engine;
        this.folder = folder;
        this.journalDir = journalDir;
        this.output = output;
        this.waiting = waiting;
    }

    /** When it returns, source and promoted broker are gone, and the engine runs still. */
    DemoResult.Failover run()
    {
        new Workload(new Workload.Context().cluster(source).topic(TOPIC_SPEC)).createTopics();
        final long committed;
        final long acknowledged;
        final long killedMs;
        try (NumberedTopic invoices = new NumberedTopic(source.internalProperties(), TOPIC))
        {
            invoices.start();
            committed = readBefore();
            final long enough = committed + WRITTEN_AFTER;
            waiting.accept(() -> invoices.acknowledged() >= enough && isShadowed(committed + 1));
            killedMs = System.currentTimeMillis();
            source.ids().forEach(source::kill);
            acknowledged = invoices.acknowledged();
        }
        output.say("Source: kill -9 of all its brokers; it had acknowledged " + acknowledged + " records of " + TOPIC);

        final String address = "127.0.0.1:" + FreePorts.next();
        try (UmbraProcess promotion = engine.run("promote",
            "--target", folder.resolve("promoted").toString(), "--node-id", "1",
            "--listeners", "PLAINTEXT://" + address,
            "--controller-listener", "CONTROLLER://127.0.0.1:" + FreePorts.next(),
            "--set", "group.initial.rebalance.delay.ms=0", "--start"))
        {
            waiting.accept(() ->
            {
                promotion.checkAlive();
                return promotion.output().lines().anyMatch((line) -> line.startsWith("started"));
            });
            output.say("Promoted: a stock Kafka broker serves the shadow at " + address);
            final DemoResult.Failover result = readAfter(address, committed, acknowledged, killedMs);
            if (!promotion.terminate(STOP_TIMEOUT_MS))
            {
                throw promotion.failed("did not stop within 60 s of SIGTERM");
            }
            return result;
        }
    }

    /** Returns the position of the group, once the shadow knows of it. */
    private long readBefore()
    {
        final NumberedTopic.Reading before = NumberedTopic.read(
            source.internalProperties(), TOPIC, GROUP, READ_BEFORE, READ_TIMEOUT, READ_TIMEOUT);
        output.say("Consumer: group " + GROUP + " stops in the middle of " + TOPIC + ", before record " +
            before.next());
        waiting.accept(() -> MetadataHistory.read(journalDir, Long.MAX_VALUE).groupOffsets().stream().anyMatch(
            (offset) -> GROUP.equals(offset.groupId()) && TOPIC.equals(offset.topic()) &&
                offset.offset() == before.next()));
        return before.next();
    }

    private boolean isShadowed(final long endOffset)
    {
        try (PartitionTable table = PartitionTable.openReadOnly(journalDir))
        {
            for (int index = 0; index < table.rowCount(); index++)
            {
                if (TOPIC.equals(table.topic(index)))
                {
                    return table.journalEndOffset(index) >= endOffset;
                }
            }
            return false;
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    private DemoResult.Failover readAfter(
        final String address, final long committed, final long acknowledged, final long killedMs)
    {
        final Properties client = new Properties();
        client.setProperty("bootstrap.servers", address);
        final NumberedTopic.Reading after = NumberedTopic.read(
            client, TOPIC, GROUP, Long.MAX_VALUE, READ_TIMEOUT, END_PAUSE);
        output.say("Consumer: group " + GROUP + " reads on at record " + after.first() + ", to " + (after.next() - 1));
        return new DemoResult.Failover(
            Math.max(0, acknowledged - after.next()), after.firstMs() - killedMs,
            after.first() == committed && after.isInOrder());
    }
}
