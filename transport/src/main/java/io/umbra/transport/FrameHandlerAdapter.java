package io.umbra.transport;

import io.umbra.codecs.control.SourceCondition;

/**
 * A handler that takes control messages and does nothing with them, for those that look at few of them or at none.
 */
public interface FrameHandlerAdapter extends FrameHandler
{
    /**
     * {@inheritDoc}
     */
    @Override
    default boolean onLogStartAdvanced(
        final int partitionIndex, final int assignmentEpoch, final long logStartOffset, final long timeNs)
    {
        return true;
    }

    /**
     * {@inheritDoc}
     */
    @Override
    default boolean onSourceConditionChanged(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fetchOffset,
        final long timeNs,
        final SourceCondition condition,
        final String text)
    {
        return true;
    }

    /**
     * {@inheritDoc}
     */
    @Override
    default boolean onSourceDiverged(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fetchOffset,
        final int leaderEpoch,
        final long endOffset,
        final long timeNs)
    {
        return true;
    }

    /**
     * {@inheritDoc}
     */
    @Override
    default boolean onOffsetsLost(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fromOffset,
        final long toOffset,
        final long timeNs)
    {
        return true;
    }
}
