package io.umbra.transport.recording;

import io.aeron.protocol.DataHeaderFlyweight;
import org.agrona.BitUtil;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * One file of a recording, mapped to be read, and its frames. One thread.
 * <p>
 * A frame counts if its header says what its place says, and if it has the checksum that the recorder left where the
 * header otherwise has the session. Padding has neither a body nor a checksum.
 */
final class SegmentMap implements AutoCloseable
{
    private static final int HEADER_LENGTH = DataHeaderFlyweight.HEADER_LENGTH;
    private static final int FRAME_ALIGNMENT = 32;
    private static final int FLAG_BEGIN = 0x80;
    private static final int FLAG_END = 0x40;
    private static final int TYPE_PADDING = DataHeaderFlyweight.HDR_TYPE_PAD;
    private static final int TYPE_DATA = DataHeaderFlyweight.HDR_TYPE_DATA;

    private final Recording recording;
    private final long base;
    private final MappedByteBuffer bytes;
    private final ByteBuffer body;
    private final UnsafeBuffer buffer;
    private final CRC32C crc = new CRC32C();

    SegmentMap(final Path dir, final Recording recording, final long base) throws IOException
    {
        this.recording = recording;
        this.base = base;
        try (FileChannel channel = FileChannel.open(
            ArchiveDirectory.segment(dir, recording.id(), base), StandardOpenOption.READ))
        {
            bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, Math.min(channel.size(), recording.segmentLength()));
        }
        body = bytes.duplicate();
        buffer = new UnsafeBuffer(bytes);
    }

    UnsafeBuffer buffer()
    {
        return buffer;
    }

    boolean holds(final long position)
    {
        return position >= base && position < base + recording.segmentLength();
    }

    long end()
    {
        return base + recording.segmentLength();
    }

    int offset(final long position)
    {
        return (int)(position - base);
    }

    /** Bytes of the frame with its header, without the alignment; 0 where nothing was written. */
    int frameLength(final long position)
    {
        final int offset = offset(position);
        return offset + HEADER_LENGTH > buffer.capacity() ? 0 : buffer.getInt(offset, ByteOrder.LITTLE_ENDIAN);
    }

    static int aligned(final int frameLength)
    {
        return BitUtil.align(frameLength, FRAME_ALIGNMENT);
    }

    boolean isPadding(final long position)
    {
        return TYPE_PADDING == type(position);
    }

    boolean isBegin(final long position)
    {
        return 0 != (flags(position) & FLAG_BEGIN);
    }

    boolean isEnd(final long position)
    {
        return 0 != (flags(position) & FLAG_END);
    }

    /** Whether there is a whole frame as it was recorded. */
    boolean isValid(final long position)
    {
        final int length = frameLength(position);
        if (length < HEADER_LENGTH || length > recording.termLength())
        {
            return false;
        }
        final int offset = offset(position);
        final int termOffset = (int)(position & (recording.termLength() - 1));
        final int type = type(position);
        if (termOffset + aligned(length) > recording.termLength() ||
            buffer.getInt(offset + DataHeaderFlyweight.TERM_OFFSET_FIELD_OFFSET, ByteOrder.LITTLE_ENDIAN) !=
                termOffset ||
            buffer.getInt(offset + DataHeaderFlyweight.TERM_ID_FIELD_OFFSET, ByteOrder.LITTLE_ENDIAN) !=
                recording.initialTermId() + (int)(position / recording.termLength()) ||
            buffer.getInt(offset + DataHeaderFlyweight.STREAM_ID_FIELD_OFFSET, ByteOrder.LITTLE_ENDIAN) !=
                recording.streamId())
        {
            return false;
        }
        if (TYPE_PADDING == type)
        {
            return true;
        }
        return TYPE_DATA == type && offset + aligned(length) <= buffer.capacity() && hasChecksum(offset, length);
    }

    private boolean hasChecksum(final int offset, final int length)
    {
        crc.reset();
        body.limit(offset + aligned(length)).position(offset + HEADER_LENGTH);
        crc.update(body);
        return (int)crc.getValue() ==
            buffer.getInt(offset + DataHeaderFlyweight.SESSION_ID_FIELD_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    private int type(final long position)
    {
        return buffer.getShort(
            offset(position) + DataHeaderFlyweight.TYPE_FIELD_OFFSET, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
    }

    private int flags(final long position)
    {
        return buffer.getByte(offset(position) + DataHeaderFlyweight.FLAGS_FIELD_OFFSET);
    }

    @Override
    public void close()
    {
        IoUtil.unmap(bytes);
    }
}
