package io.umbra.journal;

import java.util.List;

/**
 * What {@link LogExport#export} has made: the fields of {@link ExportPlan}, as they came out.
 *
 * @param partition         by name.
 * @param logStartOffset    first visible offset.
 * @param endOffset         next offset after the last batch of the source, before the ABORT markers.
 * @param promotedEndOffset end offset of the exported log, behind the ABORT markers.
 * @param lastEpoch         leader epoch of the last batch of the source, -1 when there is none.
 * @param digest            {@link RollingDigest} at the end offset.
 * @param highestProducerId in the newest producer snapshot and the batches above it, -1 when there is none.
 * @param openTransactions  that were aborted, in the order of their markers.
 * @param lastTimestamp     largest time stamp of the last batch of the source, ms since 1970; -1 when there is none.
 * @param segments          of the source that went along, the last one perhaps in part.
 * @param bytesLinked       of the files that the source has too, or had before they were moved.
 * @param bytesCopied       of all other files.
 * @param damage            why less went along than was durable once, null if all of it did.
 */
public record ExportedLog(
    PartitionKey partition,
    long logStartOffset,
    long endOffset,
    long promotedEndOffset,
    int lastEpoch,
    long digest,
    long highestProducerId,
    List<OpenTransaction> openTransactions,
    long lastTimestamp,
    int segments,
    long bytesLinked,
    long bytesCopied,
    String damage)
{
}
