package io.umbra.jmh.rig;

/**
 * What one round of one contender took, from the moment that it was warm until its last record was there.
 *
 * @param seconds    of the span.
 * @param bytes      of record batches copied in the span.
 * @param records    copied in the span.
 * @param cpuSeconds user and system time of the contender's process in the span.
 * @param peakRssMib highest resident memory of that process, MiB; includes the files it has mapped.
 */
record Measurement(double seconds, long bytes, long records, double cpuSeconds, long peakRssMib)
{
    private static final double GIB = 1L << 30;

    double gibPerSecond()
    {
        return bytes / GIB / seconds;
    }

    double recordsPerSecond()
    {
        return records / seconds;
    }

    double cpuSecondsPerGib()
    {
        return cpuSeconds / (bytes / GIB);
    }
}
