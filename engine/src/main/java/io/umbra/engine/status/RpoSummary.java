package io.umbra.engine.status;

/**
 * How old records were when they became part of the journal, in milliseconds.
 *
 * @param count of the measurements; where it is 0, so is everything.
 * @param p50   median.
 * @param p99   99th percentile.
 * @param p999  99.9th percentile.
 * @param max   largest.
 */
public record RpoSummary(long count, double p50, double p99, double p999, double max)
{
    /** Nothing was measured. */
    public static final RpoSummary NONE = new RpoSummary(0, 0, 0, 0, 0);
}
