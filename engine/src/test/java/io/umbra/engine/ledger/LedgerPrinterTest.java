package io.umbra.engine.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.codecs.ledger.EngineEventType;
import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataTaskState;
import io.umbra.codecs.ledger.MetadataTaskType;
import io.umbra.codecs.ledger.PartitionStateType;
import io.umbra.journal.ledger.Ledger;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.journal.ledger.MetadataLedger;
import io.umbra.journal.ledger.MetadataState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LedgerPrinterTest
{
    /** 2026-11-23T10:00:00Z. */
    private static final long TEN_NS = 1_795_428_000_000_000_000L;
    private static final LedgerPartition ORDERS = new LedgerPartition("orders", 3, new UUID(1, 2));
    private static final LedgerPartition PAYMENTS = new LedgerPartition("payments", 0, new UUID(1, 3));

    @TempDir
    private Path directory;

    @Test
    void printsNothingWithoutALedger() throws IOException
    {
        final LedgerPrinter printer = new LedgerPrinter(directory.resolve("missing"));
        assertEquals("", text(printer, 10));
        assertEquals(0, json(printer, 10).size());
    }

    @Test
    void printsOneLineForEveryKindOfEntry() throws IOException
    {
        try (Ledger ledger = open(0))
        {
            ledger.engineEvent(EngineEventType.STARTED, TEN_NS);
            ledger.partitionOpened(7, ORDERS, 5, 1000, 255, TEN_NS + 1_000);
            commit(ledger, 7, 1000, TEN_NS + 2_500_000);
            ledger.recovered(7, 1042, 1050, 256, TEN_NS + 3_000_000);
            ledger.truncated(7, 1051, 1042, 257, TEN_NS + 4_000_000, "torn tail");
            ledger.partitionState(7, 1042, TEN_NS + 5_000_000, PartitionStateType.FAULTED, "bad CRC");
            ledger.partitionState(7, 1042, TEN_NS + 6_000_000, PartitionStateType.ACTIVE, "");
            ledger.logStart(7, 900, TEN_NS + 7_000_000);
            ledger.gap(7, 1042, 1100, TEN_NS + 7_500_000, "dropped");
            ledger.engineEvent(EngineEventType.STOPPED, TEN_NS + 8_000_000);
        }
        assertEquals(
            List.of(
                "2026-11-23T10:00:00.000000Z   0  -                             engine started",
                "2026-11-23T10:00:00.000001Z   0  orders-3                      opened, log 5 to 1000, " +
                    "digest 00000000000000ff, topic id 00000000-0000-0001-0000-000000000002",
                "2026-11-23T10:00:00.002500Z   0  orders-3                      1000..1041  42 records  " +
                    "4711 bytes at 0:17  epoch 2  broker 3  digest 0000000000000412  high watermark 2000  2.000 ms",
                "2026-11-23T10:00:00.003000Z   0  orders-3                      recovered 1042..1050, " +
                    "in the log without an entry, digest 0000000000000100",
                "2026-11-23T10:00:00.004000Z   0  orders-3                      truncated from 1051 to 1042, " +
                    "digest 0000000000000101: torn tail",
                "2026-11-23T10:00:00.005000Z   0  orders-3                      faulted at 1042: bad CRC",
                "2026-11-23T10:00:00.006000Z   0  orders-3                      active at 1042",
                "2026-11-23T10:00:00.007000Z   0  orders-3                      log start 900",
                "2026-11-23T10:00:00.007500Z   0  orders-3                      gap from 1042 to 1100: dropped",
                "2026-11-23T10:00:00.008000Z   0  -                             engine stopped"),
            text(new LedgerPrinter(directory), 100).lines().toList());
    }

    @Test
    void callsFieldsAsTheSchemaDoes() throws IOException
    {
        try (Ledger ledger = open(2))
        {
            ledger.partitionOpened(7, ORDERS, 5, 1000, 255, TEN_NS);
            commit(ledger, 7, 1000, TEN_NS + 2_500_000);
        }
        final JsonNode opened = json(new LedgerPrinter(directory), 2).get(0);
        assertEquals("PartitionOpened", opened.get("type").asText());
        assertEquals("00000000-0000-0001-0000-000000000002", opened.get("topicId").asText());
        assertEquals(5, opened.get("logStartOffset").asLong());
        assertEquals(1000, opened.get("endOffset").asLong());
        final JsonNode commit = json(new LedgerPrinter(directory), 2).get(1);
        assertEquals("Commit", commit.get("type").asText());
        assertEquals("2026-11-23T10:00:00.002500Z", commit.get("time").asText());
        assertEquals(TEN_NS + 2_500_000, commit.get("timeNs").asLong());
        assertEquals(1, commit.get("nodeId").asInt());
        assertEquals(2, commit.get("shard").asInt());
        assertEquals(7, commit.get("partitionIndex").asInt());
        assertEquals("orders", commit.get("topic").asText());
        assertEquals(3, commit.get("partition").asInt());
        assertEquals(1, commit.get("assignmentEpoch").asInt());
        assertEquals(2, commit.get("leaderEpoch").asInt());
        assertEquals(3, commit.get("leaderId").asInt());
        assertEquals(1000, commit.get("baseOffset").asLong());
        assertEquals(1041, commit.get("lastOffset").asLong());
        assertEquals(0, commit.get("segmentBaseOffset").asLong());
        assertEquals(17, commit.get("filePosition").asInt());
        assertEquals(4711, commit.get("length").asInt());
        assertEquals(42, commit.get("records").asInt());
        assertEquals("0000000000000412", commit.get("digest").asText());
        assertEquals(2000, commit.get("sourceHighWatermark").asLong());
        assertEquals(TEN_NS + 500_000, commit.get("fetchTimeNs").asLong());
        assertEquals(TEN_NS + 2_500_000, commit.get("commitTimeNs").asLong());
        assertEquals(1 + Long.parseLong(opened.get("index").asText(), 16),
            Long.parseLong(commit.get("index").asText(), 16));
    }

    @Test
    void mergesShardsByTheirTimesAndTakesTheLast() throws IOException
    {
        try (Ledger first = open(0); Ledger second = open(1))
        {
            first.partitionOpened(1, ORDERS, 0, 0, 0, TEN_NS);
            second.partitionOpened(1, PAYMENTS, 0, 0, 0, TEN_NS + 1);
            for (int i = 0; i < 20; i++)
            {
                commit(i % 3 == 0 ? first : second, 1, i * 100L, TEN_NS + 10 + i);
            }
            // While it is being written, as another process would.
            final LedgerPrinter printer = new LedgerPrinter(directory);
            for (final int count : new int[] {0, 1, 2, 7, 20, 22, 1000})
            {
                final JsonNode entries = json(printer, count);
                final int expected = Math.min(22, count);
                assertEquals(expected, entries.size());
                assertEquals(expected, text(printer, count).lines().count());
                for (int i = 0; i < Math.min(20, expected); i++)
                {
                    assertEquals(
                        (20 - Math.min(20, expected) + i) * 100L,
                        entries.get(expected - Math.min(20, expected) + i).get("baseOffset").asLong());
                }
            }
            final List<Long> times = new ArrayList<>();
            json(printer, Long.MAX_VALUE).forEach((entry) -> times.add(entry.get("timeNs").asLong()));
            assertEquals(times.stream().sorted().toList(), times);
        }
    }

    @Test
    void showsTheIndexOfAPartitionWithoutAName() throws IOException
    {
        try (Ledger ledger = open(0))
        {
            ledger.partitionOpened(7, ORDERS, 0, 0, 0, TEN_NS);
            ledger.engineEvent(EngineEventType.STARTED, TEN_NS);
            commit(ledger, 7, 0, TEN_NS);
        }
        final LedgerPrinter printer = new LedgerPrinter(directory);
        assertTrue(text(printer, 1).contains("(partition index 7)"));
        assertTrue(json(printer, 1).get(0).get("topic").isNull());
    }

    @Test
    void whatCannotBeReadDoesNotLookComplete() throws IOException
    {
        try (Ledger ledger = open(0))
        {
            ledger.partitionOpened(7, ORDERS, 0, 0, 0, TEN_NS);
        }
        final Path file;
        try (Stream<Path> files = Files.list(LedgerContext.shardDirectory(directory, 0)))
        {
            file = files.filter((path) -> path.toString().endsWith(".cq4")).findFirst().orElseThrow();
        }
        Files.write(file, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        final LedgerPrinter printer = new LedgerPrinter(directory);
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final LedgerException ex = assertThrows(LedgerException.class, () -> printer.json(10, out));
        assertEquals(file, ex.file());
        assertTrue(ex.getMessage().contains(file.toString()));
        assertFalse(out.toString(StandardCharsets.UTF_8).contains("}"));
    }

    @Test
    void printsTheMetadataApart() throws IOException
    {
        try (Ledger ledger = open(0);
            MetadataLedger metadata = MetadataLedger.open(new LedgerContext()
                .ledgerDirectory(directory).nodeId(1).clock(() -> TEN_NS / 1_000_000)))
        {
            ledger.engineEvent(EngineEventType.STARTED, TEN_NS);
            metadata.put(MetadataKind.TOPIC, "orders", "{\"partitions\":3}", TEN_NS + 1_000);
            metadata.put(MetadataKind.ACL, "{\"host\":\"*\"}", "", TEN_NS + 2_000);
            metadata.round(MetadataTaskType.TOPICS,
                new MetadataState.Round(MetadataTaskState.OK, TEN_NS + 3_000, ""), TEN_NS + 3_000);
            metadata.remove(MetadataKind.TOPIC, "orders", TEN_NS + 4_000);
            metadata.round(MetadataTaskType.ACLS,
                new MetadataState.Round(MetadataTaskState.FAULTED, 0, "no permission"), TEN_NS + 5_000);
        }
        final LedgerPrinter printer = LedgerPrinter.ofMetadata(directory);
        assertEquals(
            List.of(
                "2026-11-23T10:00:00.000000Z  all 0 values were repeated, at the head of a file",
                "2026-11-23T10:00:00.000001Z  TOPIC         orders  {\"partitions\":3}",
                "2026-11-23T10:00:00.000002Z  ACL           {\"host\":\"*\"}",
                "2026-11-23T10:00:00.000003Z  topics        looked: OK, complete 2026-11-23T10:00:00.000003Z",
                "2026-11-23T10:00:00.000004Z  TOPIC         orders  removed",
                "2026-11-23T10:00:00.000005Z  acls          looked: FAULTED, complete never: no permission"),
            text(printer, 100).lines().toList());
        final JsonNode entries = json(printer, 2);
        assertEquals(2, entries.size());
        assertEquals("MetadataRemoved", entries.get(0).get("type").asText());
        assertEquals("orders", entries.get(0).get("key").asText());
        assertEquals("no permission", entries.get(1).get("message").asText());
        assertEquals(1, json(new LedgerPrinter(directory), 100).size());
    }

    private Ledger open(final int shard)
    {
        return Ledger.open(new LedgerContext().ledgerDirectory(directory).nodeId(1).shard(shard));
    }

    private static void commit(final Ledger ledger, final int index, final long baseOffset, final long timeNs)
    {
        ledger.commit(index, 1, 2, 3, baseOffset, baseOffset + 41, 0, 17, 4711, 42, baseOffset + 42, 2000,
            timeNs - 2_000_000, timeNs);
    }

    private static String text(final LedgerPrinter printer, final long count) throws IOException
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        printer.text(count, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static JsonNode json(final LedgerPrinter printer, final long count) throws IOException
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        printer.json(count, out);
        return new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8)).get("entries");
    }
}
