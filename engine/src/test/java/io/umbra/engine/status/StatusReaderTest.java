package io.umbra.engine.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.journal.Promotion;
import io.umbra.journal.Promotions;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class StatusReaderTest
{
    private static final UUID ORDERS_ID = new UUID(1, 2);
    private static final UUID AUDIT_ID = new UUID(3, 4);

    @TempDir
    private Path journalDir;
    private final long startMs = System.currentTimeMillis();
    private PartitionTable table;

    @BeforeEach
    void create() throws IOException
    {
        table = PartitionTable.create(journalDir, "east", 0, startMs);
    }

    @AfterEach
    void close() throws IOException
    {
        table.close();
    }

    @Test
    void tasksOfTheMetadataAreToldOf() throws IOException
    {
        assertEquals(List.of(), read(startMs).report().metadata());
        final List<StatusReport.Metadata> tasks = List.of(
            new StatusReport.Metadata("groups", "OK", "2026-11-23T10:00:00Z", Map.of("groups", 2, "offsets", 3), null),
            new StatusReport.Metadata("acls", "FAULTED", null, Map.of("acls", 0), "needs DESCRIBE on CLUSTER"));
        MetadataStatusFile.write(journalDir, tasks);
        assertEquals(tasks, read(startMs).report().metadata());
        MetadataStatusFile.write(journalDir, tasks.subList(0, 1));
        assertEquals(tasks.subList(0, 1), read(startMs).report().metadata());
        final JsonNode groups = json(read(startMs)).get("metadata").get(0);
        assertEquals(List.of("task", "state", "lastComplete", "counts", "error"), names(groups));
        assertEquals(3, groups.get("counts").get("offsets").asInt());
        assertTrue(StatusText.table(read(startMs)).contains("metadata: groups  OK, as of 2026-11-23T10:00:00Z, "));
    }

    @Test
    void theScrubIsToldOf() throws IOException
    {
        assertEquals(StatusReport.Scrub.DISABLED, read(startMs).report().scrub().state());
        assertFalse(StatusText.table(read(startMs)).contains("scrub"));
        final StatusReport.Scrub scrub = new StatusReport.Scrub(
            StatusReport.Scrub.RUNNING, 3, "orders-1", 5, 10, 4, "2026-11-23T10:00:00Z",
            List.of(new StatusReport.ScrubFinding("CORRUPT", "orders", 1, 7, 8, "00000000000000000000.log", 99,
                "2026-11-23T11:00:00Z", "stored CRC-32C is another")),
            0, null);
        table.header().heartbeatMs(startMs);
        ScrubStatusFile.write(journalDir, scrub);
        assertEquals(scrub, read(startMs).report().scrub());
        final JsonNode document = json(read(startMs)).get("scrub");
        assertEquals(
            List.of("state", "pass", "partition", "progressBytes", "totalBytes", "comparedBytes", "lastCompleted",
                "findings", "moreFindings", "error"),
            names(document));
        assertEquals(
            List.of("kind", "topic", "partition", "offset", "lastOffset", "segment", "position", "time", "text"),
            names(document.get("findings").get(0)));
        final String text = StatusText.table(read(startMs));
        assertTrue(text.contains("scrub: RUNNING, pass 3: 5 B of 10 B read, 4 B compared"), text);
        assertTrue(text.contains("CORRUPT orders-1 offset 7 (to 8): 00000000000000000000.log position 99: "), text);
        assertEquals(
            StatusReport.Scrub.STOPPED, read(startMs + StatusReader.HEARTBEAT_TIMEOUT_MS + 1).report().scrub().state());
    }

    @Test
    void theRecorderIsToldOf() throws IOException
    {
        assertEquals("OFF", json(read(startMs)).get("recorder").get("state").asText());
        assertFalse(StatusText.table(read(startMs)).contains("recorder:"));
        final StatusReport.Recorder stopped = new StatusReport.Recorder(
            StatusReport.Recorder.STOPPED, "/archive", "2026-11-23T10:00:00Z", "the disk is full");
        RecorderStatusFile.write(journalDir, stopped);
        assertEquals(stopped, read(startMs).report().recorder());
        assertTrue(StatusText.table(read(startMs)).contains(
            "recorder: STOPPED since 2026-11-23T10:00:00Z, /archive: the disk is full"));
    }

    @Test
    void theJsonDocumentHasTheFieldsOfTheContractAndNoOthers() throws IOException
    {
        twoTopics();
        final JsonNode document = json(read(startMs + 1_500));

        assertEquals(
            List.of("link", "engine", "state", "clusterId", "uptimeMs", "bytesPerSecond", "recordsPerSecond", "lag",
                "rpoMs", "lagBytes", "rpo", "topics", "incidents", "metadata", "scrub", "recorder"),
            names(document));
        assertEquals(List.of("records", "ms"), names(document.get("lag")));
        assertEquals(List.of("p50", "p99", "p999", "max"), names(document.get("rpoMs")));
        final JsonNode orders = document.get("topics").get(1);
        assertEquals(List.of("name", "id", "state", "partitions"), names(orders));
        final JsonNode partition = orders.get("partitions").get(1);
        assertEquals(
            List.of("partition", "shard", "leader", "leaderEpoch", "logStartOffset", "endOffset", "durableOffset",
                "lastStableOffset", "sourceHighWatermark", "lagRecords", "lagMs", "lagBytes", "rpoMs", "state",
                "error"),
            names(partition));

        assertEquals("east", document.get("link").asText());
        assertEquals("running", document.get("engine").asText());
        assertEquals("ACTIVE", document.get("state").asText());
        assertEquals("cluster-1", document.get("clusterId").asText());
        assertEquals(1_500, document.get("uptimeMs").asLong());
        assertEquals(1_000, document.get("bytesPerSecond").asLong());
        assertEquals(10, document.get("recordsPerSecond").asLong());
        assertEquals(1.235, document.get("rpoMs").get("p50").asDouble());
        assertEquals("audit", document.get("topics").get(0).get("name").asText());
        assertEquals("orders", orders.get("name").asText());
        assertEquals("AAAAAAAAAAEAAAAAAAAAAg", orders.get("id").asText());
        assertEquals(1, partition.get("partition").asInt());
        assertEquals(0, partition.get("shard").asInt());
        assertEquals(2, partition.get("leader").asInt());
        assertEquals(7, partition.get("leaderEpoch").asInt());
        assertEquals(5, partition.get("logStartOffset").asLong());
        assertEquals(90, partition.get("endOffset").asLong());
        assertEquals(80, partition.get("durableOffset").asLong());
        assertEquals(100, partition.get("sourceHighWatermark").asLong());
        assertEquals(10, partition.get("lagRecords").asLong());
        assertEquals(33, partition.get("lagMs").asLong());
        assertEquals("ACTIVE", partition.get("state").asText());
        assertTrue(partition.get("error").isNull());
        assertEquals(10, document.get("lag").get("records").asLong());
        assertEquals(33, document.get("lag").get("ms").asLong());
    }

    @Test
    void thePartitionTellsTheWorseState() throws IOException
    {
        twoTopics();
        table.fetchState(0, FetchState.RETRYING, "no leader");
        table.journalState(0, JournalState.WAITING_FOR_SPACE, "disk full");
        assertPartition("WAITING_FOR_SPACE", "disk full");
        assertEquals(TopicState.ACTIVE, topic("orders").state());

        table.fetchState(0, FetchState.FAULTED, "magic 1");
        assertPartition("FAULTED", "magic 1");
        assertEquals(TopicState.FAULTED, topic("orders").state());
        assertEquals(TopicState.ACTIVE, topic("audit").state());

        table.topicState(0, TopicState.SOURCE_DELETED);
        table.topicState(1, TopicState.SOURCE_DELETED);
        assertEquals(TopicState.SOURCE_DELETED, topic("orders").state());
    }

    @Test
    void whatWasPromotedIsShownSoWhateverTheTableSays() throws IOException
    {
        twoTopics();
        table.fetchState(0, FetchState.RETRYING, "no leader");
        final Promotions promotions = new Promotions(journalDir);
        promotions.add(new Promotion(
            "new-cluster", 1, Path.of("target"), false,
            List.of(new Promotion.Topic("orders", table.topicId(0)))));
        assertPartition("PROMOTED", null);
        assertEquals(TopicState.PROMOTED, topic("orders").state());
        assertEquals(TopicState.ACTIVE, topic("audit").state());
        assertEquals(LinkState.ACTIVE, read(startMs).report().state());

        promotions.add(new Promotion("another", 2, Path.of("target"), true, List.of()));
        assertEquals(TopicState.PROMOTED, topic("audit").state());
        assertEquals(LinkState.PROMOTED, read(startMs).report().state());
    }

    @Test
    void theLagCountsAgainstTheSampledHighWatermark() throws IOException
    {
        twoTopics();
        table.fetched(0, 0, 1_000, 0, 0);
        table.sampled(0, 95, startMs, 7);
        assertEquals(95, partition().sourceHighWatermark());
        assertEquals(5, partition().lagRecords());
        table.journalCommitted(0, 120, 3, 1, 1, 0, 0);
        assertEquals(0, partition().lagRecords());
    }

    @Test
    void theHighWatermarkOfAResponseIsNoMeasureOfTheLag() throws IOException
    {
        table.add("orders", ORDERS_ID, 0, 0, 0);
        table.journalPositions(0, 0, 50, 50, 0, 50);
        table.fetched(0, 50, 50, 0, startMs);
        assertEquals(50, partition().sourceHighWatermark());
        assertEquals(-1, partition().lagRecords());
        assertEquals(-1, partition().lagBytes());
        assertEquals(new StatusReport.Lag(-1, -1), read(startMs).report().lag());
        table.header().cleanStop();
        writeLog("orders-0", ORDERS_ID, 0, 50);
        assertEquals(-1, partition().lagRecords());
    }

    @Test
    void theBytesThatAreMissingFollowFromTheMeanOfWhatCame() throws IOException
    {
        table.add("orders", ORDERS_ID, 0, 0, 0);
        table.journalPositions(0, 0, 40, 40, 0, 40);
        table.sampled(0, 44, startMs, 5);
        assertEquals(-1, partition().lagBytes());
        assertEquals(-1, read(startMs).report().lagBytes());
        table.journalCommitted(0, 42, 3, 1_000, 10, 0, 0);
        assertEquals(200, partition().lagBytes());
        assertEquals(200, read(startMs).report().lagBytes());
        table.journalCommitted(0, 44, 3, 200, 2, 0, 0);
        assertEquals(0, read(startMs).report().lagBytes());
    }

    @Test
    void theRpoIsToldByWindowAndMethod() throws IOException
    {
        twoTopics();
        assertNull(read(startMs).report().rpo().logAppendTime());
        table.header().rpo(RpoMethod.SAMPLED, RpoWindow.LAST_MINUTE, new RpoSummary(10, 1.23456, 2, 3, 4));
        table.header().rpo(RpoMethod.SAMPLED, RpoWindow.LAST_HOUR, new RpoSummary(20, 2, 3, 4, 5));
        table.header().rpo(RpoMethod.SAMPLED, RpoWindow.SINCE_START, new RpoSummary(30, 3, 4, 5, 6));
        table.header().rpo(RpoMethod.LOG_APPEND_TIME, RpoWindow.SINCE_START, new RpoSummary(7, 8, 9, 10, 11));
        table.rpo(0, new RpoSummary(12, 0.5, 1.5, 2.5, 3.5));
        final Status status = read(startMs);
        final JsonNode rpo = json(status).get("rpo");
        assertEquals(List.of("method", "lastMinute", "lastHour", "sinceStart", "logAppendTime"), names(rpo));
        assertEquals("sampled", rpo.get("method").asText());
        assertEquals(List.of("count", "p50", "p99", "p999", "max"), names(rpo.get("lastMinute")));
        assertEquals(1.235, rpo.get("lastMinute").get("p50").asDouble());
        assertEquals(20, rpo.get("lastHour").get("count").asLong());
        assertEquals(6.0, rpo.get("sinceStart").get("max").asDouble());
        assertEquals(List.of("lastMinute", "lastHour", "sinceStart"), names(rpo.get("logAppendTime")));
        assertEquals(9.0, rpo.get("logAppendTime").get("sinceStart").get("p99").asDouble());
        assertEquals(new RpoSummary(12, 0.5, 1.5, 2.5, 3.5), partition().rpoMs());
        assertTrue(StatusText.table(status).contains("last minute (10)"), StatusText.table(status));

        table.header().cleanStop();
        assertEquals(RpoSummary.NONE, read(startMs).report().rpo().lastMinute());
        assertEquals(30, read(startMs).report().rpo().sinceStart().count());
    }

    @Test
    void whatIsNotKnownIsNotTakenForNothing() throws IOException
    {
        table.add("orders", ORDERS_ID, 0, 0, 0);
        assertEquals(-1, partition().lagRecords());
        assertEquals(-1, partition().lagMs());
        assertNull(read(startMs).report().clusterId());
        assertEquals(new StatusReport.Lag(-1, -1), read(startMs).report().lag());
        table.add("orders", ORDERS_ID, 1, 0, 0);
        table.journalPositions(1, 0, 10, 10, 0, 10);
        table.sampled(1, 17, startMs, 5);
        assertEquals(new StatusReport.Lag(7, 5), read(startMs).report().lag());
    }

    @Test
    void beforeTopicsAreKnownTheSourceIsUnavailable() throws IOException
    {
        table.header().linkState(LinkState.SOURCE_UNAVAILABLE, "localhost:9092: connection refused");
        final Status status = read(startMs);
        assertEquals(LinkState.SOURCE_UNAVAILABLE, status.report().state());
        assertEquals(List.of(), status.report().topics());
        assertEquals(new StatusReport.Lag(-1, -1), status.report().lag());
        assertEquals("localhost:9092: connection refused", status.error());
        table.header().linkState(LinkState.ACTIVE, null);
        assertEquals(new StatusReport.Lag(0, 0), read(startMs).report().lag());
    }

    @Test
    void anEngineWithoutHeartbeatIsStopped() throws IOException
    {
        twoTopics();
        table.header().heartbeatMs(startMs + 5_000);
        assertTrue(read(startMs + 5_000 + StatusReader.HEARTBEAT_TIMEOUT_MS).report().isRunning());
        final StatusReport report = read(startMs + 5_001 + StatusReader.HEARTBEAT_TIMEOUT_MS).report();
        assertFalse(report.isRunning());
        assertEquals(0, report.uptimeMs());
        assertEquals(0, report.bytesPerSecond());
        assertEquals(0, report.recordsPerSecond());
        assertEquals(LinkState.ACTIVE, report.state());
    }

    @Test
    void anEngineThatStoppedInOrderIsStoppedAtOnceAndItsLagGrows() throws IOException
    {
        twoTopics();
        table.header().cleanStop();
        final StatusReport report = read(startMs + 1_000).report();
        assertFalse(report.isRunning());
        assertEquals(1_033, report.lag().ms());
        assertEquals("cluster-1", report.clusterId());
    }

    @Test
    void aJournalThatNoEngineHasSeenIsStoppedAndEmpty()
    {
        final StatusReport report =
            new StatusReader(journalDir.resolve("not-yet"), "west").read(startMs).report();
        assertEquals("west", report.link());
        assertFalse(report.isRunning());
        assertEquals(LinkState.SOURCE_UNAVAILABLE, report.state());
        assertEquals(List.of(), report.topics());
    }

    @Test
    void ofAStoppedEngineTheFilesAreTheTruth() throws IOException
    {
        twoTopics();
        table.header().cleanStop();
        writeLog("orders-1", ORDERS_ID, 5, 88);
        writeLog("retired-0", AUDIT_ID, 0, 3);
        Files.writeString(
            journalDir.resolve("recovery-point-offset-checkpoint"), "0\n2\norders 1 70\nretired 0 2\n");
        Files.writeString(journalDir.resolve("log-start-offset-checkpoint"), "0\n1\norders 1 6\n");

        final StatusReport.Partition orders = partition();
        assertEquals(6, orders.logStartOffset());
        assertEquals(88, orders.endOffset());
        assertEquals(80, orders.durableOffset());
        assertEquals(100, orders.sourceHighWatermark());
        assertEquals(12, orders.lagRecords());
        assertEquals(7, orders.leaderEpoch());
        final StatusReport.Partition retired = topic("retired").partitions().get(0);
        assertEquals(0, retired.logStartOffset());
        assertEquals(3, retired.endOffset());
        assertEquals(2, retired.durableOffset());
        assertEquals(-1, retired.leader());
        assertEquals(-1, retired.lagRecords());
        assertEquals("UNKNOWN", retired.state());
        assertEquals(3, read(startMs).report().topics().size());
    }

    @Test
    void filesWithoutATableAreTold() throws IOException
    {
        Files.delete(PartitionTable.file(journalDir));
        writeLog("orders-1", ORDERS_ID, 0, 8);
        assertEquals(8, partition().endOffset());
        assertEquals(0, partition().durableOffset());
        assertEquals(new StatusReport.Lag(-1, -1), read(startMs).report().lag());
    }

    @Test
    void aDamagedLogIsToldWithItsPartition() throws IOException
    {
        twoTopics();
        table.header().cleanStop();
        writeLog("orders-1", ORDERS_ID, 5, 88);
        Files.write(journalDir.resolve("orders-1/00000000000000000005.log"), new byte[100], StandardOpenOption.APPEND);
        assertEquals(90, partition().endOffset());
        assertTrue(partition().error().contains("00000000000000000005.log"), partition().error());
    }

    @Test
    void peopleGetATable() throws IOException
    {
        twoTopics();
        table.fetchState(0, FetchState.FAULTED, "magic 1");
        final String text = StatusText.table(read(startMs));
        final List<String> lines = text.lines().toList();
        assertTrue(lines.get(0).startsWith("link east   engine running   state ACTIVE   cluster cluster-1"), text);
        assertTrue(lines.get(1).contains("lag 10 records, 33 ms"), text);
        assertTrue(lines.get(3).startsWith("TOPIC"), text);
        assertTrue(lines.get(4).matches("audit +0 +1 +.* ACTIVE"), text);
        assertTrue(lines.get(6).matches("orders +1 +0 +2 +7 +5 +90 +80 +70 +100 +10 +33 +FAULTED  magic 1"), text);
        assertEquals("2 topics, 3 partitions, 2 ACTIVE, 1 FAULTED", lines.get(7));
        assertEquals(1, StatusText.line(read(startMs)).lines().count());
    }

    @Test
    void bytesAreForPeople()
    {
        assertEquals("0 B", StatusText.bytes(0));
        assertEquals("1023 B", StatusText.bytes(1023));
        assertEquals("1.5 KiB", StatusText.bytes(1536));
        assertEquals("2.0 GiB", StatusText.bytes(2L << 30));
        assertEquals("2048.0 TiB", StatusText.bytes(2L << 50));
    }

    private void twoTopics() throws IOException
    {
        table.header().clusterId("cluster-1");
        table.header().linkState(LinkState.ACTIVE, null);
        table.header().throughput(1_000, 10, 5_000, 50, startMs);
        table.header().rpoMs(1.2345, 2, 3, 4);
        // Row 0 is the second partition of the second topic: sorting is the reader's.
        table.add("orders", ORDERS_ID, 1, 0, 0);
        table.leader(0, 2, 7, 1);
        table.fetchState(0, FetchState.ACTIVE, null);
        table.journalPositions(0, 5, 90, 80, 3, 70);
        table.sampled(0, 100, startMs, 33);
        table.add("orders", ORDERS_ID, 0, 1, 0);
        table.fetchState(1, FetchState.ACTIVE, null);
        table.journalPositions(1, 0, 10, 10, 3, 10);
        table.sampled(1, 10, startMs, 0);
        table.add("audit", AUDIT_ID, 0, 1, 0);
        table.fetchState(2, FetchState.ACTIVE, null);
        table.journalPositions(2, 0, 0, 0, -1, 0);
        table.sampled(2, 0, startMs, 0);
    }

    private void writeLog(final String name, final UUID topicId, final long start, final long end) throws IOException
    {
        final Path partitionDir = Files.createDirectories(journalDir.resolve(name));
        Files.writeString(
            partitionDir.resolve("partition.metadata"),
            "version: 0\ntopic_id: " + ReportBuilder.kafkaId(topicId) + "\n");
        final SimpleRecord[] records = new SimpleRecord[(int) (end - start)];
        Arrays.fill(records, new SimpleRecord(1L, "value".getBytes(StandardCharsets.UTF_8)));
        final ByteBuffer batch = MemoryRecords.withRecords(start, Compression.NONE, records).buffer();
        try (FileChannel channel = FileChannel.open(
            partitionDir.resolve(String.format("%020d.log", start)),
            StandardOpenOption.CREATE, StandardOpenOption.WRITE))
        {
            channel.write(batch);
        }
    }

    private Status read(final long nowMs)
    {
        return new StatusReader(journalDir, "east").read(nowMs);
    }

    private StatusReport.Topic topic(final String name)
    {
        return read(startMs).report().topics().stream()
            .filter((topic) -> topic.name().equals(name)).findFirst().orElseThrow();
    }

    private StatusReport.Partition partition()
    {
        final List<StatusReport.Partition> partitions = topic("orders").partitions();
        return partitions.get(partitions.size() - 1);
    }

    private void assertPartition(final String state, final String error)
    {
        assertEquals(state, partition().state());
        assertEquals(error, partition().error());
    }

    private static JsonNode json(final Status status) throws JsonProcessingException
    {
        final ObjectMapper mapper = new ObjectMapper();
        final JsonNode document = mapper.readTree(StatusJson.document(status.report()));
        assertEquals(document, mapper.readTree(StatusJson.line(status.report())));
        assertEquals(1, StatusJson.line(status.report()).lines().count());

        return document;
    }

    private static List<String> names(final JsonNode node)
    {
        final List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);

        return names;
    }
}
