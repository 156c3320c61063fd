package io.umbra.jmh.rig;

import org.HdrHistogram.Histogram;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Histograms of latencies, in nanoseconds to three digits, up to a minute.
 */
final class Latencies
{
    private static final long HIGHEST_NS = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;
    private static final double NANOS_PER_MS = 1e6;
    private static final int TICKS_PER_HALF_DISTANCE = 5;

    private Latencies()
    {
    }

    static Histogram histogram()
    {
        return new Histogram(HIGHEST_NS, DIGITS);
    }

    static void record(final Histogram histogram, final long latencyNs)
    {
        histogram.recordValue(Math.min(HIGHEST_NS, Math.max(0, latencyNs)));
    }

    static void write(final Histogram histogram, final Path file) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        histogram.encodeIntoByteBuffer(buffer);
        Files.write(file, Arrays.copyOf(buffer.array(), buffer.position()));
    }

    static Histogram read(final Path file) throws IOException
    {
        return Histogram.decodeFromByteBuffer(ByteBuffer.wrap(Files.readAllBytes(file)), 0);
    }

    /** The percentile distribution in milliseconds, as HdrHistogram's plotting tools read it. */
    static void print(final Histogram histogram, final Path file) throws IOException
    {
        try (PrintStream out = new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8))
        {
            histogram.outputPercentileDistribution(out, TICKS_PER_HALF_DISTANCE, NANOS_PER_MS);
        }
    }

    /** In milliseconds. */
    static Map<String, Double> percentiles(final Histogram histogram)
    {
        final Map<String, Double> percentiles = new LinkedHashMap<>();
        percentiles.put("p50", milliseconds(histogram, 50));
        percentiles.put("p90", milliseconds(histogram, 90));
        percentiles.put("p99", milliseconds(histogram, 99));
        percentiles.put("p999", milliseconds(histogram, 99.9));
        percentiles.put("max", milliseconds(histogram, 100));
        return percentiles;
    }

    private static double milliseconds(final Histogram histogram, final double percentile)
    {
        return Row.rounded(histogram.getValueAtPercentile(percentile) / NANOS_PER_MS);
    }
}
