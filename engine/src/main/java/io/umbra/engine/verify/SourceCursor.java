package io.umbra.engine.verify;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Goes through the batches of the source one by one, up to an end. When the source drops offsets meanwhile, it goes
 * on with the first ones that are left; a fetch that fails is tried again.
 */
final class SourceCursor
{
    private static final int BASE_OFFSET = 0;
    private static final int LENGTH = 8;
    private static final int LEADER_EPOCH = 12;
    private static final int CRC = 17;
    private static final int ATTRIBUTES = 21;
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int PRODUCER_ID = 43;
    private static final int PRODUCER_EPOCH = 51;
    private static final int BASE_SEQUENCE = 53;
    private static final int HEADER_LENGTH = 61;
    private static final int LOG_OVERHEAD = 12;
    private static final int EMPTY_FETCHES = 3;
    private static final int MAX_FAILURES = 3;

    private final VerifySource source;
    private final SourcePartition partition;
    private final long end;
    private SourceBatches batches;
    private ByteBuffer fetched = ByteBuffer.allocate(0);
    private long nextOffset;
    private int position;
    private int size;

    SourceCursor(
        final VerifySource source,
        final SourcePartition partition,
        final SourceBatches batches,
        final long offset,
        final long end)
    {
        this.source = source;
        this.partition = partition;
        this.batches = batches;
        this.nextOffset = offset;
        this.end = end;
    }

    /**
     * Goes to the next batch.
     *
     * @return false when there is none below the end.
     * @throws IOException if the source does not answer or answers with what is no batch.
     */
    boolean next() throws IOException
    {
        position += size;
        size = 0;
        while (nextOffset < end)
        {
            if (position >= fetched.limit() && !fetch())
            {
                return false;
            }
            readSize();
            if (lastOffset() >= nextOffset)
            {
                nextOffset = lastOffset() + 1;
                return baseOffset() < end;
            }
            // The first batch of a fetch may end before what was asked for.
            position += size;
        }
        size = 0;
        return false;
    }

    long baseOffset()
    {
        return fetched.getLong(position + BASE_OFFSET);
    }

    long lastOffset()
    {
        return baseOffset() + fetched.getInt(position + LAST_OFFSET_DELTA);
    }

    int sizeInBytes()
    {
        return size;
    }

    int leaderEpoch()
    {
        return fetched.getInt(position + LEADER_EPOCH);
    }

    int crc()
    {
        return fetched.getInt(position + CRC);
    }

    short attributes()
    {
        return fetched.getShort(position + ATTRIBUTES);
    }

    long producerId()
    {
        return fetched.getLong(position + PRODUCER_ID);
    }

    short producerEpoch()
    {
        return fetched.getShort(position + PRODUCER_EPOCH);
    }

    int baseSequence()
    {
        return fetched.getInt(position + BASE_SEQUENCE);
    }

    /**
     * The batch's bytes, until the next call of {@link #next}.
     */
    ByteBuffer bytes()
    {
        return fetched.slice(position, size);
    }

    /**
     * Log start offset of the source, asked again.
     */
    long currentLogStartOffset() throws IOException
    {
        batches = source.open(partition);
        return batches.logStartOffset();
    }

    private boolean fetch() throws IOException
    {
        for (int i = 0; i < EMPTY_FETCHES; i++)
        {
            final ByteBuffer records = records();
            if (records.hasRemaining())
            {
                fetched = records.slice();
                position = 0;
                return true;
            }
        }
        return false;
    }

    /** The partition is opened anew where that fails: its leader may have moved, the offset may be gone. */
    private ByteBuffer records() throws IOException
    {
        for (int failures = 0; ; failures++)
        {
            try
            {
                return batches.fetch(nextOffset);
            }
            catch (final IOException ex)
            {
                if (MAX_FAILURES == failures)
                {
                    throw ex;
                }
                nextOffset = Math.max(nextOffset, currentLogStartOffset());
            }
        }
    }

    private void readSize() throws IOException
    {
        final int remaining = fetched.limit() - position;
        final int length = remaining < HEADER_LENGTH ? 0 : fetched.getInt(position + LENGTH);
        if (length < HEADER_LENGTH - LOG_OVERHEAD || length > remaining - LOG_OVERHEAD)
        {
            throw new IOException("the source's answer at offset " + nextOffset + " holds what is no whole batch");
        }
        size = length + LOG_OVERHEAD;
    }
}
