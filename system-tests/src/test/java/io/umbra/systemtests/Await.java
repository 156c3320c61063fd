package io.umbra.systemtests;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for conditions. The deadline is there to end a test that has failed, and is never part of what is tested. */
final class Await
{
    private static final Duration DEADLINE = Duration.ofSeconds(120);
    private static final long POLL_NS = 50_000_000L;

    private Await()
    {
    }

    static void until(final Callable<Boolean> condition, final Supplier<String> whatIsMissing) throws Exception
    {
        final long deadlineNs = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.call())
        {
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new AssertionError("not within " + DEADLINE + ": " + whatIsMissing.get());
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }
}
