package io.umbra.engine.rpo;

import io.umbra.engine.status.RpoSummary;
import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.Histogram;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.DataFormatException;

/**
 * Histograms of delays, summed up, and as the ledger has them: HdrHistogram's compressed encoding, version 2; no bytes
 * for none.
 */
public final class DelayCodec
{
    private static final byte[] NOTHING = {};

    private static final double US_PER_MS = 1000.0;

    private DelayCodec()
    {
    }

    /**
     * Sums a histogram up.
     *
     * @param delaysUs microseconds, or null.
     * @return milliseconds.
     */
    public static RpoSummary summary(final AbstractHistogram delaysUs)
    {
        if (null == delaysUs || 0 == delaysUs.getTotalCount())
        {
            return RpoSummary.NONE;
        }
        final double max = delaysUs.getMaxValue() / US_PER_MS;
        return new RpoSummary(
            delaysUs.getTotalCount(),
            Math.min(max, delaysUs.getValueAtPercentile(50) / US_PER_MS),
            Math.min(max, delaysUs.getValueAtPercentile(99) / US_PER_MS),
            Math.min(max, delaysUs.getValueAtPercentile(99.9) / US_PER_MS),
            max);
    }

    /**
     * A histogram as bytes.
     *
     * @param delaysUs microseconds.
     * @return its encoding, empty if nothing was measured.
     */
    public static byte[] encode(final AbstractHistogram delaysUs)
    {
        if (0 == delaysUs.getTotalCount())
        {
            return NOTHING;
        }
        final ByteBuffer buffer = ByteBuffer.allocate(delaysUs.getNeededByteBufferCapacity());
        final int length = delaysUs.encodeIntoCompressedByteBuffer(buffer);
        return Arrays.copyOf(buffer.array(), length);
    }

    /**
     * A histogram of bytes.
     *
     * @param encoded as {@link #encode} made them.
     * @return microseconds; null for no bytes.
     * @throws IllegalArgumentException if it is none.
     */
    public static Histogram decode(final byte[] encoded)
    {
        if (0 == encoded.length)
        {
            return null;
        }
        try
        {
            return Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(encoded), 0);
        }
        catch (final DataFormatException | RuntimeException ex)
        {
            throw new IllegalArgumentException("no histogram: " + ex, ex);
        }
    }
}
