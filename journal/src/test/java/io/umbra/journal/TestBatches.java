package io.umbra.journal;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Makes the batches of a partition as a broker would hold them, with Kafka's own builders: all codecs, idempotent and
 * transactional producers, markers, both timestamp types, offset gaps, empty batches, growing leader epochs.
 */
final class TestBatches
{
    static final long TIME = 1_700_000_000_000L;
    static final int BATCH_TYPES = 12;

    private final Random random;
    private final List<ByteBuffer> batches = new ArrayList<>();
    private final Map<Long, Integer> sequences = new TreeMap<>();
    private final List<Long> openTransactions = new ArrayList<>();
    private long nextOffset;
    private int epoch;
    private long time = TIME;
    private boolean gaps = true;

    TestBatches(final long seed, final long firstOffset)
    {
        random = new Random(seed);
        nextOffset = firstOffset;
    }

    static List<ByteBuffer> generate(final long seed, final int count)
    {
        return new TestBatches(seed, 0).add(count).batches();
    }

    TestBatches withoutGaps()
    {
        gaps = false;
        return this;
    }

    List<ByteBuffer> batches()
    {
        return batches;
    }

    long nextOffset()
    {
        return nextOffset;
    }

    TestBatches add(final int count)
    {
        for (int i = 0; i < count; i++)
        {
            addRandom();
        }
        return this;
    }

    private void addRandom()
    {
        if (random.nextInt(12) == 0)
        {
            epoch += 1 + random.nextInt(3);
        }
        if (gaps && random.nextInt(10) == 0)
        {
            nextOffset += random.nextInt(40);
        }
        time += random.nextInt(50) - 10;
        switch (random.nextInt(BATCH_TYPES))
        {
            case 0:
            case 1:
                addTransactional();
                break;
            case 2:
            case 3:
                endTransaction();
                break;
            case 4:
                addIdempotent();
                break;
            case 5:
                addEmpty();
                break;
            default:
                addPlain();
                break;
        }
    }

    private void addPlain()
    {
        final boolean logAppendTime = random.nextInt(6) == 0;
        add(
            logAppendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
            RecordBatch.NO_PRODUCER_ID,
            RecordBatch.NO_PRODUCER_EPOCH,
            RecordBatch.NO_SEQUENCE,
            false);
    }

    private void addIdempotent()
    {
        final long producerId = 1 + random.nextInt(4);
        add(TimestampType.CREATE_TIME, producerId, (short)0, sequences.getOrDefault(producerId, 0), false);
    }

    private void addTransactional()
    {
        final long producerId = 1000 + random.nextInt(5);
        if (!openTransactions.contains(producerId))
        {
            openTransactions.add(producerId);
        }
        add(TimestampType.CREATE_TIME, producerId, (short)3, sequences.getOrDefault(producerId, 0), true);
    }

    private void endTransaction()
    {
        if (openTransactions.isEmpty())
        {
            addPlain();
            return;
        }
        final long producerId = openTransactions.remove(random.nextInt(openTransactions.size()));
        final ControlRecordType type = random.nextBoolean() ? ControlRecordType.ABORT : ControlRecordType.COMMIT;
        add(MemoryRecords.withEndTransactionMarker(
            nextOffset, time, epoch, producerId, (short)3, new EndTransactionMarker(type, random.nextInt(3))));
    }

    private void addEmpty()
    {
        final ByteBuffer buffer = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        DefaultRecordBatch.writeEmptyHeader(
            buffer,
            RecordBatch.MAGIC_VALUE_V2,
            RecordBatch.NO_PRODUCER_ID,
            RecordBatch.NO_PRODUCER_EPOCH,
            RecordBatch.NO_SEQUENCE,
            nextOffset,
            nextOffset + random.nextInt(3),
            epoch,
            TimestampType.CREATE_TIME,
            time,
            false,
            false);
        buffer.flip();
        add(MemoryRecords.readableRecords(buffer));
    }

