package io.umbra.engine.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class DemoOutputTest
{
    private final StringWriter text = new StringWriter();

    @Test
    void intoAPipeThereIsNoProgress()
    {
        final DemoOutput output = new DemoOutput(new PrintWriter(text), false);
        output.progress("10 %");
        output.progress("20 %");
        output.say("done");
        assertEquals(List.of("done"), text.toString().lines().toList());
    }

    @Test
    void onATerminalProgressIsOneLineThatIsWrittenOver()
    {
        final DemoOutput output = new DemoOutput(new PrintWriter(text), true);
        output.progress("10 %");
        output.progress("20 %");
        output.say("done");
        assertEquals("\r\033[K10 %\r\033[K20 %\r\033[Kdone" + System.lineSeparator(), text.toString());
    }

    @Test
    void theSummaryTellsTheVerdict() throws JsonProcessingException
    {
        final DemoResult same = result(true);
        assertTrue(same.text().contains("identical"), same.text());
        assertTrue(same.text().contains("1,234 in 2 topics, 3 partitions"), same.text());
        assertTrue(same.text().contains("0.50 GiB/s"), same.text());
        assertTrue(same.text().contains("p50 1.5 ms, p99 9.0 ms"), same.text());
        final JsonNode json = new ObjectMapper().readTree(same.json());
        assertEquals(1_234, json.get("records").asLong());
        assertEquals(9.0, json.get("rpoMs").get("p99").asDouble());
        assertEquals(4_200, json.get("failover").get("rtoMs").asLong());
        assertTrue(json.get("identical").asBoolean());
        assertTrue(result(true).text().contains(
            "7 acknowledged records lost; the consumer read on at its next record after 4.2 s"));
        assertTrue(result(false).text().contains("AT A WRONG RECORD"));

        assertFalse(result(false).text().contains("identical"));
        assertTrue(result(false).text().contains("DIFFERENT"));
    }

    private static DemoResult result(final boolean isIdentical)
    {
        return new DemoResult(
            1, 2, 3, 1_234, 1 << 20, 1 << 29, 1_000, 0.5, new DemoResult.Rpo(1.5, 9),
            new DemoResult.Failover(7, 4_200, isIdentical), isIdentical, "", null);
    }
}
