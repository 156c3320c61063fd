package io.umbra.engine.promotion;

import io.umbra.journal.ExportPlan;
import io.umbra.journal.LogExport;
import io.umbra.journal.PartitionKey;

/**
 * A partition that is promoted.
 *
 * @param key         of the partition.
 * @param node        id of the node that gets it.
 * @param leaderEpoch that the new cluster begins with.
 * @param sample      of the source.
 * @param context     of its export; null when there is no log yet.
 * @param export      what the export will do; null when there is no log yet.
 */
record PlannedPartition(
    PartitionKey key, int node, int leaderEpoch, SourceSample sample, LogExport.Context context, ExportPlan export)
{
    /** Next offset after the last batch that goes along. */
    long endOffset()
    {
        return null == export ? 0 : export.endOffset();
    }

    /** As far as positions of groups may go: behind the markers that will follow. */
    long promotedEndOffset()
    {
        return null == export ? 0 : export.endOffset() + export.openTransactions().size();
    }

    long logStartOffset()
    {
        return null == export ? 0 : export.logStartOffset();
    }

    /** Records that the source is known to have had and that do not go along. */
    long lossRecords()
    {
        return sample.sourceHighWatermark() < 0 ? -1 : Math.max(0, sample.sourceHighWatermark() - endOffset());
    }
}
