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
 * @param failover       what the end of the source cost.
 * @param identical      whether every byte is the source's, and the consumer group went on at its next record.
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
    Failover failover,
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
     * What the end of the source cost.
     *
     * @param lostRecords  that the source had acknowledged and the promoted cluster does not have.
     * @param rtoMs        milliseconds from the kill of the source to the first record that the consumer group read
     *                     from the promoted cluster.
     * @param isNextRecord whether the group went on at its very next record, with none twice and none missing.
     */
    public record Failover(long lostRecords, long rtoMs, boolean isNextRecord)
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
            %-12s %d acknowledged records lost; the consumer read on %s after %.1f s (RTO)
            %-12s %s
            """,
            "records", records, topics, partitions,
            "bytes", bytes / MIB,
            "catch-up", gibPerSecond, catchUpBytes / MIB, catchUpMs / 1000.0,
            "RPO", rpoMs.p50(), rpoMs.p99(),
            "failover", failover.lostRecords(), failover.isNextRecord() ? "at its next record" : "AT A WRONG RECORD",
            failover.rtoMs() / 1000.0,
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
