package io.umbra.engine;

import io.umbra.engine.rpo.DelayCodec;
import io.umbra.engine.status.RpoSummary;
import io.umbra.engine.status.RpoWindow;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.IntCountsHistogram;

import java.util.concurrent.TimeUnit;

/**
 * Delays as histograms: of the last minute, of the last hour, since the start, and since somebody last asked. In
 * microseconds up to a day, to three digits since the start and two in the windows. For one thread.
 */
final class DelayWindows
{
    /** Longer ones count as this. */
    static final long MAX_US = TimeUnit.DAYS.toMicros(1);
    private static final int DIGITS = 3;
    private static final int WINDOW_DIGITS = 2;

    private final Histogram pending = new Histogram(MAX_US, DIGITS);
    private final Histogram sinceStart = new Histogram(MAX_US, DIGITS);
    private final Histogram interval = new Histogram(MAX_US, WINDOW_DIGITS);
    private final Window minute;
    private final Window hour;

    /**
     * Windows that begin now.
     *
     * @param nowNs as {@link System#nanoTime()} says.
     */
    DelayWindows(final long nowNs)
    {
        minute = new Window(12, TimeUnit.SECONDS.toNanos(5), nowNs);
        hour = new Window(60, TimeUnit.MINUTES.toNanos(1), nowNs);
    }

    /**
     * A delay was measured; it shows with the next {@link #roll}.
     *
     * @param delayUs microseconds, 0 or more.
     */
    void record(final long delayUs)
    {
        pending.recordValue(Math.min(MAX_US, delayUs));
    }

    /**
     * Delays were measured elsewhere.
     *
     * @param delaysUs microseconds, none longer than {@link #MAX_US}.
     */
    void add(final Histogram delaysUs)
    {
        if (delaysUs.getTotalCount() > 0)
        {
            pending.add(delaysUs);
        }
    }

    /**
     * Puts what has come into the windows, and moves them.
     *
     * @param nowNs as {@link System#nanoTime()} says.
     */
    void roll(final long nowNs)
    {
        minute.roll(nowNs);
        hour.roll(nowNs);
        if (pending.getTotalCount() > 0)
        {
            minute.add(pending);
            hour.add(pending);
            interval.add(pending);
            sinceStart.add(pending);
            pending.reset();
        }
    }

    /**
     * What is in a window, as of the last {@link #roll}.
     *
     * @param window of time.
     * @return milliseconds.
     */
    RpoSummary summary(final RpoWindow window)
    {
        switch (window)
        {
            case LAST_MINUTE:
                return DelayCodec.summary(minute.merged());
            case LAST_HOUR:
                return DelayCodec.summary(hour.merged());
            default:
                return DelayCodec.summary(sinceStart);
        }
    }

    /**
     * What has come since the last call, as of the last {@link #roll}.
     *
     * @return microseconds; the caller's to keep.
     */
    Histogram takeInterval()
    {
        final Histogram copy = interval.copy();
        interval.reset();
        return copy;
    }

    /** A ring of slots: the one that is being filled, and as many full ones as make up the window. */
    private static final class Window
    {
        private final IntCountsHistogram[] slots;
        private final Histogram merged = new Histogram(MAX_US, WINDOW_DIGITS);
        private final long slotNs;
        private long slotEndNs;
        private int current;
        private boolean isChanged;

        Window(final int slots, final long slotNs, final long nowNs)
        {
            this.slots = new IntCountsHistogram[slots + 1];
            for (int i = 0; i <= slots; i++)
            {
                this.slots[i] = new IntCountsHistogram(MAX_US, WINDOW_DIGITS);
            }
            this.slotNs = slotNs;
            slotEndNs = nowNs + slotNs;
        }

        void roll(final long nowNs)
        {
            for (int i = 0; i < slots.length && nowNs - slotEndNs >= 0; i++)
            {
                current = (current + 1) % slots.length;
                isChanged |= slots[current].getTotalCount() > 0;
                slots[current].reset();
                slotEndNs += slotNs;
            }
            if (nowNs - slotEndNs >= 0)
            {
                // Nobody has come for longer than the window: all slots are empty now.
                slotEndNs = nowNs + slotNs;
            }
        }

        void add(final Histogram delaysUs)
        {
            slots[current].add(delaysUs);
            isChanged = true;
        }

        Histogram merged()
        {
            if (isChanged)
            {
                isChanged = false;
                merged.reset();
                for (final IntCountsHistogram slot : slots)
                {
                    if (slot.getTotalCount() > 0)
                    {
                        merged.add(slot);
                    }
                }
            }
            return merged;
        }
    }
}
