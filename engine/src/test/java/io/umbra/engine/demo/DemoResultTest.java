package io.umbra.engine.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a demo says at its end. */
class DemoResultTest
{
    private static final DemoResult RESULT = new DemoResult(
        1, 3, 8, 12_345, 3 << 20, 1 << 20, 500, 0.5,
        new DemoResult.Rpo(1.24, 9.86), new DemoResult.Failover(7, 8_420, true), true, "all is the same", null);

    @Test
    void peopleGetLines()
    {
        final List<String> lines = RESULT.text().lines().toList();
        assertTrue(lines.contains("records      12,345 in 3 topics, 8 partitions"), lines::toString);
        assertTrue(lines.contains("RPO          p50 1.2 ms, p99 9.9 ms"), lines::toString);
        assertTrue(lines.contains("failover     7 acknowledged records lost; the consumer read on at its next record " +
            "after 8.4 s (RTO)"), lines::toString);
        assertTrue(lines.contains("verdict      identical"), lines::toString);
    }

    @Test
    void programsGetADocument() throws Exception
    {
        final JsonNode document = new ObjectMapper().readTree(RESULT.json());
        assertEquals(12_345, document.get("records").asLong());
        assertEquals(9.86, document.get("rpoMs").get("p99").asDouble());
        assertEquals(8_420, document.get("failover").get("rtoMs").asLong());
        assertTrue(document.get("failover").get("isNextRecord").asBoolean());
        assertTrue(document.get("identical").asBoolean());
        assertTrue(document.get("folder").isNull());
    }
}
