package io.umbra.engine.promotion;

import io.umbra.engine.metadata.TopicMetadata;
import io.umbra.engine.status.TopicState;

import java.io.IOException;

/**
 * Where logs end in the new cluster.
 */
interface Cut
{
    /** All that is there: of logs that an engine is writing what is on the disk, of others everything. */
    Cut NOW = new Cut()
    {
        @Override
        public boolean isPast()
        {
            return false;
        }

        @Override
        public boolean isDeleted(final ShadowPartition partition)
        {
            return TopicState.SOURCE_DELETED == partition.sample().topicState();
        }

        @Override
        public boolean had(final TopicMetadata topic)
        {
            return false;
        }

        @Override
        public long logStart(final ShadowPartition partition, final long logStartOffset)
        {
            return logStartOffset;
        }

        @Override
        public boolean isThere(final ShadowPartition partition)
        {
            return true;
        }

        @Override
        public long end(final ShadowPartition partition)
        {
            return partition.isWritten() ? Math.max(0, partition.sample().durableOffset()) : Long.MAX_VALUE;
        }
    };

    /**
     * Whether it is about an earlier moment, so that what is gone from the source since may be meant.
     *
     * @return true if it is.
     */
    boolean isPast();

    /**
     * Whether the source had deleted its topic, and had no other of that name.
     *
     * @param partition in question.
     * @return true if it had, as far as the engine had noticed.
     */
    boolean isDeleted(ShadowPartition partition);

    /**
     * Whether any record of a topic was journaled then.
     *
     * @param topic with its id.
     * @return true if one was.
     */
    boolean had(TopicMetadata topic);

    /**
     * First visible offset that a partition gets.
     *
     * @param partition      in question.
     * @param logStartOffset that the journal knows of the partition of that name.
     * @return the offset.
     */
    long logStart(ShadowPartition partition, long logStartOffset);

    /**
     * Whether there is such a partition at all.
     *
     * @param partition in question.
     * @return false if it came later.
     * @throws PromotionRefusedException if nobody knows any more.
     */
    boolean isThere(ShadowPartition partition);

    /**
     * The end that a partition gets.
     *
     * @param partition in question.
     * @return the offset; the greatest number for all that there is.
     * @throws IOException if it cannot be found out.
     */
    long end(ShadowPartition partition) throws IOException;
}
