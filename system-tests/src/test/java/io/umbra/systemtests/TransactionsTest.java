package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Future;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Transactions of every fate; what the shadow knows of them is what the source's own files say. */
class TransactionsTest
{
    private static final int BROKERS = 3;
    private static final String TOPIC = "accounts";
    private static final int PARTITIONS = 3;
    private static final int HANGING_PARTITIONS = 2;
    private static final int SEGMENT_BYTES = 1 << 20;
    private static final int PRODUCERS = 4;
    private static final String TRANSACTION_VERSION = "transaction.version";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private final SplittableRandom random = new SplittableRandom(7);

    private static KafkaProducer<byte[], byte[]> transactional(final KafkaCluster cluster, final String id)
    {
        // As long as the broker allows: none of them ends by itself.
        final KafkaProducer<byte[], byte[]> producer =
            Producers.create(cluster, Map.of("transactional.id", id, "transaction.timeout.ms", "900000"));
        producer.initTransactions();
        return producer;
    }

    /** Records for the first partitions, acknowledged when this returns. */
    private void write(final KafkaProducer<byte[], byte[]> producer, final int partitions) throws Exception
    {
        final List<Future<?>> sent = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++)
        {
            final byte[] value = new byte[10_000];
            random.nextBytes(value);
            sent.add(producer.send(new ProducerRecord<>(TOPIC, partition, null, value)));
        }
        producer.flush();
        for (final Future<?> future : sent)
        {
            future.get();
        }
    }

    /** Producers whose transactions overlap in all partitions, and end in another order than they began. */
    private void interleave(final KafkaCluster cluster, final String prefix, final int rounds) throws Exception
    {
        final List<KafkaProducer<byte[], byte[]>> producers = new ArrayList<>();
        try
        {
            for (int i = 0; i < PRODUCERS; i++)
            {
                producers.add(transactional(cluster, prefix + i));
            }
            for (int round = 0; round < rounds; round++)
            {
                for (final KafkaProducer<byte[], byte[]> producer : producers)
                {
                    producer.beginTransaction();
                    write(producer, PARTITIONS);
                }
                for (int i = PRODUCERS - 1; i >= 0; i--)
                {
                    write(producers.get(i), 1 + i % PARTITIONS);
                    end(producers.get(i), 0 == (round + i) % 2);
                }
            }
        }
        finally
        {
            producers.forEach(KafkaProducer::close);
        }
    }

    private static void end(final KafkaProducer<byte[], byte[]> producer, final boolean commits)
    {
        if (commits)
        {
            producer.commitTransaction();
        }
        else
        {
            producer.abortTransaction();
        }
    }

    /** A second producer takes over, which aborts what the first has begun. */
    private void fence(final KafkaCluster cluster) throws Exception
    {
        final KafkaProducer<byte[], byte[]> first = transactional(cluster, "fenced");
        first.beginTransaction();
        write(first, PARTITIONS);
        try (KafkaProducer<byte[], byte[]> second = transactional(cluster, "fenced"))
        {
            second.beginTransaction();
            write(second, PARTITIONS);
            assertThrows(KafkaException.class, first::commitTransaction);
            second.commitTransaction();
        }
        first.close(Duration.ZERO);
    }

    private void abandon(final KafkaCluster cluster) throws Exception
    {
        final KafkaProducer<byte[], byte[]> producer = transactional(cluster, "hanging");
        producer.beginTransaction();
        write(producer, HANGING_PARTITIONS);
        // Without time to say that it gives up.
        producer.close(Duration.ZERO);
    }

    private static Workload workload(final KafkaCluster cluster)
    {
        return new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of(TOPIC, PARTITIONS)
                .replicas(BROKERS).with("segment.bytes", Integer.toString(SEGMENT_BYTES)))
            .variants(List.of(
                new ProducerVariant("none", ProducerVariant.Mode.TRANSACTIONAL),
                new ProducerVariant("lz4", ProducerVariant.Mode.TRANSACTIONAL),
                new ProducerVariant("zstd", ProducerVariant.Mode.IDEMPOTENT),
                new ProducerVariant("none", ProducerVariant.Mode.PLAIN)))
            .recordBytes(1000, 8000)
            .recordsPerProducer(500));
    }

    @Test
    void theShadowKnowsOfThemWhatItsSourceKnows() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster")).brokers(BROKERS));
            Workload workload = workload(cluster).createTopics())
        {
            assertEquals(2, cluster.admin().describeFeatures().featureMetadata().get()
                .finalizedFeatures().get(TRANSACTION_VERSION).maxVersionLevel());
            final LinkConfig link = new LinkConfig(dir).source(cluster)
                .set("journal.segment.bytes", Integer.toString(SEGMENT_BYTES));
            final Path config = link.write();
            try (KafkaProducer<byte[], byte[]> patient = transactional(cluster, "patient"))
            {
                try (EngineProcess engine = new EngineLauncher(dir).start(config))
                {
                    engine.awaitReady();
                    interleave(cluster, "early", 5);
                    patient.beginTransaction();
                    write(patient, PARTITIONS);
                    workload.start().awaitEnd();
                    fence(cluster);
                    // What is open now was begun before the crash, and ends after it.
                    Shadowed.assertIdentical(cluster, link);
                    engine.kill9();
                }
                abandon(cluster);
                try (EngineProcess engine = new EngineLauncher(dir).start(config))
                {
                    engine.awaitReady();
                    interleave(cluster, "late", 5);
                    write(patient, PARTITIONS);
                    patient.commitTransaction();
                    interleave(cluster, "last", 5);
                    Shadowed.assertIdentical(cluster, link);
                    awaitLastStableOffsetsShown(cluster, link);
                    assertEquals(0, engine.terminate(), engine::stderrTail);
                    assertEquals(List.of(), engine.unexpectedLines());
                }
            }
            UmbraCommand.assertVerified(config);
            assertLastStableOffsets(cluster, link.journalDir());
            // Of an engine that is stopped as well.
            awaitLastStableOffsetsShown(cluster, link);
            final StockTools.Verdict verdict =
                StockTools.checkPartitions(StockTools.partitionDirs(link.journalDir()));
            assertEquals(List.of(), verdict.findings());
            // The others hold the quorum: this one has the time to close its logs.
            cluster.stop(1);
            for (int partition = 0; partition < PARTITIONS; partition++)
            {
                final String name = TOPIC + '-' + partition;
                assertSameState(cluster.logDir(1).resolve(name), link.journalDir().resolve(name));
            }
        }
    }

    /** Up to which READ_COMMITTED consumers read, by partition. */
    private static Map<Integer, Long> lastStableOffsets(final KafkaCluster cluster) throws Exception
    {
        return latest(cluster, IsolationLevel.READ_COMMITTED);
    }

    private static Map<Integer, Long> latest(final KafkaCluster cluster, final IsolationLevel isolation)
        throws Exception
    {
        final Map<TopicPartition, OffsetSpec> asked = new TreeMap<>(
            (left, right) -> Integer.compare(left.partition(), right.partition()));
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            asked.put(new TopicPartition(TOPIC, partition), OffsetSpec.latest());
        }
        final Map<Integer, Long> offsets = new TreeMap<>();
        cluster.admin().listOffsets(asked, new ListOffsetsOptions(isolation)).all().get()
            .forEach((partition, result) -> offsets.put(partition.partition(), result.offset()));
        return offsets;
    }

    private static void assertLastStableOffsets(final KafkaCluster cluster, final Path journalDir) throws Exception
    {
        final Map<Integer, Long> ends = latest(cluster, IsolationLevel.READ_UNCOMMITTED);
        final Map<Integer, Long> implied = new TreeMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            final ProducerFiles files = new ProducerFiles(journalDir.resolve(TOPIC + '-' + partition));
            assertEquals(ends.get(partition), files.snapshotOffset());
            implied.put(partition, files.firstOpenTransaction().orElse(files.snapshotOffset()));
            assertEquals(partition < HANGING_PARTITIONS, implied.get(partition) < ends.get(partition));
        }
        assertEquals(lastStableOffsets(cluster), implied);
    }

    /** What {@code umbra status --json} shows follows the data a moment later. */
    private static void awaitLastStableOffsetsShown(final KafkaCluster cluster, final LinkConfig link)
        throws Exception
    {
        final Map<Integer, Long> expected = lastStableOffsets(cluster);
        final Map<Integer, Long> shown = new TreeMap<>();
        Await.until(
            () ->
            {
                for (int partition = 0; partition < PARTITIONS; partition++)
                {
                    shown.put(partition, LinkStatus.partitions(link).get(TOPIC + '-' + partition)
                        .path("lastStableOffset").asLong(-1));
                }
                return expected.equals(shown);
            },
            () -> "last stable offsets " + expected + ", but " + shown);
    }

    private static void assertSameState(final Path sourceDir, final Path shadowDir) throws Exception
    {
        assertTrue(SegmentFile.of(sourceDir).size() > 1, "wants several segments");
        final ProducerFiles source = new ProducerFiles(sourceDir);
        final ProducerFiles shadow = new ProducerFiles(shadowDir);
        assertEquals(source.snapshotOffset(), shadow.snapshotOffset());
        assertEquals(source.producers(), shadow.producers());
        final byte[] aborted = source.abortedTransactions();
        assertTrue(aborted.length > 0, "wants aborted transactions");
        assertArrayEquals(aborted, shadow.abortedTransactions());
        // Frames may begin segments elsewhere; those that are the same have the same index.
        for (final Path segment : SegmentFile.of(sourceDir))
        {
            final Path shadowed = shadowDir.resolve(segment.getFileName());
            if (Files.exists(shadowed) && Files.size(segment) == Files.size(shadowed))
            {
                assertArrayEquals(ProducerFiles.abortedTransactions(segment),
                    ProducerFiles.abortedTransactions(shadowed), segment.toString());
            }
        }
    }
}
