package io.umbra.engine.status;

import org.agrona.concurrent.UnsafeBuffer;

import static io.umbra.engine.status.PartitionTableLayout.BYTES_PER_SECOND_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.CLEAN_STOP_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.CLUSTER_ID_LENGTH;
import static io.umbra.engine.status.PartitionTableLayout.CLUSTER_ID_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.HEARTBEAT_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LINK_ERROR_LENGTH;
import static io.umbra.engine.status.PartitionTableLayout.LINK_ERROR_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LINK_NAME_LENGTH;
import static io.umbra.engine.status.PartitionTableLayout.LINK_NAME_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LINK_STATE_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.MAGIC;
import static io.umbra.engine.status.PartitionTableLayout.MAGIC_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.NODE_ID_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.PID_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RECORDS_PER_SECOND_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.ROW_COUNT_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_MAX_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_P50_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_P999_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_P99_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_WINDOWS_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_WINDOW_LENGTH;
import static io.umbra.engine.status.PartitionTableLayout.SAMPLE_TIME_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.START_TIME_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.TOTAL_BYTES_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.TOTAL_RECORDS_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.VERSION;
import static io.umbra.engine.status.PartitionTableLayout.VERSION_OFFSET;

/**
 * The header of a {@link PartitionTable}: what concerns the engine and the link as a whole. The control thread writes
 * it, save for the measurements, which the sampler writes; any thread or process reads.
 */
public final class TableHeader
{
    private final UnsafeBuffer buffer;
    private final boolean isReadOnly;

    TableHeader(final UnsafeBuffer buffer, final boolean isReadOnly)
    {
        this.buffer = buffer;
        this.isReadOnly = isReadOnly;
    }

    void init(final int nodeId, final long pid, final String linkName, final long startTimeMs)
    {
        final UnsafeBuffer header = writable();
        header.putInt(VERSION_OFFSET, VERSION);
        header.putInt(NODE_ID_OFFSET, nodeId);
        header.putLong(PID_OFFSET, pid);
        header.putLong(START_TIME_OFFSET, startTimeMs);
        header.putLong(HEARTBEAT_OFFSET, startTimeMs);
        SharedText.write(header, LINK_NAME_OFFSET, LINK_NAME_LENGTH, linkName);
        header.putLongRelease(MAGIC_OFFSET, MAGIC);
    }

    boolean isValid()
    {
        return MAGIC == buffer.getLongAcquire(MAGIC_OFFSET) && VERSION == buffer.getInt(VERSION_OFFSET);
    }

    void rowCount(final int rows)
    {
        writable().putIntRelease(ROW_COUNT_OFFSET, rows);
    }

    /** Rows in use; their indexes begin at 0. */
    public int rowCount()
    {
        return buffer.getIntAcquire(ROW_COUNT_OFFSET);
    }

    /** Id of the node on which the engine runs. */
    public int nodeId()
    {
        return buffer.getInt(NODE_ID_OFFSET);
    }

    /** Process id of the engine. */
    public long pid()
    {
        return buffer.getLong(PID_OFFSET);
    }

    /** When the engine started, in milliseconds since 1970. */
    public long startTimeMs()
    {
        return buffer.getLong(START_TIME_OFFSET);
    }

    /** Name of the link. */
    public String linkName()
    {
        return SharedText.read(buffer, LINK_NAME_OFFSET, LINK_NAME_LENGTH);
    }

    /** When the control thread was last seen alive, in milliseconds since 1970. */
    public long heartbeatMs()
    {
        return buffer.getLongVolatile(HEARTBEAT_OFFSET);
    }

    /**
     * A sign of life, about once a second; control thread.
     *
     * @param nowMs milliseconds since 1970.
     */
    public void heartbeatMs(final long nowMs)
    {
        writable().putLongRelease(HEARTBEAT_OFFSET, nowMs);
    }

    /** State of the link. */
    public LinkState linkState()
    {
        return LinkState.get(buffer.getIntVolatile(LINK_STATE_OFFSET));
    }

    /**
     * State of the link and what is wrong, if anything; control thread.
     *
     * @param state of the link.
     * @param error in one line, or null.
     */
    public void linkState(final LinkState state, final String error)
    {
        SharedText.write(writable(), LINK_ERROR_OFFSET, LINK_ERROR_LENGTH, error);
        buffer.putIntRelease(LINK_STATE_OFFSET, state.code());
    }

    /** What is wrong with the link, empty when nothing is. */
    public String error()
    {
        return SharedText.read(buffer, LINK_ERROR_OFFSET, LINK_ERROR_LENGTH);
    }

    /** Whether the engine stopped in good order: everything is durable. */
    public boolean isCleanStop()
    {
        return 0 != buffer.getIntVolatile(CLEAN_STOP_OFFSET);
    }

    /**
     * The engine has stopped and everything is durable; control thread, last of all.
     */
    public void cleanStop()
    {
        writable().putIntRelease(CLEAN_STOP_OFFSET, 1);
    }

    /** Id of the source cluster, empty while it is not known. */
    public String clusterId()
    {
        return SharedText.read(buffer, CLUSTER_ID_OFFSET, CLUSTER_ID_LENGTH);
    }

    /**
     * Id of the source cluster; control thread.
     *
     * @param clusterId as the source's metadata says.
     */
    public void clusterId(final String clusterId)
    {
        SharedText.write(writable(), CLUSTER_ID_OFFSET, CLUSTER_ID_LENGTH, clusterId);
    }

