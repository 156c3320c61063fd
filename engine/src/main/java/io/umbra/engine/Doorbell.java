package io.umbra.engine;

import org.agrona.concurrent.IdleStrategy;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Idles until there is work: the agent parks, and whoever has work for it rings. A ring costs a few nanoseconds while
 * the agent is awake. Without one the agent wakes up by itself every now and then, for what comes by time.
 */
final class Doorbell implements IdleStrategy
{
    private static final String ALIAS = "doorbell";
    private static final int MAX_SPINS = 10;
    private static final int MAX_YIELDS = 5;
    private static final long MAX_PARK_NS = TimeUnit.MILLISECONDS.toNanos(5);

    private volatile boolean isRung;
    private volatile Thread parked;
    private int idles;

    /** There is work. From any thread. */
    void ring()
    {
        isRung = true;
        final Thread thread = parked;
        if (null != thread)
        {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void idle(final int workCount)
    {
        if (workCount > 0)
        {
            reset();
        }
        else
        {
            idle();
        }
    }

    @Override
    public void idle()
    {
        idles++;
        if (idles <= MAX_SPINS)
        {
            Thread.onSpinWait();
        }
        else if (idles <= MAX_SPINS + MAX_YIELDS)
        {
            Thread.yield();
        }
        else
        {
            // In this order: a ring is seen either here or by whoever looks for somebody parked.
            parked = Thread.currentThread();
            if (!isRung)
            {
                LockSupport.parkNanos(this, MAX_PARK_NS);
            }
            parked = null;
            isRung = false;
        }
    }

    @Override
    public void reset()
    {
        // The bell stays rung: it may be for what the agent has not seen yet, and costs one idle turn more.
        idles = 0;
    }

    @Override
    public String alias()
    {
        return ALIAS;
    }
}
