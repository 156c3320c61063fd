package io.umbra.engine.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.prometheus.metrics.model.snapshots.Labels;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the process and its JVM use, under the names that Prometheus' own client libraries give it.
 */
final class ProcessMetrics
{
    private static final double MS_PER_SECOND = 1_000;
    private static final double NS_PER_SECOND = 1e9;
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";
    private static final long KIB = 1024;

    private ProcessMetrics()
    {
    }

    static void add(final Metrics metrics)
    {
        metrics.info("jvm", "The Java virtual machine.", Labels.of(
            "version", System.getProperty("java.runtime.version"), "vendor", System.getProperty("java.vm.vendor")));
        metrics.gauge("process_start_time_seconds", "When the process started, since 1970.", Labels.EMPTY,
            ManagementFactory.getRuntimeMXBean().getStartTime() / MS_PER_SECOND);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean)
        {
            final UnixOperatingSystemMXBean unix =
                (UnixOperatingSystemMXBean)ManagementFactory.getOperatingSystemMXBean();
            metrics.counter("process_cpu_seconds", "Processor time used.", Labels.EMPTY,
                unix.getProcessCpuTime() / NS_PER_SECOND);
            metrics.gauge("process_open_fds", "Open files.", Labels.EMPTY, unix.getOpenFileDescriptorCount());
            metrics.gauge("process_max_fds", "Most files that may be open.", Labels.EMPTY,
                unix.getMaxFileDescriptorCount());
        }
        resident(metrics);
        memory(metrics, "heap", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage());
        memory(metrics, "nonheap", ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage());
        for (final BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class))
        {
            metrics.gauge("jvm_buffer_pool_used_bytes", "Memory outside the heap by pool.",
                Labels.of("pool", pool.getName()), pool.getMemoryUsed());
        }
        for (final GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans())
        {
            metrics.summary("jvm_gc_collection_seconds", "Time spent in garbage collections.",
                Labels.of("gc", collector.getName()), Math.max(0, collector.getCollectionCount()),
                Math.max(0, collector.getCollectionTime()) / MS_PER_SECOND);
        }
        metrics.gauge("jvm_threads_current", "Threads that live.", Labels.EMPTY,
            ManagementFactory.getThreadMXBean().getThreadCount());
    }

    private static void memory(final Metrics metrics, final String area, final MemoryUsage usage)
    {
        final Labels labels = Labels.of("area", area);
        metrics.gauge("jvm_memory_used_bytes", "Memory used by area.", labels, usage.getUsed());
        metrics.gauge("jvm_memory_committed_bytes", "Memory taken from the system by area.", labels,
            usage.getCommitted());
        metrics.gauge("jvm_memory_max_bytes", "Most memory by area, NaN where there is no limit.", labels,
            usage.getMax() < 0 ? Double.NaN : usage.getMax());
    }

    private static void resident(final Metrics metrics)
    {
        try
        {
            if (Files.isReadable(STATUS))
            {
                Files.readString(STATUS).lines()
                    .filter((line) -> line.startsWith(RESIDENT))
                    .findFirst()
                    .ifPresent((line) -> metrics.gauge(
                        "process_resident_memory_bytes", "Memory of the process that is in RAM.", Labels.EMPTY,
                        KIB * Long.parseLong(line.replaceAll("\\D", ""))));
            }
        }
        catch (final IOException ex)
        {
            // A system that has no such file, or does not show it.
            return;
        }
    }
}
