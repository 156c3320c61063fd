package io.umbra.engine.source;

import org.junit.jupiter.api.Test;

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
