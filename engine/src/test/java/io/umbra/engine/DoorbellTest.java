package io.umbra.engine;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;

class DoorbellTest
{
    private static final int ROUNDS = 20_000;

    /** Every piece of work is answered before the next is offered: a lost ring would cost a whole park each time. */
    @Test
    @Timeout(60)
    void everyRingIsHeard() throws Exception
    {
        final Doorbell bell = new Doorbell();
        final AtomicInteger offered = new AtomicInteger();
        final AtomicInteger done = new AtomicInteger();
        final Thread agent = new Thread(() ->
        {
            while (done.get() < ROUNDS)
            {
                final int workCount = offered.get() - done.get();
                done.addAndGet(workCount);
                bell.idle(workCount);
            }
        });
        agent.start();
        for (int round = 1; round <= ROUNDS; round++)
        {
            offered.set(round);
            bell.ring();
            while (done.get() < round)
            {
                Thread.onSpinWait();
            }
        }
        agent.join();
        assertEquals(ROUNDS, done.get());
    }

    @Test
    @Timeout(60)
    void wakesUpByItself() throws Exception
    {
        final Doorbell bell = new Doorbell();
        final Thread agent = new Thread(() ->
        {
            for (int i = 0; i < 100; i++)
            {
                bell.idle(0);
            }
        });
        agent.start();
        agent.join();
    }
}
