package io.umbra.journal;

import java.util.TreeMap;
import java.util.TreeSet;

/** All that is known in memory about a partition log; made by recovery, kept up to date by {@link PartitionLog}. */
final class LogState
{
    /** Segments by base offset; the last is the active one. There is always one. */
    final TreeMap<Long, LogSegment> segments = new TreeMap<>();
    final LeaderEpochs epochs;
    final DigestAnchors anchors = new DigestAnchors();
    /** Offsets for which there are producer snapshots. */
    final TreeSet<Long> snapshots = new TreeSet<>();
    ProducerState producers = new ProducerState();
    long digest = RollingDigest.SEED;
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

    LogSegment active()
    {
        return segments.lastEntry().getValue();
    }
}
