package io.umbra.engine.scrub;

import org.junit.jupiter.api.Test;

import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class PaceTest
{
    private static final int LOOKS = 3;

    @Test
    void whoHasReadTooMuchWaitsUntilStopped()
    {
        final AtomicInteger looks = new AtomicInteger();
        final Pace pace = new Pace(1, () -> looks.incrementAndGet() == LOOKS);
        assertThrows(CancellationException.class, () -> pace.take(1_000_000));
        assertEquals(LOOKS, looks.get());
    }

    @Test
    void whoMayReadMoreGoesOn()
    {
        new Pace(Long.MAX_VALUE, () -> false).take(Long.MAX_VALUE);
    }

    @Test
    void whoIsStoppedDoesNotGoOn()
    {
        assertThrows(CancellationException.class, () -> new Pace(Long.MAX_VALUE, () -> true).take(1));
    }
}
