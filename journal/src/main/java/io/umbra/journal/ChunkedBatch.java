package io.umbra.journal;

import io.umbra.journal.InvalidBatchException.Reason;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** A batch that comes in chunks, because it is larger than a message: how far it has come. */
final class ChunkedBatch
{
    private final BatchHeader header = new BatchHeader();
    private final ControlMarker marker = new ControlMarker();
    private final CRC32C crc = new CRC32C();
    private int received;
    /** How far the CRC has come: beyond what was received when a chunk could not be written. */
    private int fed;
    private boolean active;

    boolean isActive()
    {
        return active;
    }

    BatchHeader header()
    {
        return header;
    }

    ControlMarker marker()
    {
        return marker;
    }

    /** Bytes received and written so far. */
    int received()
    {
        return received;
    }

    /** Takes the header from a first chunk. Nothing is under way before {@link #begin}. */
    BatchHeader readHeader(final BatchBytes bytes, final int batchLength, final long nextOffset)
        throws InvalidBatchException
    {
        if (bytes.length() < BatchHeader.SIZE)
        {
            throw new InvalidBatchException(
                Reason.CHUNK_ORDER,
                nextOffset,
                "first chunk of " + bytes.length() + " bytes, less than a batch header");
        }
        header.read(bytes, 0);
        if (header.sizeInBytes() != batchLength)
        {
            throw new InvalidBatchException(
                Reason.LENGTH,
                nextOffset,
                "a batch of " + header.sizeInBytes() + " bytes announced as one of " + batchLength);
        }
        return header;
    }

    void begin()
    {
        crc.reset();
        received = 0;
        fed = 0;
        active = true;
    }

    void checkChunk(final int chunkOffset, final int chunkLength, final int batchLength) throws InvalidBatchException
    {
        if (chunkOffset != received || batchLength != header.sizeInBytes() || chunkLength == 0 ||
            chunkLength > batchLength - received || fed > received && chunkLength != fed - received)
        {
            throw new InvalidBatchException(
                Reason.CHUNK_ORDER,
                header.baseOffset,
                "chunk of " + chunkLength + " bytes at " + chunkOffset + " of " + batchLength + " where " + received +
                    " of " + header.sizeInBytes() + " have come");
        }
    }

    /** Takes a chunk into account before it is written; a chunk that is tried again counts once. */
    void feed(final BatchBytes bytes)
    {
        if (fed > received)
        {
            return;
        }
        if (received == 0 && header.isControl())
        {
            // A control batch is never so large; if one is, its first record is in the first chunk or is not
            // understood.
            final ByteBuffer records = ByteBuffer.allocate(
                Math.min(ControlMarker.MAX_BYTES, bytes.length() - BatchHeader.SIZE));
            bytes.copyTo(records, BatchHeader.SIZE, records.capacity());
            marker.read(header, records.flip());
        }
        final int skipped = Math.max(0, BatchHeader.CRC_START - received);
        bytes.update(crc, skipped, bytes.length() - skipped);
        fed = received + bytes.length();
    }

    /** Whether the chunk that was fed last ends the batch. */
    boolean isLast()
    {
        return fed == header.sizeInBytes();
    }

    /** The chunk that was fed last is written. */
    void onWritten()
    {
        received = fed;
    }

    /** CRC of what has come. */
    int crc()
    {
        return (int)crc.getValue();
    }

    void end()
    {
        active = false;
        received = 0;
    }
}
