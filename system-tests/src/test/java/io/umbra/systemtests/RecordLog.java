package io.umbra.systemtests;

import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** All that a partition's directory holds, at the source or in the shadow, decoded by Kafka's own code. */
final class RecordLog
{
    private final TreeMap<Long, Row> rows = new TreeMap<>();
    private final TreeMap<Long, Batch> batches = new TreeMap<>();

    /** A record, with all that a consumer sees of it but its offset. */
    record Row(long timestamp, ByteBuffer key, ByteBuffer value, List<String> headers, boolean isControl)
    {
    }

    /**
     * A batch.
     *
     * @param file     that holds it.
     * @param position in the file.
     * @param bytes    of it, whole.
     * @param kafka    the same, for its fields.
     * @param count    of records.
     */
    record Batch(Path file, int position, ByteBuffer bytes, MutableRecordBatch kafka, int count)
    {
    }

    private RecordLog()
    {
    }

    /** Reads a directory that stands still, from an offset on: batches that end below it are left out. */
    static RecordLog of(final Path dir, final long fromOffset) throws IOException
    {
        final RecordLog log = new RecordLog();
        for (final Path file : SegmentFile.of(dir))
        {
            final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            int position = 0;
            for (final MutableRecordBatch batch : MemoryRecords.readableRecords(bytes).batches())
            {
                batch.ensureValid();
                if (batch.lastOffset() >= fromOffset)
                {
                    log.add(file, position, bytes, batch);
                }
                position += batch.sizeInBytes();
            }
        }
        return log;
    }

    private void add(final Path file, final int position, final ByteBuffer bytes, final MutableRecordBatch batch)
    {
        int count = 0;
        for (final Record record : batch)
        {
            count++;
            final List<String> headers = new ArrayList<>();
            for (final Header header : record.headers())
            {
                headers.add(header.key() + '=' + new String(header.value()));
            }
            rows.put(record.offset(),
                new Row(record.timestamp(), record.key(), record.value(), headers, batch.isControlBatch()));
        }
        batches.put(batch.baseOffset(),
            new Batch(file, position, bytes.slice(position, batch.sizeInBytes()), batch, count));
    }

    TreeMap<Long, Row> rows()
    {
        return rows;
    }

    /** By base offset. */
    TreeMap<Long, Batch> batches()
    {
        return batches;
    }

    long firstBaseOffset()
    {
        return batches.isEmpty() ? -1 : batches.firstKey();
    }
}
