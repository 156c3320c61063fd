package io.umbra.engine.source;

import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BackOffTest
{
    private static final long FIRST_MS = 100;
    private static final long MAX_MS = 5_000;
    private static final int MANY = 1_000;

    private static void assertBetween(final long leastMs, final long mostMs, final long actualMs)
    {
        assertTrue(leastMs <= actualMs && actualMs <= mostMs, () -> actualMs + " ms");
    }

    @Test
    void itDoublesUpToALimitAndBeginsAnewAfterASuccess()
    {
        final BackOff backOff = new BackOff(FIRST_MS, MAX_MS);
        for (int round = 0; round < 2; round++)
        {
            for (int failure = 0; failure < MANY; failure++)
            {
                assertEquals(failure, backOff.failures());
                final long longestMs = failure < 6 ? FIRST_MS << failure : MAX_MS;
                assertBetween(longestMs / 2, longestMs, backOff.failed());
            }
            backOff.succeeded();
        }
    }

    @Test
    void whatHasNoHurryWaitsLonger()
    {
        final BackOff backOff = new BackOff(FIRST_MS, MAX_MS);
        assertBetween(2_000, 4_000, backOff.failed(4_000));
        assertBetween(100, 200, backOff.failed());
    }

    /** A thousand that fail at the same time, each as often as the others. */
    @Test
    void thoseThatFailTogetherDoNotComeBackTogether()
    {
        final Set<Long> waits = new HashSet<>();
        int early = 0;
        for (int i = 0; i < MANY; i++)
        {
            final BackOff backOff = new BackOff(MAX_MS, MAX_MS);
            final long waitMs = backOff.failed();
            waits.add(waitMs);
            early += waitMs < MAX_MS * 3 / 4 ? 1 : 0;
        }
        // Of 2,501 possible waits each by itself is as likely as another: far outside of what chance does.
        assertTrue(waits.size() > MANY / 2, () -> waits.size() + " different waits");
        assertBetween(MANY / 4, MANY * 3 / 4, early);
    }
}
