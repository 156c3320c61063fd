package io.umbra.journal;

import io.umbra.journal.InvalidBatchException.Reason;

import java.nio.ByteBuffer;

/**
 * The header of a record batch of message format v2 (KIP-98), decoded into fields; a flyweight that is filled again and
 * again. The CRC-32C covers attributes to end: base offset, length, leader epoch and magic are outside of it.
 */
final class BatchHeader
{
    /** Bytes of base offset and length, which the length field does not count. */
    static final int LOG_OVERHEAD = 12;
    /** Bytes of the whole header. */
    static final int SIZE = 61;
    /** Where the bytes begin that the CRC covers. */
    static final int CRC_START = 21;
    static final byte MAGIC = 2;
    static final long NO_PRODUCER_ID = -1;
    static final int NO_SEQUENCE = -1;

    private static final int COMPRESSION_MASK = 0x07;
    private static final int LOG_APPEND_TIME_FLAG = 0x08;
    private static final int TRANSACTIONAL_FLAG = 0x10;
    private static final int CONTROL_FLAG = 0x20;

    long baseOffset;
    int length;
    int leaderEpoch;
    byte magic;
    int crc;
    short attributes;
    int lastOffsetDelta;
    long baseTimestamp;
    long maxTimestamp;
    long producerId;
    short producerEpoch;
    int baseSequence;
    int count;

    /** Decodes the header at an absolute position of a big-endian buffer. */
    void read(final ByteBuffer buffer, final int position)
    {
        baseOffset = buffer.getLong(position);
        length = buffer.getInt(position + 8);
        leaderEpoch = buffer.getInt(position + 12);
        magic = buffer.get(position + 16);
        crc = buffer.getInt(position + 17);
        attributes = buffer.getShort(position + 21);
        lastOffsetDelta = buffer.getInt(position + 23);
        baseTimestamp = buffer.getLong(position + 27);
        maxTimestamp = buffer.getLong(position + 35);
        producerId = buffer.getLong(position + 43);
        producerEpoch = buffer.getShort(position + 51);
        baseSequence = buffer.getInt(position + 53);
        count = buffer.getInt(position + 57);
    }

    /** Decodes the header at a position of a gather list. */
    void read(final BatchBytes bytes, final int position)
    {
        baseOffset = bytes.getLong(position);
        length = bytes.getInt(position + 8);
        leaderEpoch = bytes.getInt(position + 12);
        magic = bytes.getByte(position + 16);
        crc = bytes.getInt(position + 17);
        attributes = bytes.getShort(position + 21);
        lastOffsetDelta = bytes.getInt(position + 23);
        baseTimestamp = bytes.getLong(position + 27);
        maxTimestamp = bytes.getLong(position + 35);
        producerId = bytes.getLong(position + 43);
        producerEpoch = bytes.getShort(position + 51);
        baseSequence = bytes.getInt(position + 53);
        count = bytes.getInt(position + 57);
    }

    int sizeInBytes()
    {
        return LOG_OVERHEAD + length;
    }

    long lastOffset()
    {
        return baseOffset + lastOffsetDelta;
    }

    boolean isControl()
    {
        return (attributes & CONTROL_FLAG) != 0;
    }

    boolean isTransactional()
    {
        return (attributes & TRANSACTIONAL_FLAG) != 0;
    }

    boolean isLogAppendTime()
    {
        return (attributes & LOG_APPEND_TIME_FLAG) != 0;
    }

    boolean isCompressed()
    {
        return (attributes & COMPRESSION_MASK) != 0;
    }

    boolean hasProducerId()
    {
        return producerId > NO_PRODUCER_ID;
    }

    int lastSequence()
    {
        if (baseSequence == NO_SEQUENCE)
        {
            return NO_SEQUENCE;
        }
        // Sequences wrap from the largest int to 0.
        return (int)(((long)baseSequence + lastOffsetDelta) & Integer.MAX_VALUE);
    }

    /**
     * Checks what can be told from the header alone, order apart.
     *
     * @return what is wrong, or null.
     */
    Reason structuralFault()
    {
        if (length < SIZE - LOG_OVERHEAD || length > Integer.MAX_VALUE - LOG_OVERHEAD)
        {
            return Reason.LENGTH;
        }
        if (magic != MAGIC)
        {
            return Reason.MAGIC;
        }
        if (baseOffset < 0 || lastOffsetDelta < 0 || baseOffset > Long.MAX_VALUE - lastOffsetDelta - 1L)
        {
            return Reason.OFFSET_ORDER;
        }
        if (leaderEpoch < -1)
        {
            return Reason.EPOCH_ORDER;
        }
        if (count < 0 || count - 1L > lastOffsetDelta)
        {
            return Reason.COUNT;
        }
        return null;
    }

    /** Says what was found where {@link #structuralFault()} told a reason. */
    String describe(final Reason fault)
    {
        final String what;
        switch (fault)
        {
            case LENGTH:
                what = "length field " + length + " is not between " + (SIZE - LOG_OVERHEAD) + " and " +
                    (Integer.MAX_VALUE - LOG_OVERHEAD);
                break;
            case MAGIC:
                what = "message format v" + magic + " where v2 is expected";
                break;
            case OFFSET_ORDER:
                what = "base offset " + baseOffset + " with last offset delta " + lastOffsetDelta + " is impossible";
                break;
            case EPOCH_ORDER:
                what = "leader epoch " + leaderEpoch + " is impossible";
                break;
            case COUNT:
                what = "record count " + count + " does not fit last offset delta " + lastOffsetDelta;
                break;
            default:
                what = "CRC-32C differs from the stored 0x" + Integer.toHexString(crc);
                break;
        }
        return what;
    }
}
