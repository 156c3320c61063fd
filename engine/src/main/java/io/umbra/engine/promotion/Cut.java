package io.umbra.engine.promotion;

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
