package io.umbra.engine.scrub;

import io.umbra.engine.config.ScrubSettings;
import io.umbra.engine.source.SourceEvents;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.ScrubStatusFile;
import io.umbra.engine.status.StatusReport;
import io.umbra.engine.verify.CleanupPolicy;
import io.umbra.engine.verify.SimulatedSource;
import io.umbra.engine.verify.SourcePartition;
import io.umbra.journal.AppendResult;
import io.umbra.journal.BatchBytes;
import io.umbra.journal.Incident;
import io.umbra.journal.Incidents;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import io.umbra.journal.Promotion;
import io.umbra.journal.Promotions;
import org.agrona.concurrent.CachedEpochClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import static io.umbra.engine.verify.SimulatedSource.batch;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ScrubberTest
{
    private static final int BATCHES = 100;
    private static final int RECORDS = 5;
    private static final int SEGMENT_BYTES = 12_000;
    private static final long INTERVAL_MS = 60_000;
    private static final long UNLIMITED = Long.MAX_VALUE;
    private static final int MANY_STEPS = 10_000;

    @TempDir
    private Path journalDir;
    private final SimulatedSource source = new SimulatedSource();
    private final CachedEpochClock clock = new CachedEpochClock();
    private final List<String> events = new ArrayList<>();
    private PartitionTable table;
    private Scrubber scrubber;

    @BeforeEach
    void twoPartitions() throws Exception
    {
        clock.update(1_700_000_000_000L);
        table = PartitionTable.create(journalDir, "east", 0, clock.time());
        for (int i = 0; i < 2; i++)
        {
            final SourcePartition name = SimulatedSource.name("orders", i);
            final SimulatedSource.Partition partition = source.add(name);
            for (int j = 0; j < BATCHES; j++)
            {
                partition.batches.add(batch((long)j * RECORDS, RECORDS, 1, 400));
            }
            partition.highWatermark = (long)BATCHES * RECORDS;
            shadow(name, partition.batches);
        }
    }

    @AfterEach
    void close() throws IOException
    {
        table.close();
    }

    private void shadow(final SourcePartition name, final List<byte[]> batches) throws Exception
    {
        try (PartitionLog log = PartitionLog.open(new PartitionLogContext()
            .journalDir(journalDir)
            .partition(name.topic(), name.partition())
            .topicId(SimulatedSource.TOPIC_ID)
            .segmentBytes(SEGMENT_BYTES)))
        {
            log.startAt(0);
            final BatchBytes bytes = new BatchBytes();
            final AppendResult result = new AppendResult();
            for (final byte[] batch : batches)
            {
                bytes.reset();
                bytes.add(ByteBuffer.wrap(batch), 0, batch.length);
                log.append(bytes, result);
            }
        }
    }

    private void start(final boolean isCompared)
    {
        scrubber = new Scrubber(new Scrubber.Context(
            journalDir, new ScrubSettings(true, isCompared, UNLIMITED, INTERVAL_MS), isCompared ? source : null,
            () -> {}, new Incidents(journalDir), new Events(), clock));
        scrubber.onStart();
    }

    private StatusReport.Scrub status()
    {
        try
        {
            return ScrubStatusFile.read(journalDir);
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
    }

    /** From one pause to the next. */
    private StatusReport.Scrub runAPass()
    {
        final long before = status().pass();
        for (int i = 0; i < MANY_STEPS; i++)
        {
            scrubber.doWork();
            final StatusReport.Scrub status = status();
            if (status.pass() > before && StatusReport.Scrub.WAITING.equals(status.state()))
            {
                return status;
            }
        }
        throw new AssertionError("no pass has ended: " + status());
    }

    private List<Path> segments(final int partition) throws IOException
    {
        try (Stream<Path> files = Files.list(journalDir.resolve("orders-" + partition)))
        {
            return files.filter((file) -> file.toString().endsWith(".log")).sorted().toList();
        }
    }

    private static void flip(final Path file, final long position) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            final ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, position);
            one.put(0, (byte)(one.get(0) ^ 1));
            channel.write(one.rewind(), position);
        }
    }

    private long sealedBytes() throws IOException
    {
        long bytes = 0;
        for (int i = 0; i < 2; i++)
        {
            for (final Path file : segments(i).subList(0, segments(i).size() - 1))
            {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    @Test
    void aCleanPassReadsAllThatIsSealed() throws Exception
    {
        start(true);
        final StatusReport.Scrub status = runAPass();
        assertEquals(1, status.pass());
        assertEquals(sealedBytes(), status.progressBytes());
        assertEquals(sealedBytes(), status.totalBytes());
        assertEquals(sealedBytes(), status.comparedBytes());
        assertEquals(List.of(), status.findings());
        assertNotNull(status.lastCompleted());
        assertNull(status.error());
        assertNull(status.partition());
        assertEquals(List.of(), new Incidents(journalDir).open());
        clock.advance(INTERVAL_MS - 1);
        assertEquals(0, scrubber.doWork());
        clock.advance(1);
        assertEquals(2, runAPass().pass());
    }

    @Test
    void aFindingIsToldOnceAndStaysUntilItIsGone() throws Exception
    {
        final Path segment = segments(1).get(1);
        flip(segment, 100);
        start(false);
        final StatusReport.ScrubFinding finding = runAPass().findings().get(0);
        assertEquals("CORRUPT", finding.kind());
        assertEquals("orders", finding.topic());
        assertEquals(1, finding.partition());
        assertEquals(segment.getFileName().toString(), finding.segment());
        assertEquals(0, finding.position());
        assertEquals(segment.getFileName().toString(), String.format("%020d.log", finding.offset()));
        final List<Incident> incidents = new Incidents(journalDir).open();
        assertEquals(1, incidents.size());
        assertEquals(Incident.Kind.DAMAGE, incidents.get(0).kind());
        assertEquals(finding.offset(), incidents.get(0).fromOffset());
        assertEquals(finding.lastOffset() + 1, incidents.get(0).toOffset());
        assertEquals(1, events.stream().filter((event) -> event.contains("orders-1: CORRUPT")).count());

        new Incidents(journalDir).acknowledge((incident) -> true);
        clock.advance(INTERVAL_MS);
        assertEquals(List.of(finding), runAPass().findings());
        assertEquals(1, events.stream().filter((event) -> event.contains("orders-1: CORRUPT")).count());
        assertEquals(List.of(), new Incidents(journalDir).open());

        flip(segment, 100);
        clock.advance(INTERVAL_MS);
        assertEquals(List.of(), runAPass().findings());
    }

    @Test
    void whatIsSoundButNotTheSourcesIsADifference() throws Exception
    {
        final SimulatedSource.Partition other = source.add(SimulatedSource.name("orders", 1));
        for (int i = 0; i < BATCHES; i++)
        {
            other.batches.add(batch((long)i * RECORDS, RECORDS, 40 == i ? 2 : 1, 400));
        }
        other.highWatermark = (long)BATCHES * RECORDS;
        start(true);
        final StatusReport.Scrub status = runAPass();
        assertEquals(1, status.findings().size(), status::toString);
        assertEquals("CONTENT", status.findings().get(0).kind());
        assertEquals(40 * RECORDS, status.findings().get(0).offset());
        assertEquals(Incident.Kind.DIFFERENCE, new Incidents(journalDir).open().get(0).kind());
    }

    @Test
    void whatTheSourceHasNoLongerIsNotCompared() throws Exception
    {
        for (int i = 0; i < 2; i++)
        {
            final SimulatedSource.Partition partition = source.add(SimulatedSource.name("orders", i));
            partition.logStartOffset = (long)BATCHES * RECORDS;
            partition.highWatermark = (long)BATCHES * RECORDS;
        }
        start(true);
        final StatusReport.Scrub status = runAPass();
        assertEquals(0, status.comparedBytes());
        assertEquals(sealedBytes(), status.progressBytes());
        assertEquals(List.of(), status.findings());
        assertNull(status.error());
    }

    @Test
    void aSourceThatDoesNotAnswerHoldsNothingUp() throws Exception
    {
        source.failure = new IOException("no broker answers");
        flip(segments(0).get(0), 100);
        start(true);
        final StatusReport.Scrub status = runAPass();
        assertEquals(sealedBytes(), status.progressBytes());
        assertEquals(1, status.findings().size());
        assertTrue(status.error().contains("no broker answers"), status.error());
    }

    @Test
    void withoutTheCleanupPolicyNothingCanBeCompared()
    {
        source.policy = CleanupPolicy.unknown("needs DESCRIBE_CONFIGS");
        start(true);
        final StatusReport.Scrub status = runAPass();
        assertEquals(0, status.comparedBytes());
        assertTrue(status.error().contains("needs DESCRIBE_CONFIGS"), status.error());
    }

    @Test
    void aPassThatWasInterruptedGoesOn() throws Exception
    {
        flip(segments(0).get(0), 100);
        start(false);
        while (!"orders-1".equals(status().partition()))
        {
            clock.advance(INTERVAL_MS);
            assertEquals(1, scrubber.doWork());
        }
        scrubber.stop();
        assertEquals(0, scrubber.doWork());
        scrubber.onClose();
        final StatusReport.Scrub interrupted = status();
        assertEquals(1, interrupted.findings().size());

        start(false);
        assertEquals("orders-1", status().partition());
        final long[] steps = new long[1];
        while (null == status().lastCompleted())
        {
            assertEquals(1, scrubber.doWork());
            clock.advance(INTERVAL_MS);
            steps[0]++;
        }
        // Opening one partition, its segments, begin and end.
        assertEquals(segments(1).size() - 1 + 3, steps[0]);
        assertEquals(interrupted.pass(), status().pass());
        assertEquals(interrupted.findings(), status().findings());
        assertEquals(sealedBytes(), status().progressBytes());
    }

    @Test
    void aRestartKeepsTheInterval()
    {
        start(false);
        runAPass();
        clock.advance(INTERVAL_MS / 2);
        start(false);
        assertEquals(0, scrubber.doWork());
        clock.advance(INTERVAL_MS / 2);
        assertEquals(2, runAPass().pass());
    }

    @Test
    void whatWasPromotedIsLeftAlone() throws Exception
    {
        flip(segments(0).get(0), 100);
        new Promotions(journalDir).add(new Promotion("cluster-2", clock.time(), Path.of("/target"), true, List.of()));
        start(false);
        assertEquals(List.of(), runAPass().findings());
    }

    @Test
    void anEngineWithoutAScrubberSaysSo() throws Exception
    {
        flip(segments(0).get(0), 100);
        start(false);
        runAPass();
        Scrubber.disable(journalDir, new Events());
        assertEquals(StatusReport.Scrub.DISABLED, status().state());
        assertEquals(1, status().findings().size());
    }

    private final class Events implements SourceEvents
    {
        @Override
        public void info(final String message)
        {
            events.add(message);
        }

        @Override
        public void warn(final String message)
        {
            events.add(message);
        }
    }
}
