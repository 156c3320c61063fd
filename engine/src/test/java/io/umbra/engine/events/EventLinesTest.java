package io.umbra.engine.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.codecs.ledger.LinkEventType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class EventLinesTest
{
    private static final LinkEvent GAP = new LinkEvent(
        1_000, LinkEventType.GAP, "orders", 3, 10, 20, null, null, "the source had \"dropped\" them\n");

    @TempDir
    private Path dir;

    private static List<String> names(final JsonNode node)
    {
        final List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void anEventIsOneLineWithWhatItHasToSay() throws IOException
    {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final EventLines lines = EventLines.to("east", new PrintStream(bytes, true, StandardCharsets.UTF_8));
        lines.write(GAP);
        lines.write(LinkEvent.ofLink(2_000, LinkEventType.LINK_STATE, "ACTIVE", "PAUSED", ""));
        lines.write(3_000, Severity.WARN, "hm");
        lines.write(4_000, new IllegalStateException("no"), 7);
        final List<String> text = bytes.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(4, text.size(), text::toString);
        final ObjectMapper mapper = new ObjectMapper();
        final JsonNode gap = mapper.readTree(text.get(0));
        assertEquals(
            List.of("time", "link", "severity", "event", "topic", "partition", "fromOffset", "toOffset", "message"),
            names(gap));
        assertEquals("1970-01-01T00:00:01Z", gap.get("time").asText());
        assertEquals("WARN", gap.get("severity").asText());
        assertEquals(GAP.message(), gap.get("message").asText());
        final JsonNode state = mapper.readTree(text.get(1));
        assertEquals(List.of("time", "link", "severity", "event", "before", "after"), names(state));
        assertEquals("MESSAGE", mapper.readTree(text.get(2)).get("event").asText());
        final JsonNode error = mapper.readTree(text.get(3));
        assertEquals("ERROR", error.get("event").asText());
        assertEquals(7, error.get("count").asLong());
        assertTrue(error.get("stackTrace").asText().contains("EventLinesTest"), error::toString);
    }

    @Test
    void aFileMayBeMovedAway() throws IOException
    {
        final Path file = dir.resolve("events.jsonl");
        final EventLines lines = EventLines.to("east", file);
        lines.write(GAP);
        Files.move(file, dir.resolve("events.1"));
        lines.write(GAP);
        lines.write(GAP);
        assertEquals(1, Files.readAllLines(dir.resolve("events.1")).size());
        assertEquals(2, Files.readAllLines(file).size());
        EventLines.to("east", file).write(GAP);
        assertEquals(3, Files.readAllLines(file).size());
    }

    @Test
    void aFileThatCannotBeWrittenIsSaidOnce() throws IOException
    {
        final Path folder = Files.createDirectory(dir.resolve("folder"));
        assertThrows(IOException.class, () -> EventLines.to("east", folder));
        final Path file = folder.resolve("events.jsonl");
        final EventLines lines = EventLines.to("east", file);
        Files.delete(file);
        Files.delete(folder);
        assertTrue(assertThrows(IOException.class, () -> lines.write(GAP)).getMessage().contains(file.toString()));
        lines.write(GAP);
        Files.createDirectory(folder);
        lines.write(GAP);
        assertEquals(1, Files.readAllLines(file).size());
        Files.delete(file);
        Files.delete(folder);
        assertThrows(IOException.class, () -> lines.write(GAP));
    }
}
