package io.umbra.jmh.rig;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The rounds of one contender, as medians.
 */
final class Row
{
    private final String name;
    private final List<Measurement> rounds = new ArrayList<>();

    /**
     * A row of the results.
     *
     * @param name            of the contender.
     * @param gibPerSecond    median.
     * @param recordsPerSecond median.
     * @param cpuSecondsPerGib median; user and system time of its process.
     * @param peakRssMib      highest of all rounds.
     * @param rounds          GiB/s of each.
     */
    record Result(
        String name,
        double gibPerSecond,
        double recordsPerSecond,
        double cpuSecondsPerGib,
        long peakRssMib,
        List<Double> rounds)
    {
    }

    Row(final String name)
    {
        this.name = name;
    }

    String name()
    {
        return name;
    }

    boolean isEmpty()
    {
        return rounds.isEmpty();
    }

    void add(final Measurement round)
    {
        rounds.add(round);
    }

    double gibPerSecond()
    {
        return median(Measurement::gibPerSecond);
    }

    double seconds()
    {
        return median(Measurement::seconds);
    }

    Result result()
    {
        return new Result(
            name,
            rounded(gibPerSecond()),
            Math.round(median(Measurement::recordsPerSecond)),
            rounded(median(Measurement::cpuSecondsPerGib)),
            rounds.stream().mapToLong(Measurement::peakRssMib).max().orElse(0),
            rounds.stream().map((round) -> rounded(round.gibPerSecond())).toList());
    }

    private double median(final ToDoubleFunction<Measurement> value)
    {
        final double[] values = rounds.stream().mapToDouble(value).sorted().toArray();
        final int middle = values.length / 2;
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    /** To three digits behind the point. */
    static double rounded(final double value)
    {
        return Math.round(value * 1000) / 1000.0;
    }
}
