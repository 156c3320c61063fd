package io.umbra.engine.promotion;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How long each phase of a promotion takes.
 */
final class Phases
{
    private final Map<String, Long> durationsMs = new LinkedHashMap<>();
    private final long beganNs = System.nanoTime();
    private long phaseBeganNs = beganNs;

    /** A phase has ended, and the next one begins. */
    void end(final String phase)
    {
        final long nowNs = System.nanoTime();
        durationsMs.put(phase, TimeUnit.NANOSECONDS.toMillis(nowNs - phaseBeganNs));
        phaseBeganNs = nowNs;
    }

    /** Milliseconds by phase, and of all together. */
    Map<String, Long> durationsMs()
    {
        final Map<String, Long> all = new LinkedHashMap<>(durationsMs);
        all.put("total", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs));

        return all;
    }
}
