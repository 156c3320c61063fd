package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.rig.FreePorts;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a link shows of itself while its source comes to an end: metrics, events, and the history of its RPO. */
class ObservationTest
{
    private static final String TOPIC = "orders";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private final HttpClient client = HttpClient.newHttpClient();

    private String scrape(final int port, final String query) throws IOException, InterruptedException
    {
        final HttpResponse<String> response = client.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics" + query)).build(),
            HttpResponse.BodyHandlers.ofString());
        assertEquals(200, response.statusCode(), response::body);
        return response.body();
    }

    private static double sum(final String metrics, final String regex)
    {
        return Pattern.compile("(?m)^" + regex + " (\\S+)$").matcher(metrics).results()
            .mapToDouble((match) -> Double.parseDouble(match.group(1)))
            .sum();
    }

    private static List<JsonNode> events(final Path file) throws IOException
    {
        final List<JsonNode> events = new ArrayList<>();
        for (final String line : Files.readAllLines(file))
        {
            events.add(JSON.readTree(line));
        }
        return events;
    }

    private static boolean has(final Iterable<JsonNode> events, final String event, final String after)
    {
        return StreamSupport.stream(events.spliterator(), false).anyMatch(
            (node) -> event.equals(node.get("event").asText()) && after.equals(node.path("after").asText()));
    }

    @Test
    void theEndOfASourceIsSeenEverywhere() throws Exception
    {
        final Path eventsFile = dir.resolve("events.jsonl");
        final int port = FreePorts.next();
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("cluster")));
            Workload workload = new Workload(new Workload.Context()
                .cluster(cluster)
                .topic(TopicSpec.of(TOPIC, 2).with("message.timestamp.type", "LogAppendTime"))
                .recordsPerProducer(500)).createTopics())
        {
            final Path config = new LinkConfig(dir)
                .source(cluster)
                .set("metrics.listen", "127.0.0.1:" + port)
                .set("events.log", "json:" + eventsFile)
                .write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                workload.start().awaitEnd();
                StatusView.await(config, (view) ->
                    0 == view.document().get("lag").get("records").asLong() &&
                    view.document().get("rpo").get("lastMinute").get("count").asLong() > 0 &&
                    !view.document().get("rpo").get("logAppendTime").isNull() &&
                    view.partition(TOPIC, 0).path("rpoMs").path("count").asLong() > 0);
                assertMetrics(config, port);

                cluster.kill(cluster.ids().get(0));
                Await.until(() -> has(events(eventsFile), "LINK_STATE", "SOURCE_UNAVAILABLE"), () -> "the event");
                // What may be missing grows older, though nobody says that anything is; its history has samples of it.
                StatusView.await(config, (view) -> view.document().get("lag").get("ms").asLong() > 6_000);
                Await.until(() -> sum(scrape(port, ""), "umbra_lag_seconds\\{link=\"test\"}") > 3, () -> "the lag");
                assertEquals(1, sum(
                    scrape(port, ""), "umbra_link_state\\{link=\"test\",state=\"SOURCE_UNAVAILABLE\"}"));
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
            assertHistory(config);
            assertTrue(has(events(eventsFile), "ENGINE_STOPPED", ""), () -> "the stop");
        }
    }

    private void assertMetrics(final Path config, final int port) throws Exception
    {
        // Markers of the last transactions may still come.
        Await.until(() ->
        {
            final StatusView status = StatusView.of(config);
            final double records = status.endOffset(TOPIC, 0) + status.endOffset(TOPIC, 1);
            return records == sum(scrape(port, ""), "umbra_journaled_records_total\\{[^}]*}") &&
                records == sum(scrape(port, "?partitions=" + TOPIC), "umbra_partition_end_offset\\{[^}]*}");
        }, () -> "status and metrics agree");
        final String metrics = scrape(port, "");
        assertTrue(sum(metrics, "umbra_fetched_bytes_total\\{[^}]*}") > 0, metrics);
        assertTrue(sum(metrics, "umbra_rpo_measurements_total\\{[^}]*}") > 0, metrics);
        assertTrue(metrics.contains("umbra_duty_cycle_max_seconds{agent=\"fetch\""), metrics);
        assertTrue(metrics.lines().noneMatch((line) -> line.contains("topic=\"" + TOPIC)), metrics);
    }

    private void assertHistory(final Path config) throws IOException, InterruptedException
    {
        final JsonNode history = UmbraCommand.json("rpo", config.toString(), "--from", "1h", "--json");
        assertTrue(history.get("total").get("rpoMs").get("max").asDouble() > 0, history::toPrettyString);
        assertTrue(history.get("total").get("logAppendTime").get("count").asLong() > 0, history::toPrettyString);
        assertTrue(history.get("total").get("lagMs").asLong() > 2_000, history::toPrettyString);
        assertTrue(history.get("total").get("records").asLong() >= 500, history::toPrettyString);
        assertTrue(has(history.get("events"), "LINK_STATE", "SOURCE_UNAVAILABLE"), history::toPrettyString);
        assertTrue(has(history.get("events"), "ENGINE_STOPPED", ""), history::toPrettyString);
        final Path plot = dir.resolve("rpo.svg");
        final UmbraCommand.Result drawn = UmbraCommand.run("rpo", config.toString(), "--plot", plot.toString());
        assertEquals(0, drawn.exit(), drawn::toString);
        assertTrue(Files.readString(plot).startsWith("<svg "), drawn::toString);
        final UmbraCommand.Result nothing =
            UmbraCommand.run("rpo", config.toString(), "--from", "2d", "--to", "1d");
        assertEquals(1, nothing.exit(), nothing::toString);
        assertEquals(1, nothing.errorLines().size(), nothing::toString);
    }
}
