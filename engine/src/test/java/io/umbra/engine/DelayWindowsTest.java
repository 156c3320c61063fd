package io.umbra.engine;

import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.RpoWindow;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Delays in windows of time, with a clock turned by hand. */
class DelayWindowsTest
{
    private static final long START_NS = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(30);
    private final DelayWindows delays = new DelayWindows(START_NS);

    private void rollAt(final long seconds)
    {
        // Overflows, as System.nanoTime() may.
        delays.roll(START_NS + TimeUnit.SECONDS.toNanos(seconds));
    }

    @Test
    void percentilesAreThoseOfWhatWasMeasured()
    {
        for (int ms = 1; ms <= 1000; ms++)
        {
            delays.record(ms * 1000L);
        }
        assertEquals(RpoSummary.NONE, delays.summary(RpoWindow.SINCE_START), "not before it is rolled");
        rollAt(1);
        for (final RpoWindow window : RpoWindow.values())
        {
            final RpoSummary summary = delays.summary(window);
            assertEquals(1000, summary.count());
            assertEquals(500, summary.p50(), 5, summary::toString);
            assertEquals(990, summary.p99(), 10, summary::toString);
            assertEquals(999, summary.p999(), 10, summary::toString);
            assertEquals(1000, summary.max(), 10, summary::toString);
        }
    }

    @Test
    void aMinuteLaterItIsNotOfTheLastMinuteAndAnHourLaterNotOfTheLastHour()
    {
        delays.record(7_000);
        rollAt(1);
        rollAt(60);
        assertEquals(1, delays.summary(RpoWindow.LAST_MINUTE).count());
        rollAt(66);
        assertEquals(RpoSummary.NONE, delays.summary(RpoWindow.LAST_MINUTE));
        assertEquals(1, delays.summary(RpoWindow.LAST_HOUR).count());
        rollAt(3_600);
        assertEquals(1, delays.summary(RpoWindow.LAST_HOUR).count());
        rollAt(3_661);
        assertEquals(RpoSummary.NONE, delays.summary(RpoWindow.LAST_HOUR));
        assertEquals(7, delays.summary(RpoWindow.SINCE_START).p50(), 0.01);
    }

    @Test
    void whatComesAfterALongPauseIsKept()
    {
        delays.record(7_000);
        rollAt(1);
        delays.record(9_000);
        rollAt(1_000_000);
        assertEquals(1, delays.summary(RpoWindow.LAST_MINUTE).count());
        assertEquals(1, delays.summary(RpoWindow.LAST_HOUR).count());
        rollAt(1_000_004);
        assertEquals(1, delays.summary(RpoWindow.LAST_MINUTE).count());
        rollAt(1_000_070);
        assertEquals(RpoSummary.NONE, delays.summary(RpoWindow.LAST_MINUTE));
        assertEquals(2, delays.summary(RpoWindow.SINCE_START).count());
    }

    @Test
    void anIntervalHasWhatCameSinceTheOneBefore()
    {
        delays.record(7_000);
        rollAt(1);
        final Histogram first = delays.takeInterval();
        assertEquals(1, first.getTotalCount());
        delays.record(8_000);
        delays.record(9_000);
        rollAt(2);
        assertEquals(2, delays.takeInterval().getTotalCount());
        assertEquals(1, first.getTotalCount());
        assertEquals(0, delays.takeInterval().getTotalCount());
    }

    @Test
    void longerThanADayCountsAsADay()
    {
        delays.record(Long.MAX_VALUE);
        rollAt(1);
        final double dayMs = TimeUnit.DAYS.toMillis(1);
        assertEquals(dayMs, delays.summary(RpoWindow.SINCE_START).max(), dayMs / 100);
        assertTrue(delays.summary(RpoWindow.LAST_HOUR).max() >= dayMs * 0.99);
    }
}
