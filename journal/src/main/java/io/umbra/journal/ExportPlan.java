package io.umbra.journal;

import java.util.List;

/**
 * What {@link LogExport#export} would make of a partition as it is.
 *
 * @param logStartOffset    first visible offset.
 * @param endOffset         next offset after the last batch that goes along, before any ABORT marker.
 * @param lastEpoch         leader epoch of the last batch, -1 when there is none.
 * @param digest            {@link RollingDigest} at the end offset.
 * @param highestProducerId in the newest producer snapshot and the batches above it, -1 when there is none.
 * @param openTransactions  in the order of their first offsets: they get an ABORT marker each.
 * @param lastTimestamp     largest time stamp of the last batch, ms since 1970; -1 when there is none.
 * @param segments          of the source that go along, the last one perhaps in part.
 * @param bytesToLink       of the log files that both directories will share; with COPY none.
 * @param bytesToCopy       of the log files, or parts of them, that are copied.
 * @param damage            why less goes along than was durable once, null if all of it does.
 */
public record ExportPlan(
    long logStartOffset,
    long endOffset,
    int lastEpoch,
    long digest,
    long highestProducerId,
    List<OpenTransaction> openTransactions,
    long lastTimestamp,
    int segments,
    long bytesToLink,
    long bytesToCopy,
    String damage)
{
}
