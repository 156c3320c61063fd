package io.umbra.engine.control;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LinkRulesTest
{
    @TempDir
    private Path dir;

    private LinkRules add(final LinkRules.Kind kind, final long bytes, final String topics) throws IOException
    {
        LinkRules.read(dir).with(kind, bytes, Pattern.compile(topics)).write(dir);
        return LinkRules.read(dir);
    }

    @Test
    void theLastRuleThatSpeaksOfATopicCounts() throws IOException
    {
        assertFalse(LinkRules.read(dir).isPaused("orders"));
        assertTrue(add(LinkRules.Kind.PAUSE, 0, "orders|audit").isPaused("orders"));
        final LinkRules resumed = add(LinkRules.Kind.RESUME, 0, "orders");
        assertFalse(resumed.isPaused("orders"));
        assertTrue(resumed.isPaused("audit"));
        assertFalse(resumed.isPaused("orders-2"));
        assertFalse(resumed.isAllPaused());
        assertTrue(add(LinkRules.Kind.PAUSE, 0, LinkRules.ALL).isAllPaused());
        assertFalse(add(LinkRules.Kind.RESUME, 0, "audit").isAllPaused());
        final LinkRules all = add(LinkRules.Kind.RESUME, 0, LinkRules.ALL);
        assertFalse(all.isPaused("orders"));
        assertEquals(List.of("resume .*"), Files.readAllLines(LinkRules.file(dir)));
    }

    @Test
    void limitsAreOfTopicsOrOfTheLink() throws IOException
    {
        add(LinkRules.Kind.LIMIT, 100, "a.*");
        add(LinkRules.Kind.RATE, 500, LinkRules.ALL);
        LinkRules rules = add(LinkRules.Kind.LIMIT, 200, "ab");
        assertEquals(100, rules.limit("aa").bytes());
        assertEquals(200, rules.limit("ab").bytes());
        assertNull(rules.limit("b"));
        assertEquals(500, rules.linkRate());
        rules = add(LinkRules.Kind.LIMIT, 0, "ab");
        assertNull(rules.limit("ab"));
        assertEquals(0, add(LinkRules.Kind.RATE, 0, LinkRules.ALL).linkRate());
    }

    @Test
    void aLineThatIsNoRuleIsNamed() throws IOException
    {
        add(LinkRules.Kind.PAUSE, 0, "a");
        for (final String line : List.of("stop a", "limit a", "pause (", "rate much"))
        {
            Files.writeString(LinkRules.file(dir), line + "\n");
            final IOException ex = assertThrows(IOException.class, () -> LinkRules.read(dir));
            assertTrue(ex.getMessage().contains("rules"), ex.getMessage());
        }
    }
}
