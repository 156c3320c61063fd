package io.umbra.journal.ledger;

import net.openhft.chronicle.core.time.TimeProvider;
import org.agrona.concurrent.EpochClock;

/**
 * The time that Chronicle Queue sees: that of the file being written. It stands still until {@link Ledger} has made
 * room for the next file, so that no file begins by itself, and it never goes back, whatever the machine's clock
 * does.
 */
final class RollClock implements TimeProvider
{
    private final EpochClock clock;
    private final long periodMs;
    private long cycle = -1;

    RollClock(final EpochClock clock, final LedgerRoll roll)
    {
        this.clock = clock;
        this.periodMs = roll.periodMs();
    }

    /**
     * The cycle in which an entry belongs that is written now.
     *
     * @param isFull whether the current file has to end whatever the time.
     * @return the current cycle or the one to go on with. When files fill faster than one a minute, names run ahead
     *         of time.
     */
    long due(final boolean isFull)
    {
        final long nowMs = clock.time();
        final long byPeriod = nowMs - Math.floorMod(nowMs, periodMs);
        if (byPeriod > cycle * CycleName.CYCLE_MS)
        {
            return byPeriod / CycleName.CYCLE_MS;
        }
        return isFull ? Math.max(cycle + 1, nowMs / CycleName.CYCLE_MS) : cycle;
    }

    long nowMs()
    {
        return clock.time();
    }

    long cycle()
    {
        return cycle;
    }

    void cycle(final long newCycle)
    {
        if (newCycle < cycle)
        {
            throw new IllegalArgumentException("cycle " + newCycle + " is before " + cycle);
        }
        cycle = newCycle;
    }

    @Override
    public long currentTimeMillis()
    {
        return cycle * CycleName.CYCLE_MS;
    }
}