    /**
     * The recovery point objective as measured since the start: how old records were when they became part of the
     * journal, in milliseconds; sampler thread.
     *
     * @param p50  median.
     * @param p99  99th percentile.
     * @param p999 99.9th percentile.
     * @param max  largest.
     */
    public void rpoMs(final double p50, final double p99, final double p999, final double max)
    {
        final UnsafeBuffer header = writable();
        header.putLongRelease(RPO_P50_OFFSET, Double.doubleToRawLongBits(p50));
        header.putLongRelease(RPO_P99_OFFSET, Double.doubleToRawLongBits(p99));
        header.putLongRelease(RPO_P999_OFFSET, Double.doubleToRawLongBits(p999));
        header.putLongRelease(RPO_MAX_OFFSET, Double.doubleToRawLongBits(max));
    }

    /**
     * The recovery point objective as measured in one way over one window; sampler thread.
     *
     * @param method  of the measurement.
     * @param window  of time.
     * @param summary of the measurements.
     */
    public void rpo(final RpoMethod method, final RpoWindow window, final RpoSummary summary)
    {
        final UnsafeBuffer header = writable();
        final int offset = windowOffset(method, window);
        header.putLongRelease(offset, summary.count());
        header.putLongRelease(offset + 8, Double.doubleToRawLongBits(summary.p50()));
        header.putLongRelease(offset + 16, Double.doubleToRawLongBits(summary.p99()));
        header.putLongRelease(offset + 24, Double.doubleToRawLongBits(summary.p999()));
        header.putLongRelease(offset + 32, Double.doubleToRawLongBits(summary.max()));
    }

    /**
     * The recovery point objective as measured in one way over one window.
     *
     * @param method of the measurement.
     * @param window of time; that of a stopped engine ends with the engine.
     * @return summary of the measurements, {@link RpoSummary#NONE} where there are none.
     */
    public RpoSummary rpo(final RpoMethod method, final RpoWindow window)
    {
        final int offset = windowOffset(method, window);
        return new RpoSummary(
            buffer.getLongVolatile(offset),
            Double.longBitsToDouble(buffer.getLongVolatile(offset + 8)),
            Double.longBitsToDouble(buffer.getLongVolatile(offset + 16)),
            Double.longBitsToDouble(buffer.getLongVolatile(offset + 24)),
            Double.longBitsToDouble(buffer.getLongVolatile(offset + 32)));
    }

    /**
     * Rates and totals; sampler thread.
     *
     * @param bytesPerSecond   journaled of late.
     * @param recordsPerSecond journaled of late.
     * @param totalBytes       journaled since the start.
     * @param totalRecords     journaled since the start.
     * @param sampleTimeMs     when this was counted, in milliseconds since 1970.
     */
    public void throughput(
        final long bytesPerSecond,
        final long recordsPerSecond,
        final long totalBytes,
        final long totalRecords,
        final long sampleTimeMs)
    {
        final UnsafeBuffer header = writable();
        header.putLongRelease(BYTES_PER_SECOND_OFFSET, bytesPerSecond);
        header.putLongRelease(RECORDS_PER_SECOND_OFFSET, recordsPerSecond);
        header.putLongRelease(TOTAL_BYTES_OFFSET, totalBytes);
        header.putLongRelease(TOTAL_RECORDS_OFFSET, totalRecords);
        header.putLongRelease(SAMPLE_TIME_OFFSET, sampleTimeMs);
    }

    /** Median of the recovery point objective, in milliseconds. */
    public double rpoP50Ms()
    {
        return Double.longBitsToDouble(buffer.getLongVolatile(RPO_P50_OFFSET));
    }

    /** 99th percentile of the recovery point objective, in milliseconds. */
    public double rpoP99Ms()
    {
        return Double.longBitsToDouble(buffer.getLongVolatile(RPO_P99_OFFSET));
    }

    /** 99.9th percentile of the recovery point objective, in milliseconds. */
    public double rpoP999Ms()
    {
        return Double.longBitsToDouble(buffer.getLongVolatile(RPO_P999_OFFSET));
    }

    /** Largest value of the recovery point objective, in milliseconds. */
    public double rpoMaxMs()
    {
        return Double.longBitsToDouble(buffer.getLongVolatile(RPO_MAX_OFFSET));
    }

    /** Bytes journaled per second, of late. */
    public long bytesPerSecond()
    {
        return buffer.getLongVolatile(BYTES_PER_SECOND_OFFSET);
    }

    /** Records journaled per second, of late. */
    public long recordsPerSecond()
    {
        return buffer.getLongVolatile(RECORDS_PER_SECOND_OFFSET);
    }

    /** Bytes journaled since the engine's start. */
    public long totalBytes()
    {
        return buffer.getLongVolatile(TOTAL_BYTES_OFFSET);
    }

    /** Records journaled since the engine's start. */
    public long totalRecords()
    {
        return buffer.getLongVolatile(TOTAL_RECORDS_OFFSET);
    }

    /** When rates and totals were counted, in milliseconds since 1970; 0 before the first time. */
    public long sampleTimeMs()
    {
        return buffer.getLongVolatile(SAMPLE_TIME_OFFSET);
    }

    private static int windowOffset(final RpoMethod method, final RpoWindow window)
    {
        return RPO_WINDOWS_OFFSET +
            (method.ordinal() * RpoWindow.values().length + window.ordinal()) * RPO_WINDOW_LENGTH;
    }

    private UnsafeBuffer writable()
    {
        if (isReadOnly)
        {
            throw new UnsupportedOperationException("the partition table was opened for reading");
        }

        return buffer;
    }
}
