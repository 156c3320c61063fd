package io.umbra.engine.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

import java.util.Locale;

/**
 * What came out of a demo.
 *
 * @param brokers        of the source cluster.
 * @param topics         shadowed.
 * @param partitions     shadowed.
 * @param records        in the shadow, control records included.
 * @param bytes          in the shadow's segment files.
 * @param catchUpBytes   journaled after the engine was killed and started again.
 * @param catchUpMs      milliseconds that this took.
 * @param gibPerSecond   of that catching up.
 * @param rpoMs          age of records when they became part of the journal, during the live workload.
 * @param identical      whether every byte is the source's.
 * @param verification   what {@code umbra verify --deep} said, for people.
 * @param folder         where the files are, or null when they are gone.
 */
public record DemoResult(
    int brokers,
    int topics,
    int partitions,
    long records,
    long bytes,
    long catchUpBytes,
    long catchUpMs,
    double gibPerSecond,
    Rpo rpoMs,
    boolean identical,
    String verification,
    String folder)
{
    private static final double MIB = 1024.0 * 1024.0;

    /**
     * Recovery point objective in milliseconds.
     *
     * @param p50 median.
     * @param p99 99th percentile.
     */
    public record Rpo(double p50, double p99)
    {
    }

    /**
     * The summary for people.
     *
     * @return lines, with an end of line at the end.
     */
    public String text()
    {
        return String.format(Locale.ROOT, """

            %-12s %,d in %d topics, %d partitions
            %-12s %.1f MiB
            %-12s %.2f GiB/s (%.1f MiB in %.1f s, after kill -9 and a restart)
            %-12s p50 %.1f ms, p99 %.1f ms
            %-12s %s
            """,
            "records", records, topics, partitions,
            "bytes", bytes / MIB,
            "catch-up", gibPerSecond, catchUpBytes / MIB, catchUpMs / 1000.0,
            "RPO", rpoMs.p50(), rpoMs.p99(),
            "verdict", identical ? "identical" : "DIFFERENT");
    }

    /**
     * The summary as a JSON document.
     *
     * @return JSON in many lines.
     */
    public String json()
    {
        try
        {
            return new ObjectMapper().writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(this);
        }
        catch (final JsonProcessingException ex)
        {
            throw new IllegalStateException("a demo's result has no JSON form", ex);
        }
    }
}
