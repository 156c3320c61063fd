package io.umbra.journal;

import io.umbra.journal.InvalidBatchException.Reason;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/**
 * Walks over the batches of a segment file by their headers. Payloads are skipped, unless CRCs are to be checked: then
 * the file is read in large pieces one after the other. Nothing is judged but what a batch says about itself; order is
 * the caller's.
 */
final class SegmentScanner
{
    private static final int READ_BYTES = 256 * 1024;
    /** Below this size it is cheaper to read on than to seek to the next header. */
    private static final int SMALL_BATCH = 4096;
    private static final int HEADER_READ = BatchHeader.SIZE + ControlMarker.MAX_BYTES;

    private static final ThreadLocal<SegmentScanner> SCANNERS = ThreadLocal.withInitial(SegmentScanner::new);

    private final BatchHeader header = new BatchHeader();
    private final ControlMarker marker = new ControlMarker();
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
    private FileChannel channel;
    private long fileSize;
    private long position;
    private long nextPosition;
    private long bufferAt;
    private Reason fault;
    private boolean torn;
    private String text;

    private SegmentScanner()
    {
    }

    /** The thread's one scanner, with its one direct buffer: only one walk at a time. */
    static SegmentScanner forThisThread()
    {
        return SCANNERS.get();
    }

    /** Starts at a position of a file. */
    void wrap(final FileChannel file, final long size, final long start)
    {
        channel = file;
        fileSize = size;
        nextPosition = start;
        bufferAt = 0;
        buffer.limit(0);
    }

    /** The header of the batch that the last advance found. */
    BatchHeader header()
    {
        return header;
    }

    /** The marker of a control batch, valid only for one. */
    ControlMarker marker()
    {
        return marker;
    }

    /** Where the batch begins, or where the bytes do that are none. */
    long position()
    {
        return position;
    }

    /** Where the next batch begins. */
    long nextPosition()
    {
        return nextPosition;
    }

    /** Null if the last advance ended at the end of the file, otherwise what it met instead of a batch. */
    Reason fault()
    {
        return fault;
    }

    /**
     * Whether the fault looks like a write that was cut short: the batch goes beyond the file, or nothing but zeros.
     */
    boolean isTorn()
    {
        return torn;
    }

    String text()
    {
        return text;
    }

    /**
     * Goes to the next batch.
     *
     * @param checkCrc whether its CRC is to be computed.
     * @return false at the end of the file and at bytes that are no batch.
     */
    boolean advance(final boolean checkCrc) throws IOException
    {
        position = nextPosition;
        fault = null;
        torn = false;
        if (position >= fileSize)
        {
            return false;
        }
        final long available = fileSize - position;
        if (available < BatchHeader.SIZE)
        {
            return fail(Reason.LENGTH, true, available + " bytes are left, less than a batch header");
        }
        final boolean readOn = checkCrc || header.sizeInBytes() < SMALL_BATCH;
        require(position, BatchHeader.SIZE, readOn ? READ_BYTES : HEADER_READ);
        header.read(buffer, (int)(position - bufferAt));
        final Reason structural = header.structuralFault();
        if (structural != null)
        {
            final boolean zeros = header.length == 0 && header.baseOffset == 0 && header.magic == 0 && header.crc == 0;
            return fail(structural, zeros, zeros ? "zeros instead of a batch" : header.describe(structural));
        }
        if (header.sizeInBytes() > available)
        {
            return fail(
                Reason.LENGTH,
                true,
                "batch of " + header.sizeInBytes() + " bytes, of which " + available + " are there");
        }
        if (header.isControl())
        {
            readMarker();
        }
        if (checkCrc && !crcMatches())
        {
            return fail(
                Reason.CRC,
                false,
                "stored CRC-32C 0x" + Integer.toHexString(header.crc) + ", computed 0x" +
                    Long.toHexString(crc.getValue()) + " over a batch of " + header.sizeInBytes() + " bytes");
        }
        nextPosition = position + header.sizeInBytes();
        return true;
    }

    private boolean fail(final Reason reason, final boolean looksTorn, final String what)
    {
        fault = reason;
        torn = looksTorn;
        text = what;
        return false;
    }

    private void readMarker() throws IOException
    {
        final int wanted = Math.min(ControlMarker.MAX_BYTES, header.sizeInBytes() - BatchHeader.SIZE);
        require(position, BatchHeader.SIZE + wanted, HEADER_READ);
        final int at = (int)(position - bufferAt) + BatchHeader.SIZE;
        final ByteBuffer records = buffer.duplicate();
        records.limit(at + wanted).position(at);
        marker.read(header, records);
    }

    private boolean crcMatches() throws IOException
    {
        crc.reset();
        long at = position + BatchHeader.CRC_START;
        final long end = position + header.sizeInBytes();
        while (at < end)
        {
            require(at, 1, READ_BYTES);
            final int from = (int)(at - bufferAt);
            final int to = (int)Math.min(end - bufferAt, buffer.limit());
            final ByteBuffer part = buffer.duplicate();
            part.limit(to).position(from);
            crc.update(part);
            at += to - from;
        }
        return (int)crc.getValue() == header.crc;
    }

    /** Has at least some bytes of the file in the buffer; if they are not, reads up to a number of bytes from there. */
    private void require(final long at, final int least, final int most) throws IOException
    {
        if (at >= bufferAt && at + least <= bufferAt + buffer.limit())
        {
            return;
        }
        buffer.clear().limit((int)Math.min(Math.max(least, most), fileSize - at));
        bufferAt = at;
        while (buffer.position() < least)
        {
            final int n = channel.read(buffer, at + buffer.position());
            if (n < 0)
            {
                throw new IOException("file ends at " + (at + buffer.position()) + " of " + fileSize + " bytes");
            }
        }
        buffer.flip();
    }
}