    private void add(
        final TimestampType type,
        final long producerId,
        final short producerEpoch,
        final int sequence,
        final boolean transactional)
    {
        final Compression compression;
        switch (random.nextInt(8))
        {
            case 0:
                compression = Compression.gzip().build();
                break;
            case 1:
                compression = Compression.snappy().build();
                break;
            case 2:
                compression = Compression.lz4().build();
                break;
            case 3:
                compression = Compression.zstd().build();
                break;
            default:
                compression = Compression.NONE;
                break;
        }
        final int records = 1 + random.nextInt(5);
        final MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
            ByteBuffer.allocate(4096),
            RecordBatch.MAGIC_VALUE_V2,
            compression,
            type,
            nextOffset,
            time,
            producerId,
            producerEpoch,
            sequence,
            transactional,
            false,
            epoch,
            1 << 20);
        for (int i = 0; i < records; i++)
        {
            builder.append(time + random.nextInt(20), bytes(20), bytes(220));
        }
        if (sequence >= 0)
        {
            sequences.put(producerId, sequence + records);
        }
        add(builder.build());
    }

    private byte[] bytes(final int most)
    {
        if (random.nextInt(8) == 0)
        {
            return null;
        }
        final byte[] bytes = new byte[random.nextInt(most)];
        random.nextBytes(bytes);
        return bytes;
    }

    private void add(final MemoryRecords records)
    {
        final ByteBuffer source = records.buffer().duplicate();
        final ByteBuffer copy = ByteBuffer.allocate(source.remaining());
        copy.put(source).flip();
        batches.add(copy);
        nextOffset = records.batches().iterator().next().lastOffset() + 1;
    }

    /** One batch of a given size, in which one record takes what the header leaves. */
    static ByteBuffer ofSize(final long offset, final int epoch, final int size)
    {
        int payload = Math.max(0, size - 61 - 20);
        ByteBuffer batch = plain(offset, epoch, payload);
        while (batch.remaining() != size)
        {
            payload += size - batch.remaining();
            if (payload < 0)
            {
                throw new IllegalArgumentException("no batch of " + size + " bytes");
            }
            final ByteBuffer next = plain(offset, epoch, payload);
            if (next.remaining() - size == size - batch.remaining())
            {
                throw new IllegalArgumentException("no batch of " + size + " bytes");
            }
            batch = next;
        }
        return batch;
    }

    static ByteBuffer plain(final long offset, final int epoch, final int payload)
    {
        final byte[] value = new byte[payload];
        new Random(offset).nextBytes(value);
        final MemoryRecordsBuilder builder = MemoryRecords.builder(
            ByteBuffer.allocate(payload + 128),
            RecordBatch.MAGIC_VALUE_V2,
            Compression.NONE,
            TimestampType.CREATE_TIME,
            offset,
            RecordBatch.NO_TIMESTAMP,
            RecordBatch.NO_PRODUCER_ID,
            RecordBatch.NO_PRODUCER_EPOCH,
            RecordBatch.NO_SEQUENCE,
            false,
            epoch);
        builder.append(TIME + offset, null, value);
        return builder.build().buffer().duplicate();
    }

    static ByteBuffer transactional(final long offset, final int epoch, final long producerId, final int records)
    {
        final MemoryRecordsBuilder builder = MemoryRecords.builder(
            ByteBuffer.allocate(4096),
            RecordBatch.MAGIC_VALUE_V2,
            Compression.NONE,
            TimestampType.CREATE_TIME,
            offset,
            RecordBatch.NO_TIMESTAMP,
            producerId,
            (short)0,
            0,
            true,
            epoch);
        for (int i = 0; i < records; i++)
        {
            builder.append(TIME + offset, null, new byte[10]);
        }
        return builder.build().buffer().duplicate();
    }

    static ByteBuffer marker(final long offset, final int epoch, final long producerId, final boolean abort)
    {
        return MemoryRecords.withEndTransactionMarker(
            offset,
            TIME + offset,
            epoch,
            producerId,
            (short)0,
            new EndTransactionMarker(abort ? ControlRecordType.ABORT : ControlRecordType.COMMIT, 1))
            .buffer()
            .duplicate();
    }

    static BatchBytes bytes(final ByteBuffer... parts)
    {
        final BatchBytes bytes = new BatchBytes();
        for (final ByteBuffer part : parts)
        {
            bytes.add(part, part.position(), part.remaining());
        }
        return bytes;
    }

    static BatchHeader header(final ByteBuffer batch)
    {
        final BatchHeader header = new BatchHeader();
        header.read(batch, batch.position());
        return header;
    }
}
