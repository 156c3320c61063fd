package io.umbra.engine.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.status.FetchState;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.RpoMethod;
import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.RpoWindow;
import io.umbra.engine.status.StatusReader;
import io.umbra.journal.Incident;
import io.umbra.journal.Incidents;
import io.umbra.transport.CounterTypes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Metrics over HTTP, read by a strict parser, and by Prometheus' own where it is installed. */
class MetricsServerTest
{
    private static final UUID TOPIC_ID = new UUID(1, 2);
    private static final Path DOCS = Path.of(System.getProperty("umbra.root"), "docs");
    private static final Pattern METRIC = Pattern.compile("\\b(?:umbra|process|jvm)_[a-z0-9_]+");

    @TempDir
    private Path journalDir;
    private PartitionTable table;
    private MetricsServer server;
    private final List<ShardCounter> counters = new ArrayList<>();
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void launch() throws IOException
    {
        table = PartitionTable.create(journalDir, "east", 0, System.currentTimeMillis());
        table.header().heartbeatMs(System.currentTimeMillis());
        table.header().linkState(LinkState.ACTIVE, null);
        table.header().clusterId("cluster-1");
        final StatusReader reader = new StatusReader(journalDir, "east");
        for (final CounterFamily family : CounterFamily.values())
        {
            final boolean isOfBroker =
                CounterFamily.FETCHED_BYTES == family || CounterFamily.FETCH_RESPONSES == family;
            final boolean isOfAgent =
                CounterFamily.MAX_DUTY_CYCLE == family || CounterFamily.LONG_DUTY_CYCLES == family;
            counters.add(new ShardCounter(
                family.typeId(), 1, isOfBroker ? 7 : ShardCounter.NO_BROKER, isOfAgent ? "fetch" : null,
                () -> 2_000_000_000L + family.ordinal()));
        }
        server = MetricsServer.launch(
            InetSocketAddress.createUnresolved("127.0.0.1", 0),
            new EngineMetrics(new EngineMetrics.Source(
                "east",
                () -> reader.read(System.currentTimeMillis()).report(),
                () -> counters,
                Map.of("info", () -> 3, "warn", () -> 2, "error", () -> 1),
                () -> 1L << 40)));
    }

    @AfterEach
    void close() throws IOException
    {
        server.close();
        table.close();
    }

    private void addPartition(final String topic, final int partition) throws IOException
    {
        final int index = table.add(topic, TOPIC_ID, partition, 0, 0);
        table.fetchState(index, FetchState.ACTIVE, null);
        table.journalPositions(index, 0, 90, 80, 3, 70);
        table.sampled(index, 100, System.currentTimeMillis(), 1_500);
        table.journalCommitted(index, 90, 3, 900, 90, 0, 0);
        table.rpo(index, new RpoSummary(4, 1, 2, 3, 4_000));
    }

