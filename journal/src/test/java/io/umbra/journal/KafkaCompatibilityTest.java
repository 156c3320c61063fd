package io.umbra.journal;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.tools.DumpLogSegments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The files are those that Kafka itself writes for the same batches; its tools read them, and its own log opens them.
 */
class KafkaCompatibilityTest
{
    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyFileIsWhatKafkaWrites(final long seed) throws Exception
    {
        final List<ByteBuffer> batches = TestBatches.generate(seed, 250);
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir).stateIntervalBytes(2000)))
        {
            final KafkaLog opened = KafkaLog.open(dir.resolve("kafka/orders-3"), true);
            final UnifiedLog kafka = opened.log();
            for (int i = 0; i < batches.size(); i++)
            {
                kafka.appendAsFollower(MemoryRecords.readableRecords(batches.get(i).duplicate()), Integer.MAX_VALUE);
                kafka.updateHighWatermark(kafka.logEndOffset());
                TestLogs.append(log, batches.get(i));
                assertEquals(kafka.logEndOffset(), log.endOffset());
                assertEquals(kafka.lastStableOffset(), log.lastStableOffset(), "batch " + i);
                assertEquals(kafka.latestEpoch().orElse(-1), log.lastEpoch());
                if (i % 20 == 0)
                {
                    TestLogs.flush(log);
                }
            }
            opened.close();
        }
        final Map<String, byte[]> expected = TestLogs.files(dir.resolve("kafka/orders-3"));
        final Map<String, byte[]> actual = TestLogs.files(dir.resolve("orders-3"));
        actual.remove(DigestAnchors.FILE_NAME);
        assertEquals(String.join("\n", expected.keySet()), String.join("\n", actual.keySet()));
        assertTrue(expected.keySet().stream().anyMatch((name) -> name.endsWith(".txnindex")));
        assertTrue(expected.keySet().stream().filter((name) -> name.endsWith(".snapshot")).count() > 5);
        expected.forEach((name, content) -> assertArrayEquals(content, actual.get(name), name));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void kafkaOpensWhatACrashLeftAndWhatWasClosed(final long seed) throws Exception
    {
        try (WrittenLog written = new WrittenLog(seed, 200, 150, 3000))
        {
            for (final boolean clean : new boolean[] {false, true})
            {
                final Path journal = written.copyOfCrashed();
                if (clean)
                {
                    PartitionLog.open(written.recovery(journal)).close();
                }
                final KafkaLog opened = KafkaLog.open(WrittenLog.partition(journal), clean);
                final UnifiedLog kafka = opened.log();
                assertEquals(written.endOffset(), kafka.logEndOffset());
                assertEquals(Optional.of(KafkaLog.TOPIC_ID), kafka.topicId());
                kafka.updateHighWatermark(kafka.logEndOffset());
                final PartitionLog log = PartitionLog.open(written.recovery(written.copyOfCrashed()));
                assertEquals(log.lastStableOffset(), kafka.lastStableOffset());
                assertEquals(log.lastEpoch(), kafka.latestEpoch().orElseThrow());
                kafka.appendAsLeader(
                    MemoryRecords.withRecords(
                        Compression.NONE, new SimpleRecord("on".getBytes(StandardCharsets.UTF_8))),
                    log.lastEpoch() + 1);
                assertEquals(written.endOffset() + 1, kafka.logEndOffset());
                log.close();
                opened.close();
            }
        }
    }

    private static String dump(final List<String> arguments) throws Exception
    {
        final PrintStream out = System.out;
        final PrintStream err = System.err;
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        final ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Exit.setExitProcedure(
            (status, message) ->
            {
                throw new IllegalStateException("exit " + status + ": " + message);
            });
        try (PrintStream capturedOut = new PrintStream(output, true, StandardCharsets.UTF_8);
            PrintStream capturedErr = new PrintStream(errors, true, StandardCharsets.UTF_8))
        {
            System.setOut(capturedOut);
            System.setErr(capturedErr);
            DumpLogSegments.main(arguments.toArray(new String[0]));
        }
        finally
        {
            System.setOut(out);
            System.setErr(err);
            Exit.resetExitProcedure();
        }
        // The tool takes the first record of every segment but 0 for a gap; any other line is a complaint.
        assertEquals(
            List.of(),
            errors.toString(StandardCharsets.UTF_8).lines()
                .filter((line) -> !line.startsWith("Non-consecutive offsets in "))
                .filter((line) -> !line.startsWith("  -1 is followed by "))
                .toList());
        return output.toString(StandardCharsets.UTF_8);
    }

    private static void assertDumps(final Path partition) throws Exception
    {
        final StringBuilder all = new StringBuilder();
        final StringBuilder indexes = new StringBuilder();
        for (final String name : TestLogs.files(partition).keySet())
        {
            if (name.startsWith("0"))
            {
                all.append(all.isEmpty() ? "" : ",").append(partition.resolve(name));
                if (name.endsWith("index") && !name.endsWith(".txnindex"))
                {
                    indexes.append(indexes.isEmpty() ? "" : ",").append(partition.resolve(name));
                }
            }
        }
        final String dumped = dump(List.of("--deep-iteration", "--files", all.toString()));
        assertFalse(dumped.contains("invalid bytes"), dumped);
        assertFalse(dumped.contains("isvalid: false"), dumped);
        assertTrue(dumped.contains("isvalid: true"), dumped);
        final String checked = dump(List.of("--index-sanity-check", "--files", indexes.toString()));
        final long indexFiles = indexes.chars().filter((c) -> c == ',').count() + 1;
        assertEquals(
            indexFiles,
            checked.lines()
                .filter((line) -> line.endsWith("passed sanity check.") || line.endsWith("is empty.")).count(),
            checked);
        dump(List.of("--verify-index-only", "--files", indexes.toString()));
    }

    @Test
    void stockDumpLogSegmentsPassesAtAnyMoment() throws Exception
    {
        // Non-consecutive offsets are an error to the tool.
        final List<ByteBuffer> batches = new TestBatches(31, 0).withoutGaps().add(300).batches().stream()
            .filter((batch) -> TestBatches.header(batch).count > 0).toList();
        final List<ByteBuffer> consecutive = consecutive(batches);
        try (PartitionLog log = PartitionLog.open(TestLogs.context(dir)))
        {
            for (int i = 0; i < consecutive.size(); i++)
            {
                TestLogs.append(log, consecutive.get(i));
                if (i % 25 == 24)
                {
                    assertDumps(log.directory());
                    TestLogs.flush(log);
                    assertDumps(log.directory());
                }
            }
            log.truncateTo(TestBatches.header(consecutive.get(130)).baseOffset);
            assertDumps(log.directory());
            TestLogs.append(log, consecutive.subList(130, 180));
        }
        assertDumps(dir.resolve("orders-3"));
    }

    /** The same batches without gaps between them; base offsets are outside of the CRC. */
    private static List<ByteBuffer> consecutive(final List<ByteBuffer> batches)
    {
        long next = 0;
        for (final ByteBuffer batch : batches)
        {
            batch.putLong(0, next);
            next = TestBatches.header(batch).lastOffset() + 1;
        }
        return batches;
    }

    @Test
    void stockDumpLogSegmentsPassesAfterRecovery() throws Exception
    {
        final List<ByteBuffer> batches = consecutive(
            new TestBatches(32, 0).withoutGaps().add(200).batches().stream()
                .filter((batch) -> TestBatches.header(batch).count > 0).toList());
        final PartitionLog log = PartitionLog.open(TestLogs.context(dir));
        TestLogs.append(log, batches);
        final Path crashed = dir.resolve("crashed");
        TestLogs.copy(log.directory(), crashed.resolve("orders-3"));
        log.close();
        final List<Path> logs = WrittenLog.files(crashed, ".log");
        Files.write(logs.get(logs.size() - 1), new byte[333], java.nio.file.StandardOpenOption.APPEND);
        for (final Path index : WrittenLog.files(crashed, ".index"))
        {
            Files.delete(index);
        }
        try (PartitionLog recovered = PartitionLog.open(TestLogs.context(crashed)))
        {
            assertEquals(333, recovered.recoveryReport().cutBytes());
            assertDumps(recovered.directory());
        }
        assertDumps(crashed.resolve("orders-3"));
    }
}
