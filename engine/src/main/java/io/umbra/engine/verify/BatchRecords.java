package io.umbra.engine.verify;

import java.io.IOException;

/**
 * The records of one batch, decompressed one after the other. For one thread.
 */
public interface BatchRecords extends AutoCloseable
{
    /**
     * Reads on.
     *
     * @return the next record; null behind the last one. Its memory is the caller's.
     * @throws IOException if what follows is no record.
     */
    LogRecord next() throws IOException;

    /** Frees what decompression needs. */
    @Override
    void close();
}
