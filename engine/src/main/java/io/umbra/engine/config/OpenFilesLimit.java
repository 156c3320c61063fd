package io.umbra.engine.config;

import com.sun.management.UnixOperatingSystemMXBean;

import java.lang.management.ManagementFactory;

/**
 * How many files this process may have open, and what that means for partitions.
 */
final class OpenFilesLimit
{
    private static final int FILES_PER_PARTITION = 4;
    /** Where there is no limit, or one that other things on the machine would feel. */
    private static final long MOST_FILES = 8192;

    private OpenFilesLimit()
    {
    }

    /** Half of what the process may open is for the partitions that are written. */
    static int partitions()
    {
        return partitions(
            ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system ?
            system.getMaxFileDescriptorCount() : MOST_FILES);
    }

    static int partitions(final long maxFiles)
    {
        return (int)Math.max(1, Math.min(maxFiles, MOST_FILES) / 2 / FILES_PER_PARTITION);
    }
}
