package io.umbra.engine.verify;

import java.io.IOException;
import java.util.Collection;

/**
 * The live source, as the verifier sees it. For one thread.
 */
public interface VerifySource
{
    /**
     * The partitions that the link includes.
     *
     * @return all of them, at this moment.
     * @throws IOException if the source does not answer.
     */
    Collection<SourcePartition> partitions() throws IOException;

    /**
     * Begins to read a partition, with its offsets as they are now. May be called again for the same partition, for its
     * offsets.
     *
     * @param partition to read.
     * @return what reads it.
     * @throws IOException if the partition's leader does not answer.
     */
    SourceBatches open(SourcePartition partition) throws IOException;
}
