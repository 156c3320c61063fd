package io.umbra.engine.verify;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;

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

    /**
     * What the source does with old records.
     *
     * @param topics to ask for.
     * @return policy by topic, or why it is not known; none is missing.
     * @throws IOException if the source does not answer.
     */
    Map<String, CleanupPolicy> cleanupPolicies(Collection<String> topics) throws IOException;

    /**
     * Decodes a batch of message format v2, whichever side it comes from.
     *
     * @param batch one whole batch from position to limit, big endian; not changed.
     * @return its records; to be closed.
     * @throws IOException if its CRC is wrong or it cannot be decompressed.
     */
    BatchRecords records(ByteBuffer batch) throws IOException;
}
