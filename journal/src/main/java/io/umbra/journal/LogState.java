package io.umbra.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/** All that is known in memory about a partition log; made by recovery, kept up to date by {@link PartitionLog}. */
final class LogState
{
    /** Snapshots and anchors within segments that are kept: the newest may be above the recovery point at a crash. */
    static final int SNAPSHOT_POINTS = 2;

    /** Segments by base offset; the last is the active one. There is always one. */
    final TreeMap<Long, LogSegment> segments = new TreeMap<>();
    final LeaderEpochs epochs;
    final DigestAnchors anchors = new DigestAnchors();
    /** Offsets for which there are producer snapshots. */
    final TreeSet<Long> snapshots = new TreeSet<>();
    ProducerState producers = new ProducerState();
    long digest = RollingDigest.SEED;
    /** The highest producer id that was ever seen, -1 if none was: producers are forgotten, ids are not given twice. */
    long highestProducerId = BatchHeader.NO_PRODUCER_ID;
    long logStartOffset;
    long endOffset;
    /** Whether there is no batch. */
    boolean empty = true;
    /** Bytes of log that the newest producer snapshot or digest anchor does not cover. */
    long bytesSinceState;

    LogState(final PartitionLogContext ctx)
    {
        epochs = new LeaderEpochs(ctx.segmentFiles(), ctx.directory());
    }

    /** Snapshots that are not at the base of a segment, except so many of the newest. */
    List<Long> snapshotPointsBeyond(final int keep)
    {
        final List<Long> points = new ArrayList<>(snapshots);
        points.removeIf(segments::containsKey);
        return points.subList(0, Math.max(0, points.size() - keep));
    }

    LogSegment active()
    {
        return segments.lastEntry().getValue();
    }
}
