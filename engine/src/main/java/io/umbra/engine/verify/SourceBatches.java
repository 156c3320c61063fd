package io.umbra.engine.verify;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads one partition of the source.
 */
public interface SourceBatches
{
    /**
     * First offset of the partition when it was opened.
     *
     * @return the offset.
     */
    long logStartOffset();

    /**
     * High watermark of the partition when it was opened.
     *
     * @return the offset behind the last committed record.
     */
    long highWatermark();

    /**
     * Reads on.
     *
     * @param offset that the first batch holds or precedes.
     * @return whole batches from position to limit, big endian; empty if the source has nothing there. Valid until the
     * next call.
     * @throws IOException if the source does not answer, or has dropped the offset.
     */
    ByteBuffer fetch(long offset) throws IOException;
}
