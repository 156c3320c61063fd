package io.umbra.journal.ledger;

import net.openhft.chronicle.core.io.BackgroundResourceReleaser;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LegacyRollCycles;

import java.nio.file.Path;

/**
 * How Umbra uses Chronicle Queue, in one place.
 */
final class ChronicleSettings
{
    /** Mapped at a time. Files are sparse, so that this costs address space only. */
    static final int BLOCK_SIZE = 4 << 20;

    /** Mapped beyond the block, as Chronicle has it for this block size; a file is k × block + overlap long. */
    static final int OVERLAP_SIZE = BLOCK_SIZE / 4;

    /**
     * Always minutes, whatever {@code ledger.roll} says: {@link RollClock} decides when a file ends, so that files
     * can end by time and by size, and so that a change of the configuration needs no new directory.
     */
    static final RollCycle ROLL_CYCLE = LegacyRollCycles.MINUTELY;

    /** Chronicle waits so long for other writers, of which there are none, and for files that are being created. */
    private static final long TIMEOUT_MS = 500;

    static
    {
        // It has a thread of its own that logs warnings on its own; the engine watches free space itself.
        setDefault("chronicle.disk.monitor.disable", "true");
        // A banner.
        setDefault("chronicle.announcer.disable", "true");
        // "Took 1 ms to grow file" and the like.
        setDefault("disable.perf.info", "true");
        // Registers a shutdown hook when it is loaded, which fails while the JVM is going down already.
        BackgroundResourceReleaser.releasePendingResources();
    }

    private ChronicleSettings()
    {
    }

    /**
     * Does nothing but what happens when this class is loaded.
     */
    static void load()
    {
    }

    static SingleChronicleQueueBuilder builder(final Path directory)
    {
        return SingleChronicleQueueBuilder.binary(directory)
            .rollCycle(ROLL_CYCLE)
            .blockSize(BLOCK_SIZE)
            .timeoutMS(TIMEOUT_MS);
    }

    private static void setDefault(final String name, final String value)
    {
        if (System.getProperty(name) == null)
        {
            System.setProperty(name, value);
        }
    }
}
