package io.umbra.engine;

import java.util.ArrayDeque;

/**
 * Log starts of a source's partition that the shadow follows only later, with {@code retention=keep:}. What came within
 * a hundredth of the time to wait counts as one, so that there are some hundred at most. Forgotten at a stop: then the
 * wait begins anew, which keeps things longer, never shorter. For one thread.
 */
final class HeldLogStarts
{
    private static final int STEPS = 100;

    private final ArrayDeque<Held> held = new ArrayDeque<>();

    private record Held(long offset, long firstMs, long dueMs)
    {
    }

    /**
     * The source's log start has moved.
     *
     * @param offset where to.
     * @param nowMs  when, milliseconds since 1970.
     * @param keepMs how long to keep what is below it, milliseconds.
     */
    void add(final long offset, final long nowMs, final long keepMs)
    {
        final Held last = held.peekLast();
        if (null != last && offset <= last.offset)
        {
            return;
        }
        long firstMs = nowMs;
        if (null != last && nowMs - last.firstMs < keepMs / STEPS)
        {
            held.pollLast();
            firstMs = last.firstMs;
        }
        held.addLast(new Held(offset, firstMs, nowMs + keepMs));
    }

    boolean isEmpty()
    {
        return held.isEmpty();
    }

    /**
     * Take those whose time has come.
     *
     * @param nowMs current time, milliseconds since 1970.
     * @return the highest of them, -1 if there is none.
     */
    long due(final long nowMs)
    {
        long offset = -1;
        while (!held.isEmpty() && held.peekFirst().dueMs <= nowMs)
        {
            offset = held.pollFirst().offset;
        }
        return offset;
    }
}