    private HttpResponse<byte[]> get(final String query, final String method) throws IOException, InterruptedException
    {
        return client.send(
            HttpRequest.newBuilder(URI.create(server.url() + query))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    }

    private byte[] scrape(final String query) throws IOException, InterruptedException
    {
        final HttpResponse<byte[]> response = get(query, "GET");
        assertEquals(200, response.statusCode(), () -> new String(response.body(), StandardCharsets.UTF_8));
        assertTrue(response.headers().firstValue("Content-Type").orElseThrow().startsWith("text/plain; version=0.0.4"));
        return response.body();
    }

    private PrometheusText parse(final String query) throws IOException, InterruptedException
    {
        final byte[] text = scrape(query);
        final Optional<Path> promtool = Promtool.find();
        if (promtool.isPresent())
        {
            assertEquals("", Promtool.check(promtool.get(), text, "metrics"));
        }
        return PrometheusText.parse(new String(text, StandardCharsets.UTF_8));
    }

    /** With everything in it that there can be. */
    private PrometheusText parseAll() throws IOException, InterruptedException
    {
        addPartition("orders", 0);
        Files.writeString(journalDir.resolve("status/metadata.json"), "[{\"task\":\"groups\",\"state\":\"OK\"," +
            "\"lastComplete\":\"2026-11-23T10:00:00Z\",\"counts\":{\"groups\":2},\"error\":null}]");
        return parse("?partitions=.*");
    }

    @Test
    void theNumbersAreThoseOfTheStatus() throws IOException, InterruptedException
    {
        addPartition("orders", 0);
        addPartition("orders", 1);
        table.header().rpo(RpoMethod.SAMPLED, RpoWindow.LAST_MINUTE, new RpoSummary(10, 1, 20, 30, 40));
        table.header().rpo(RpoMethod.SAMPLED, RpoWindow.SINCE_START, new RpoSummary(70, 1, 20, 30, 40));
        new Incidents(journalDir).add(new Incident(Incident.Kind.GAP, "orders", TOPIC_ID, 0, 3, 7, 1, "3 to 7"));
        final PrometheusText metrics = parse("");

        assertEquals(20, metrics.value("umbra_lag_records{link=\"east\"}"));
        assertEquals(200, metrics.value("umbra_lag_bytes{link=\"east\"}"));
        assertEquals(1.5, metrics.value("umbra_lag_seconds{link=\"east\"}"));
        assertEquals(1, metrics.value("umbra_link_state{link=\"east\",state=\"ACTIVE\"}"));
        assertEquals(0, metrics.value("umbra_link_state{link=\"east\",state=\"PAUSED\"}"));
        assertEquals(1, metrics.value("umbra_link_info{cluster_id=\"cluster-1\",link=\"east\"}"));
        assertEquals(0.02, metrics.value(
            "umbra_rpo_seconds{link=\"east\",method=\"sampled\",quantile=\"0.99\",window=\"minute\"}"));
        assertTrue(Double.isNaN(metrics.value(
            "umbra_rpo_seconds{link=\"east\",method=\"sampled\",quantile=\"1.0\",window=\"hour\"}")));
        assertEquals(70, metrics.value("umbra_rpo_measurements_total{link=\"east\",method=\"sampled\"}"));
        assertEquals(2, metrics.value("umbra_partitions{link=\"east\",state=\"ACTIVE\"}"));
        assertEquals(0, metrics.value("umbra_partitions{link=\"east\",state=\"FAULTED\"}"));
        assertEquals(1, metrics.value("umbra_topics{link=\"east\",state=\"ACTIVE\"}"));
        assertEquals(1, metrics.value("umbra_incidents{kind=\"GAP\",link=\"east\"}"));
        assertEquals(0, metrics.value("umbra_incidents{kind=\"DIVERGENCE\",link=\"east\"}"));
        assertEquals(2, metrics.value("umbra_log_events_total{link=\"east\",severity=\"warn\"}"));
        assertEquals(2e9, metrics.value("umbra_fetched_bytes_total{broker=\"7\",link=\"east\",shard=\"1\"}"));
        assertEquals(
            2, metrics.value("umbra_duty_cycle_max_seconds{agent=\"fetch\",link=\"east\",shard=\"1\"}"), 0.001);
        assertTrue(metrics.value("process_start_time_seconds") > 1e9);
        assertTrue(metrics.value("jvm_memory_used_bytes{area=\"heap\"}") > 0);
        assertEquals("counter", metrics.type("umbra_journaled_bytes_total"));
        assertEquals("summary", metrics.type("umbra_rpo_seconds"));
    }

    @Test
    void whatIsNotKnownIsNotANumber() throws IOException, InterruptedException
    {
        table.header().linkState(LinkState.SOURCE_UNAVAILABLE, "connecting");
        final PrometheusText metrics = parse("");
        assertTrue(Double.isNaN(metrics.value("umbra_lag_records{link=\"east\"}")));
        assertTrue(Double.isNaN(metrics.value("umbra_lag_seconds{link=\"east\"}")));
        assertTrue(Double.isNaN(metrics.value("umbra_lag_bytes{link=\"east\"}")));
    }

    @Test
    void partitionsHaveSeriesOnlyOnRequest() throws IOException, InterruptedException
    {
        addPartition("orders", 0);
        addPartition("audit.log", 0);
        final int few = parse("").samples().size();
        assertFalse(parse("").names().stream().anyMatch((name) -> name.startsWith("umbra_partition_")));
        addPartition("audit.log", 1);
        assertEquals(few, parse("").samples().size(), "series must not grow with partitions");

        final PrometheusText some = parse("?partitions=audit%5C..%2A");
        assertEquals(1.5, some.value("umbra_partition_lag_seconds{link=\"east\",partition=\"1\",topic=\"audit.log\"}"));
        assertEquals(10, some.value("umbra_partition_lag_records{link=\"east\",partition=\"0\",topic=\"audit.log\"}"));
        assertEquals(1, some.value(
            "umbra_partition_state{link=\"east\",partition=\"0\",state=\"ACTIVE\",topic=\"audit.log\"}"));
        assertFalse(some.samples().keySet().stream().anyMatch((series) -> series.contains("topic=\"orders\"")));
        assertEquals(0, some.value("umbra_partitions_omitted{link=\"east\"}"));
    }

    @Test
    void oneScrapeDoesNotGetEveryPartitionThereIs() throws IOException, InterruptedException
    {
        for (int i = 0; i < LinkMetrics.MAX_PARTITIONS + 5; i++)
        {
            addPartition("orders", i);
        }
        final PrometheusText metrics = parse("?partitions=orders");
        assertEquals(LinkMetrics.MAX_PARTITIONS, metrics.samples().keySet().stream()
            .filter((series) -> series.startsWith("umbra_partition_end_offset{")).count());
        assertEquals(5, metrics.value("umbra_partitions_omitted{link=\"east\"}"));
    }

    @Test
    void everyTypeOfCounterHasAMetric() throws Exception
    {
        final Set<Integer> types = new TreeSet<>();
        for (final Field field : CounterTypes.class.getFields())
        {
            types.add(field.getInt(null));
        }
        final Set<Integer> shown = new TreeSet<>();
        for (final CounterFamily family : CounterFamily.values())
        {
            shown.add(family.typeId());
        }
        assertEquals(types, shown);
    }

    @Test
    void aBrokerThatCameBackIsOneSeries() throws IOException, InterruptedException
    {
        counters.add(new ShardCounter(CounterTypes.FETCHED_BYTES, 1, 7, null, () -> 5));
        assertEquals(
            2e9 + 5, parse("").value("umbra_fetched_bytes_total{broker=\"7\",link=\"east\",shard=\"1\"}"));
    }

    @Test
    void otherRequestsAreTurnedDown() throws IOException, InterruptedException
    {
        assertEquals(404, get("/more", "GET").statusCode());
        assertEquals(405, get("", "POST").statusCode());
        assertEquals("GET, HEAD", get("", "DELETE").headers().firstValue("Allow").orElseThrow());
        assertEquals(400, get("?partitions=%28", "GET").statusCode());
        assertEquals(400, get("?topics=a", "GET").statusCode());
        final HttpResponse<byte[]> head = get("", "HEAD");
        assertEquals(200, head.statusCode());
        assertEquals(0, head.body().length);
    }

    @Test
    void anAddressThatIsTakenIsAnError()
    {
        final int port = URI.create(server.url()).getPort();
        assertThrows(IOException.class, () -> MetricsServer.launch(
            InetSocketAddress.createUnresolved("127.0.0.1", port),
            new EngineMetrics(new EngineMetrics.Source("east", null, null, null, null))));
    }

    @Test
    void dashboardAndAlertsUseMetricsThatExist() throws IOException, InterruptedException
    {
        final Set<String> names = parseAll().names();
        final String alerts = Files.readString(DOCS.resolve("prometheus/umbra-alerts.yml"));
        assertUsed(names, alerts.lines().filter((line) -> line.strip().startsWith("expr:")).toList());
        final JsonNode dashboard = new ObjectMapper().readTree(DOCS.resolve("grafana/umbra-dashboard.json").toFile());
        final List<String> expressions = new ArrayList<>();
        dashboard.findValuesAsText("expr").forEach(expressions::add);
        dashboard.get("templating").findValuesAsText("query").forEach(expressions::add);
        assertTrue(expressions.size() > 20, expressions::toString);
        assertUsed(names, expressions);
        final Optional<Path> promtool = Promtool.find();
        if (promtool.isPresent())
        {
            Promtool.check(
                promtool.get(), new byte[0], "rules", DOCS.resolve("prometheus/umbra-alerts.yml").toString());
        }
    }

    private static void assertUsed(final Set<String> names, final List<String> expressions)
    {
        int used = 0;
        for (final String expression : expressions)
        {
            final Matcher metric = METRIC.matcher(expression);
            while (metric.find())
            {
                assertTrue(names.contains(metric.group()), () -> metric.group() + " in " + expression);
                used++;
            }
        }
        assertTrue(used >= expressions.size() / 2, "few of them name a metric: " + expressions);
    }
}
