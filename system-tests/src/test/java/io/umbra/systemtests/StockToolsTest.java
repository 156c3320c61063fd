package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The judge is judged first: Kafka's own files pass, damaged ones do not. */
class StockToolsTest
{
    @TempDir
    private static Path clusterDir;
    private static Path brokerDir;

    @TempDir
    private Path copy;
    private Path partitionDir;

    @BeforeAll
    static void writeWithABroker() throws IOException
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(clusterDir));
            Workload workload = new Workload(new Workload.Context()
                .cluster(cluster)
                .topic(TopicSpec.of("t", 1).with("segment.bytes", "1048576").with("max.message.bytes", "1000000"))
                .variants(ProducerVariant.all())
                .recordsPerProducer(200)))
        {
            workload.createTopics().start().awaitEnd();
            cluster.stop(1);
            brokerDir = cluster.logDir(1).resolve("t-0");
        }
    }

    @BeforeEach
    void copyPartition() throws IOException
    {
        partitionDir = Files.createDirectory(copy.resolve("t-0"));
        try (Stream<Path> files = Files.list(brokerDir))
        {
            for (final Path file : files.toList())
            {
                Files.copy(file, partitionDir.resolve(file.getFileName()));
            }
        }
    }

    private StockTools.Verdict check() throws Exception
    {
        return StockTools.checkPartitions(List.of(partitionDir));
    }

    @Test
    void kafkasOwnFilesPass() throws Exception
    {
        final StockTools.Verdict verdict = check();
        assertEquals(List.of(), verdict.findings());
        final List<Path> segments = SegmentFile.of(partitionDir);
        assertTrue(segments.size() > 1, "wants several segments");
        long batches = 0;
        for (final Path segment : segments)
        {
            batches += new SegmentFile(segment).batches().size();
        }
        assertEquals(batches, verdict.batches());
        // The time index of the active segment may be without an entry until the next roll; the others are not.
        assertTrue(verdict.sane() >= 2 * (segments.size() - 1), verdict::toString);
    }

    @Test
    void aFlippedBitIsFound() throws Exception
    {
        final SegmentFile active = SegmentFile.active(partitionDir);
        SegmentFile.flipBit(active.file(), active.batches().get(0).middle());
        assertFalse(check().findings().isEmpty());
    }

    @Test
    void aTornBatchIsFound() throws Exception
    {
        final SegmentFile active = SegmentFile.active(partitionDir);
        SegmentFile.truncate(active.file(), active.last().position() + active.last().length() - 1);
        assertFalse(check().findings().isEmpty());
    }

    @Test
    void aMissingBatchIsFound() throws Exception
    {
        final SegmentFile first = new SegmentFile(SegmentFile.of(partitionDir).get(0));
        final SegmentFile.Batch gone = first.batches().get(first.batches().size() / 2);
        final byte[] bytes = Files.readAllBytes(first.file());
        final byte[] without = new byte[bytes.length - gone.length()];
        System.arraycopy(bytes, 0, without, 0, gone.position());
        System.arraycopy(bytes, gone.position() + gone.length(), without, gone.position(),
            without.length - gone.position());
        Files.write(first.file(), without);
        assertFalse(check().findings().isEmpty());
    }

    @Test
    void aTornIndexIsFound() throws Exception
    {
        final Path index = new SegmentFile(SegmentFile.of(partitionDir).get(0)).sibling(".index");
        SegmentFile.truncate(index, Files.size(index) - 3);
        assertFalse(check().findings().isEmpty());
    }

    @Test
    void aWrongIndexEntryIsFound() throws Exception
    {
        final Path index = new SegmentFile(SegmentFile.of(partitionDir).get(0)).sibling(".index");
        SegmentFile.flipBit(index, 3);
        assertFalse(check().findings().isEmpty());
    }

    @Test
    void aWrongTimeIndexEntryIsFound() throws Exception
    {
        final Path index = new SegmentFile(SegmentFile.of(partitionDir).get(0)).sibling(".timeindex");
        SegmentFile.flipBit(index, 7);
        assertFalse(check().findings().isEmpty());
    }
}
