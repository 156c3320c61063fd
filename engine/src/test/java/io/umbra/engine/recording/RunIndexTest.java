package io.umbra.engine.recording;

import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.transport.recording.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RunIndexTest
{
    private static final LedgerPartition A0 = new LedgerPartition("a", 0, new UUID(1, 2));
    private static final LedgerPartition B1 = new LedgerPartition("b.c_d", 1, new UUID(3, 4));

    @TempDir
    private Path dir;

    private static Run run(final long startTimeMs, final long position)
    {
        return new Run(startTimeMs, "link", 0, 4096, true, null,
            List.of(new Run.Stream(0, 0, position), new Run.Stream(1, 5, position)), Map.of());
    }

    private static Recording recording(final long id, final long start, final long stop)
    {
        return new Recording(id, 1001, start, stop, 0, 0, 0, 1 << 16, 1 << 16, 1408);
    }

    @Test
    void whatIsWrittenIsReadWhileMoreComes() throws IOException
    {
        assertEquals(List.of(), RunIndex.read(dir));
        try (RunIndexWriter writer = RunIndexWriter.begin(dir, run(7, 0), List.of()))
        {
            assertEquals(List.of(run(7, 0)), RunIndex.read(dir));
            writer.cluster("cluster");
            writer.partition(0, A0);
            writer.partition(3, B1);
        }
        final Run read = RunIndex.read(dir).get(0);
        assertEquals("cluster", read.clusterId());
        assertEquals(Map.of(0, A0, 3, B1), read.partitions());
        assertEquals(5, read.stream(5).recordingId());
        assertNull(read.stream(6));
    }

    @Test
    void runsOfWhichNothingIsRecordedAnyMoreAreForgotten() throws IOException
    {
        final List<Recording> all = List.of(recording(0, 0, 1000));
        RunIndexWriter.begin(dir, run(1, 0), all).close();
        RunIndexWriter.begin(dir, run(2, 100), all).close();
        RunIndexWriter.begin(dir, run(3, 200), all).close();
        assertEquals(List.of(run(1, 0), run(2, 100), run(3, 200)), RunIndex.read(dir));
        RunIndexWriter.begin(dir, run(4, 300), List.of(recording(0, 150, 1000))).close();
        assertEquals(List.of(run(2, 100), run(3, 200), run(4, 300)), RunIndex.read(dir));
        // One that has just begun is there, though it has nothing yet.
        RunIndexWriter.begin(dir, run(5, 1000), List.of()).close();
        assertEquals(List.of(run(5, 1000)), RunIndex.read(dir));
    }

    @Test
    void aLineThatWasBeingWrittenDoesNotCount() throws IOException
    {
        try (RunIndexWriter writer = RunIndexWriter.begin(dir, run(7, 0), List.of()))
        {
            writer.partition(0, A0);
        }
        Files.writeString(dir.resolve(RunIndex.FILE), "partition\t1\t0000", StandardOpenOption.APPEND);
        assertEquals(Map.of(0, A0), RunIndex.read(dir).get(0).partitions());
    }

    @Test
    void whatIsNotUnderstoodIsSaid() throws IOException
    {
        final Path file = dir.resolve(RunIndex.FILE);
        Files.writeString(file, "umbra-runs 2\n");
        assertTrue(assertThrows(IOException.class, () -> RunIndex.read(dir)).getMessage().contains("umbra-runs 2"));
        Files.writeString(file, "umbra-runs 1\nrun\t7\t0\t4096\tmirror\tlink\nstream\t0\tx\t0\n");
        assertTrue(assertThrows(IOException.class, () -> RunIndex.read(dir)).getMessage().contains("line 3"));
        Files.writeString(file, "umbra-runs 1\nstream\t0\t0\t0\n");
        assertThrows(IOException.class, () -> RunIndex.read(dir));
    }

    @Test
    void spansDivideARecordingAmongTheRuns()
    {
        final List<Span> spans = Span.of(
            List.of(run(1, 100), run(2, 500)), List.of(recording(0, 50, 1000), recording(5, 200, -1)));
        assertEquals(List.of(
            new Span(null, recording(0, 50, 1000), 50, 100),
            new Span(run(1, 100), recording(0, 50, 1000), 100, 500),
            new Span(run(1, 100), recording(5, 200, -1), 200, 500),
            new Span(run(2, 500), recording(0, 50, 1000), 500, 1000),
            new Span(run(2, 500), recording(5, 200, -1), 500, Long.MAX_VALUE)), spans);
    }
}
