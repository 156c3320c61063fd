package io.umbra.rig;

import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** With replication factor 3 a follower's log is the leader's, byte for byte: a shadow whose answer is known. */
class ShadowCheckTest
{
    private static final String TOPIC = "orders";
    private static final int PARTITIONS = 3;

    @TempDir
    private static Path clusterDir;
    private static KafkaCluster cluster;
    private static long recordsSent;

    @TempDir
    private Path copy;

    @BeforeAll
    static void fillThreeBrokers() throws Exception
    {
        cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(clusterDir).brokers(3));
        cluster.admin().createTopics(List.of(new NewTopic("empty", 1, (short) 1))).all().get();
        final Workload workload = new Workload(new Workload.Context()
            .cluster(cluster)
            .topic(TopicSpec.of(TOPIC, PARTITIONS).with("segment.bytes", "2097152"))
            .variants(ProducerVariant.all())
            .recordBytes(0, 1 << 20));
        try (workload)
        {
            workload.createTopics().start();
            workload.awaitRecords(500);
            workload.pause();
            final long atPause = workload.recordsSent();
            workload.resume();
            workload.awaitRecords(atPause + 1000);
            workload.stop();
            recordsSent = workload.recordsSent();
        }
    }

    @AfterAll
    static void stopBrokers()
    {
        cluster.close();
    }

    @BeforeEach
    void copyOneBroker() throws IOException
    {
        // At rest only once all replicas are in sync: the comparison with broker 2 itself waits for that.
        assertEquals(List.of(), check(cluster.logDir(2)).run());
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            final Path from = cluster.logDir(2).resolve(TOPIC + '-' + partition);
            final Path to = Files.createDirectory(copy.resolve(TOPIC + '-' + partition));
            try (Stream<Path> files = Files.list(from))
            {
                for (final Path file : files.toList())
                {
                    Files.copy(file, to.resolve(file.getFileName()));
                }
            }
        }
    }

    private static ShadowCheck check(final Path shadow)
    {
        return new ShadowCheck(cluster, shadow).topics(List.of(TOPIC)).deadline(Duration.ofSeconds(30));
    }

    private List<ShadowCheck.Difference> differencesOfCopy()
    {
        return check(copy).deadline(Duration.ZERO).run();
    }

    private List<Path> segments(final int partition) throws IOException
    {
        try (Stream<Path> files = Files.list(copy.resolve(TOPIC + '-' + partition)))
        {
            return files.filter((file) -> file.toString().endsWith(".log")).sorted().toList();
        }
    }

    @Test
    void everyFollowerIsIdentical()
    {
        for (final int id : cluster.ids())
        {
            assertEquals(List.of(), check(cluster.logDir(id)).run());
        }
    }

    @Test
    void aCopyIsIdenticalAndTheWorkloadIsInIt() throws IOException
    {
        assertEquals(List.of(), differencesOfCopy());
        long records = 0;
        for (int partition = 0; partition < PARTITIONS; partition++)
        {
            assertTrue(segments(partition).size() > 1, "wants several segments");
            records += LogScan.of(copy.resolve(TOPIC + '-' + partition)).endOffset();
        }
        // Control records come on top.
        assertTrue(records > recordsSent && recordsSent >= 1500, records + " offsets, " + recordsSent + " sent");
    }

    @Test
    void oneFlippedBitIsFoundAndNamed() throws IOException
    {
        final Path second = segments(1).get(1);
        final byte[] bytes = Files.readAllBytes(second);
        final int at = bytes.length / 2;
        bytes[at] ^= 0x10;
        Files.write(second, bytes);
        final List<ShadowCheck.Difference> differences = differencesOfCopy();
        assertEquals(1, differences.size(), differences::toString);
        assertEquals(TOPIC, differences.get(0).topic());
        assertEquals(1, differences.get(0).partition());
        assertEquals(Files.size(segments(1).get(0)) + at, differences.get(0).position());
        final long secondBase = Long.parseLong(second.getFileName().toString().replace(".log", ""));
        assertTrue(differences.get(0).offset() >= secondBase, differences::toString);
    }

    @Test
    void aLostTailIsFound() throws IOException
    {
        final List<Path> segments = segments(0);
        Files.delete(segments.get(segments.size() - 1));
        final List<ShadowCheck.Difference> differences = differencesOfCopy();
        assertEquals(1, differences.size(), differences::toString);
        assertTrue(differences.get(0).text().contains("ends at"), differences::toString);
    }

    @Test
    void aTornTailIsFound() throws IOException
    {
        final List<Path> segments = segments(0);
        final Path last = segments.get(segments.size() - 1);
        final byte[] bytes = Files.readAllBytes(last);
        Files.write(last, Arrays.copyOf(bytes, bytes.length - 1));
        assertEquals(1, differencesOfCopy().size());
    }

    @Test
    void bytesAfterTheEndAreFound() throws IOException
    {
        final List<Path> segments = segments(2);
        Files.write(segments.get(segments.size() - 1), new byte[7], StandardOpenOption.APPEND);
        final List<ShadowCheck.Difference> differences = differencesOfCopy();
        assertEquals(1, differences.size(), differences::toString);
        assertTrue(differences.get(0).text().contains("7 bytes"), differences::toString);
    }

    @Test
    void aMissingBeginningIsFoundUnlessAllowed() throws IOException
    {
        Files.delete(segments(0).get(0));
        final List<ShadowCheck.Difference> differences = differencesOfCopy();
        assertEquals(1, differences.size(), differences::toString);
        assertTrue(differences.get(0).text().contains("begins at"), differences::toString);
        assertEquals(List.of(), check(copy).allowLaterStart().run());
    }

    @Test
    void aMissingMiddleIsFound() throws IOException
    {
        Files.delete(segments(0).get(1));
        assertEquals(1, differencesOfCopy().size());
    }

    @Test
    void missingAndEmptyPartitionsAreFound() throws IOException
    {
        for (final Path segment : segments(0))
        {
            Files.write(segment, new byte[0]);
        }
        try (Stream<Path> files = Files.list(copy.resolve(TOPIC + "-1")))
        {
            for (final Path file : files.toList())
            {
                Files.delete(file);
            }
        }
        Files.delete(copy.resolve(TOPIC + "-1"));
        final List<ShadowCheck.Difference> differences = differencesOfCopy();
        assertEquals(2, differences.size(), differences::toString);
        assertTrue(differences.get(0).text().contains("empty"), differences::toString);
        assertTrue(differences.get(1).text().contains("does not exist"), differences::toString);
    }

    @Test
    void anEmptyPartitionOfTheSourceWantsADirectoryToo() throws IOException
    {
        final ShadowCheck check = new ShadowCheck(cluster, copy).topics(List.of("empty")).deadline(Duration.ZERO);
        assertEquals(1, check.run().size());
        Files.createDirectory(copy.resolve("empty-0"));
        assertEquals(List.of(), check.run());
    }

    @Test
    void preallocatedSpaceAtTheSourceIsNotData() throws IOException
    {
        final Path source = copy.resolve(TOPIC + "-0");
        final List<Path> segments = segments(0);
        Files.write(segments.get(segments.size() - 1), new byte[100_000], StandardOpenOption.APPEND);
        assertTrue(new LogCompare(false).compare(source, cluster.logDir(3).resolve(TOPIC + "-0")).isEmpty());
        assertTrue(new LogCompare(false).compare(cluster.logDir(3).resolve(TOPIC + "-0"), source).isPresent());
    }

    @Test
    void anUnknownTopicIsAnError()
    {
        final ShadowCheck check = new ShadowCheck(cluster, copy).topics(List.of("unknown"));
        assertThrows(IllegalStateException.class, check::run);
    }
}
