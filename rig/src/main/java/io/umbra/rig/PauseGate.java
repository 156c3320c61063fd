package io.umbra.rig;

import java.time.Duration;

/** Holds a number of threads at a point of their own choosing, and tells when all of them are there. */
final class PauseGate
{
    private int users;
    private int waiting;
    private boolean closed;

    PauseGate(final int users)
    {
        this.users = users;
    }

    synchronized boolean isClosed()
    {
        return closed;
    }

    /** Called by a user: waits while the gate is closed. */
    synchronized void pass() throws InterruptedException
    {
        waiting++;
        notifyAll();
        try
        {
            while (closed)
            {
                wait();
            }
        }
        finally
        {
            waiting--;
        }
    }

    /** Called by a user that will not come again. */
    synchronized void leave()
    {
        users--;
        notifyAll();
    }

    /** Closes the gate and returns when all users wait at it. */
    synchronized void close(final Duration timeout)
    {
        closed = true;
        final long deadlineNs = System.nanoTime() + timeout.toNanos();
        try
        {
            while (waiting < users)
            {
                final long leftMs = (deadlineNs - System.nanoTime()) / 1_000_000;
                if (leftMs <= 0)
                {
                    throw new IllegalStateException((users - waiting) + " threads do not come to a halt");
                }
                wait(leftMs);
            }
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", ex);
        }
    }

    synchronized void open()
    {
        closed = false;
        notifyAll();
    }
}
