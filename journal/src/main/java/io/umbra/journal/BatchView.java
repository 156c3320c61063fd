package io.umbra.journal;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** A whole batch as it is in a segment file. Valid until the reader that gave it goes on. */
public final class BatchView
{
    private final BatchHeader header = new BatchHeader();
    private final CRC32C crc = new CRC32C();
    private ByteBuffer buffer;
    private Path file;
    private int filePosition;

    BatchView()
    {
    }

    void wrap(final ByteBuffer batch, final Path segmentFile, final int position)
    {
        buffer = batch;
        file = segmentFile;
        filePosition = position;
        header.read(batch, 0);
    }

    BatchHeader header()
    {
        return header;
    }

    /** @return offset of the first record. */
    public long baseOffset()
    {
        return header.baseOffset;
    }

    /** @return offset of the last record, as it was before compaction. */
    public long lastOffset()
    {
        return header.lastOffset();
    }

    /** @return bytes of the whole batch. */
    public int sizeInBytes()
    {
        return header.sizeInBytes();
    }

    /** @return leader epoch, -1 if it has none. */
    public int leaderEpoch()
    {
        return header.leaderEpoch;
    }

    /** @return CRC-32C that the batch stores. */
    public int crc()
    {
        return header.crc;
    }

    /** @return CRC-32C over attributes to end, computed. */
    public int computeCrc()
    {
        crc.reset();
        final ByteBuffer covered = buffer.duplicate();
        covered.limit(header.sizeInBytes()).position(BatchHeader.CRC_START);
        crc.update(covered);
        return (int)crc.getValue();
    }

    /** @return true if the stored CRC is the computed one. */
    public boolean isCrcValid()
    {
        return computeCrc() == header.crc;
    }

    /** @return attribute bits. */
    public short attributes()
    {
        return header.attributes;
    }

    /** @return number of records, control records included. */
    public int count()
    {
        return header.count;
    }

    /** @return largest timestamp, milliseconds since 1970. */
    public long maxTimestamp()
    {
        return header.maxTimestamp;
    }

    /** @return producer id, -1 if there is none. */
    public long producerId()
    {
        return header.producerId;
    }

    /** @return producer epoch, -1 if there is none. */
    public short producerEpoch()
    {
        return header.producerEpoch;
    }

    /** @return sequence number of the first record, -1 if there is none. */
    public int baseSequence()
    {
        return header.baseSequence;
    }

    /** @return true for a batch with a control record, such as the end of a transaction. */
    public boolean isControl()
    {
        return header.isControl();
    }

    /** @return true for a batch that is part of a transaction. */
    public boolean isTransactional()
    {
        return header.isTransactional();
    }

    /** @return the bytes, from position to limit; read only. */
    public ByteBuffer buffer()
    {
        final ByteBuffer bytes = buffer.asReadOnlyBuffer();
        bytes.limit(header.sizeInBytes()).position(0);
        return bytes;
    }

    /** @return segment file. */
    public Path file()
    {
        return file;
    }

    /** @return position of the batch in the file. */
    public int filePosition()
    {
        return filePosition;
    }
}
