package io.umbra.engine.source;

import io.umbra.engine.verify.BatchRecords;
import io.umbra.engine.verify.LogRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A batch that Kafka's own code decompresses and decodes: for verification, never on the way of a batch.
 */
final class DecodedBatch implements BatchRecords
{
    private final CloseableIterator<Record> records;

    private DecodedBatch(final CloseableIterator<Record> records)
    {
        this.records = records;
    }

    /**
     * Check a batch and begin to decode it.
     *
     * @param batch   one whole batch from position to limit; not changed, and not needed afterwards.
     * @param buffers for decompression.
     * @return the records.
     * @throws IOException if its CRC is wrong, or it cannot be decompressed.
     */
    static DecodedBatch open(final ByteBuffer batch, final BufferSupplier buffers) throws IOException
    {
        final ByteBuffer copy = ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
        try
        {
            final MutableRecordBatch decoded = MemoryRecords.readableRecords(copy).batchIterator().next();
            decoded.ensureValid();
            return new DecodedBatch(decoded.streamingIterator(buffers));
        }
        catch (final RuntimeException ex)
        {
            throw new IOException(Causes.oneLine(ex), ex);
        }
    }

    @Override
    public LogRecord next() throws IOException
    {
        try
        {
            return records.hasNext() ? logRecord(records.next()) : null;
        }
        catch (final RuntimeException ex)
        {
            // Bytes that are no record come to light in many ways.
            throw new IOException(Causes.oneLine(ex), ex);
        }
    }

    private static LogRecord logRecord(final Record record)
    {
        final List<LogRecord.Header> headers = new ArrayList<>();
        for (final Header header : record.headers())
        {
            headers.add(new LogRecord.Header(
                header.key(), null == header.value() ? null : ByteBuffer.wrap(header.value())));
        }
        return new LogRecord(record.offset(), record.timestamp(), record.key(), record.value(), headers);
    }

    @Override
    public void close()
    {
        records.close();
    }
}
