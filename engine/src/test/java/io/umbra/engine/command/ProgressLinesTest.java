package io.umbra.engine.command;

import org.junit.jupiter.api.Test;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Progress in lines. */
class ProgressLinesTest
{
    private final StringWriter text = new StringWriter();
    private final long[] nowNs = {Long.MAX_VALUE - 1};
    private final ProgressLines lines = new ProgressLines(new PrintWriter(text), () -> nowNs[0]);

    private List<String> told()
    {
        return text.toString().lines().toList();
    }

    @Test
    void aStepIsToldAtOnce()
    {
        lines.onProgress("waiting");
        lines.onProgress("behind: orders-0 by 7");
        lines.onProgress("planning");
        assertEquals(List.of("waiting", "behind: orders-0 by 7", "planning"), told());
    }

    @Test
    void howItGoesOnIsToldNowAndThen()
    {
        lines.onProgress("behind: orders-0 by 7");
        lines.onProgress("behind: orders-0 by 6");
        nowNs[0] += ProgressLines.INTERVAL_NS;
        lines.onProgress("behind: orders-0 by 5");
        lines.onProgress("behind: orders-0 by 4");
        assertEquals(List.of("behind: orders-0 by 7", "behind: orders-0 by 5"), told());
    }

    @Test
    void whatDoesNotChangeIsToldOnce()
    {
        lines.onProgress("behind: orders-0 by 7");
        nowNs[0] += ProgressLines.INTERVAL_NS;
        lines.onProgress("behind: orders-0 by 7");
        assertEquals(List.of("behind: orders-0 by 7"), told());
    }
}
