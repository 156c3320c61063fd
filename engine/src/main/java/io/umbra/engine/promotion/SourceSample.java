package io.umbra.engine.promotion;

import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.TopicState;

/**
 * What the engine last knew of a partition at the source, and of its own log. Numbers that are not known are -1,
 * times 0.
 *
 * @param topicState          of its topic.
 * @param leaderEpoch         as the source's metadata said.
 * @param lastEpoch           of the last batch in the log.
 * @param endOffset           next offset to be journaled.
 * @param durableOffset       below which everything is on the disk.
 * @param sourceHighWatermark as sampled.
 * @param sampleTimeMs        when that was, in milliseconds since 1970.
 * @param lagMs               age that the oldest missing record had then.
 */
record SourceSample(
    TopicState topicState,
    int leaderEpoch,
    int lastEpoch,
    long endOffset,
    long durableOffset,
    long sourceHighWatermark,
    long sampleTimeMs,
    long lagMs)
{
    /** Of a partition that no engine has worked on. */
    static final SourceSample UNKNOWN = new SourceSample(TopicState.ACTIVE, -1, -1, -1, -1, -1, 0, -1);

    /** What a row says. */
    static SourceSample of(final PartitionTable table, final int index)
    {
        // What follows is read before what leads.
        final long durable = table.journalDurableOffset(index);
        final long sampledEnd = table.sampledEndOffset(index);
        final long sampleTimeMs = table.sampleTimeMs(index);
        return new SourceSample(
            table.topicState(index),
            table.leaderEpoch(index),
            table.journalLastEpoch(index),
            table.journalEndOffset(index),
            durable,
            sampledEnd,
            sampleTimeMs,
            0 == sampleTimeMs ? -1 : table.lagMs(index));
    }

    /** The same, with the age that an earlier one had: an engine that lets go of a partition forgets it. */
    SourceSample after(final SourceSample earlier)
    {
        return TopicState.PROMOTED != topicState ? this : new SourceSample(
            topicState, leaderEpoch, lastEpoch, endOffset, durableOffset, sourceHighWatermark, sampleTimeMs,
            Math.max(lagMs, earlier.lagMs));
    }

    /** The same with a later word of the source itself. */
    SourceSample with(final long sourceEnd, final long timeMs)
    {
        return new SourceSample(
            topicState, leaderEpoch, lastEpoch, endOffset, durableOffset, sourceEnd, timeMs,
            sourceEnd <= endOffset ? 0 : lagMs);
    }
}
