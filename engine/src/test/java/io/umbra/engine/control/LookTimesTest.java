package io.umbra.engine.control;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LookTimesTest
{
    private static final long INTERVAL_MS = 60_000;
    private static final long BEGIN_MS = 1_000_000;

    private final LookTimes times = new LookTimes(INTERVAL_MS);

    /** Looks for a while, each of which takes no time. */
    private List<Long> looks(final long forMs, final boolean isRequestedAllTheTime, final boolean isAnswered)
    {
        final List<Long> looks = new ArrayList<>();
        for (long nowMs = BEGIN_MS; nowMs < BEGIN_MS + forMs; nowMs++)
        {
            if (isRequestedAllTheTime)
            {
                times.request();
            }
            if (times.isDue(nowMs))
            {
                looks.add(nowMs);
                times.begin(nowMs);
                if (isAnswered)
                {
                    times.answered(nowMs);
                }
                else
                {
                    times.unanswered(nowMs);
                }
            }
        }
        return looks;
    }

    @Test
    void atAnInterval()
    {
        assertEquals(List.of(BEGIN_MS, BEGIN_MS + INTERVAL_MS), looks(2 * INTERVAL_MS, false, true));
    }

    @Test
    void atOnceIfItWasQuietBefore()
    {
        looks(INTERVAL_MS - 1, false, true);
        final long nowMs = BEGIN_MS + INTERVAL_MS / 2;
        assertFalse(times.isDue(nowMs));
        times.request();
        assertTrue(times.isDue(nowMs));
    }

    @Test
    void whatIsAskedForAllTheTimeComesEverMoreSeldom()
    {
        final List<Long> looks = looks(INTERVAL_MS, true, true);
        assertTrue(looks.get(2) - BEGIN_MS <= 300, looks::toString);
        // Every second at most, every half at least.
        assertTrue(looks.size() >= 60 && looks.size() <= 130, () -> looks.size() + ": " + looks);
    }

    @Test
    void afterAQuietLookItComesSoonAgain()
    {
        looks(INTERVAL_MS, true, true);
        final long quietMs = BEGIN_MS + 3 * INTERVAL_MS;
        assertTrue(times.isDue(quietMs));
        times.begin(quietMs);
        times.answered(quietMs);
        // The request that was still open has been seen to.
        final long nextMs = quietMs + INTERVAL_MS;
        times.begin(nextMs);
        times.answered(nextMs);
        times.request();
        assertTrue(times.isDue(nextMs + 100));
    }

    /** Whatever partitions ask for meanwhile. */
    @Test
    void aSourceThatDoesNotAnswerIsAskedEverMoreSeldom()
    {
        final List<Long> looks = looks(INTERVAL_MS, true, false);
        assertTrue(looks.get(2) - BEGIN_MS <= 300, looks::toString);
        assertTrue(looks.size() >= 12 && looks.size() <= 35, () -> looks.size() + ": " + looks);
    }
}
