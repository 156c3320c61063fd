package io.umbra.engine;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class HeldLogStartsTest
{
    private static final long KEEP_MS = 10_000;

    private final HeldLogStarts held = new HeldLogStarts();

    @Test
    void nothingIsDueBeforeItsTime()
    {
        held.add(10, 1_000, KEEP_MS);
        held.add(20, 5_000, KEEP_MS);
        assertEquals(-1, held.due(1_000 + KEEP_MS - 1));
        assertEquals(10, held.due(1_000 + KEEP_MS));
        assertEquals(-1, held.due(5_000 + KEEP_MS - 1));
        assertEquals(20, held.due(5_000 + KEEP_MS));
        assertTrue(held.isEmpty());
    }

    @Test
    void whatComesCloseTogetherIsOneThatWaitsForTheLast()
    {
        held.add(10, 0, KEEP_MS);
        held.add(11, 60, KEEP_MS);
        // Close to the one before, but not to the first of them: it may not put off the others for ever.
        held.add(12, 130, KEEP_MS);
        assertEquals(-1, held.due(KEEP_MS));
        assertEquals(11, held.due(60 + KEEP_MS));
        assertEquals(12, held.due(130 + KEEP_MS));
    }

    @Test
    void aLogStartThatIsNotNewChangesNothing()
    {
        held.add(10, 0, KEEP_MS);
        held.add(10, 5_000, KEEP_MS);
        held.add(3, 5_000, KEEP_MS);
        assertEquals(10, held.due(KEEP_MS));
        assertTrue(held.isEmpty());
    }
}
