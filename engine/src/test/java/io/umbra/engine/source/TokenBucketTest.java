package io.umbra.engine.source;

import org.junit.jupiter.api.Test;

import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TokenBucketTest
{
    private final long startMs = System.currentTimeMillis() + 10_000;

    @Test
    void whatWasTakenTooMuchIsWaitedFor()
    {
        final TokenBucket bucket = new TokenBucket(1_000);
        assertTrue(bucket.isPositive(startMs));
        // A second's worth was saved up, at most.
        bucket.take(3_000);
        assertFalse(bucket.isPositive(startMs + 1_999));
        assertTrue(bucket.isPositive(startMs + 2_002));
    }

    /** Responses of many sizes, asked for whenever that is allowed, for a hundred seconds of a clock of our own. */
    @Test
    void whatIsLetThroughComesAtTheRate()
    {
        final long rate = 1_000_000;
        final int seconds = 100;
        final int largest = 300_000;
        final Random random = new Random(3);
        final TokenBucket bucket = new TokenBucket(rate);
        assertTrue(bucket.isPositive(startMs));
        long taken = 0;
        for (long nowMs = startMs; nowMs < startMs + seconds * 1_000L; nowMs += 1 + random.nextInt(7))
        {
            if (bucket.isPositive(nowMs))
            {
                final int bytes = 1 + random.nextInt(largest);
                bucket.take(bytes);
                taken += bytes;
            }
        }
        // Besides the rate: the second's worth that was saved up, and the last response.
        final long total = taken;
        assertTrue(total > rate * (seconds - 1), () -> total + " bytes");
        assertTrue(total <= rate * (seconds + 1) + largest, () -> total + " bytes");
    }

    @Test
    void aClockThatWasSetBackAddsNothing()
    {
        final TokenBucket bucket = new TokenBucket(1_000);
        assertTrue(bucket.isPositive(startMs));
        bucket.take(1_500);
        assertFalse(bucket.isPositive(startMs - 5_000));
        assertTrue(bucket.isPositive(startMs + 502));
    }

    @Test
    void withoutALimitNothingIsCounted()
    {
        final TokenBucket bucket = new TokenBucket(TokenBucket.UNLIMITED);
        bucket.take(Long.MAX_VALUE);
        assertTrue(bucket.isPositive(startMs));
        bucket.rate(10);
        assertTrue(bucket.isPositive(startMs));
    }
}
