package io.umbra.jmh.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What Linux says of a process in {@code /proc}.
 */
final class Proc
{
    /** {@code sysconf(_SC_CLK_TCK)}: 100 on every Linux that Java runs on. */
    private static final double TICKS_PER_SECOND = 100;
    /** Fields of {@code /proc/PID/stat} after the command's name in parentheses: user and system time. */
    private static final int USER_FIELD = 11;
    private static final int SYSTEM_FIELD = 12;
    private static final int KIB_PER_MIB = 1024;

    private Proc()
    {
    }

    /**
     * Processor time that a process has taken so far.
     *
     * @param pid of the process.
     * @return seconds, user and system.
     * @throws IOException if there is no such process.
     */
    static double cpuSeconds(final long pid) throws IOException
    {
        final String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        final String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[USER_FIELD]) + Long.parseLong(fields[SYSTEM_FIELD])) / TICKS_PER_SECOND;
    }

    /**
     * Forgets the highest resident memory so far.
     *
     * @param pid of the process.
     * @throws IOException if there is no such process.
     */
    static void resetPeakRss(final long pid) throws IOException
    {
        Files.writeString(Path.of("/proc", Long.toString(pid), "clear_refs"), "5");
    }

    /**
     * Highest resident memory.
     *
     * @param pid of the process.
     * @return MiB; mapped files and shared memory are in it.
     * @throws IOException if there is no such process.
     */
    static long peakRssMib(final long pid) throws IOException
    {
        for (final String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")))
        {
            if (line.startsWith("VmHWM:"))
            {
                return Long.parseLong(line.replaceAll("\\D", "")) / KIB_PER_MIB;
            }
        }
        return 0;
    }
}
