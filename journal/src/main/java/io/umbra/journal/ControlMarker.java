package io.umbra.journal;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * The first record of a control batch, decoded as far as the end of a transaction needs it (KIP-98): key = version
 * int16, type int16; value of COMMIT and ABORT = version int16, coordinator epoch int32. Control batches are never
 * compressed.
 */
final class ControlMarker
{
    /** Bytes after the batch header that are enough for any end-of-transaction marker. */
    static final int MAX_BYTES = 128;

    /** What the marker says. */
    enum Type
    {
        ABORT, COMMIT,
        /** Of a type that is none of our business; it passes through. */
        OTHER
    }

    private Type type;
    private int coordinatorEpoch;
    private long timestamp;

    Type type()
    {
        return type;
    }

    int coordinatorEpoch()
    {
        return coordinatorEpoch;
    }

    long timestamp()
    {
        return timestamp;
    }

    /**
     * Decodes the record that begins at the buffer's position; the buffer may end before the record does.
     *
     * @return this, with type OTHER if it is not the end of a transaction.
     */
    ControlMarker read(final BatchHeader header, final ByteBuffer records)
    {
        type = Type.OTHER;
        if (header.count == 0 || header.isCompressed())
        {
            return this;
        }
        try
        {
            readVarlong(records);
            records.get();
            final long timestampDelta = readVarlong(records);
            readVarlong(records);
            if (readVarlong(records) < 4)
            {
                return this;
            }
            records.getShort();
            final short id = records.getShort();
            if (id != 0 && id != 1 || readVarlong(records) < 6)
            {
                return this;
            }
            records.getShort();
            coordinatorEpoch = records.getInt();
            timestamp = header.isLogAppendTime() ? header.maxTimestamp : header.baseTimestamp + timestampDelta;
            type = id == 0 ? Type.ABORT : Type.COMMIT;
        }
        catch (final BufferUnderflowException ex)
        {
            type = Type.OTHER;
        }
        return this;
    }

    private static long readVarlong(final ByteBuffer buffer)
    {
        long raw = 0;
        int shift = 0;
        byte b = buffer.get();
        while ((b & 0x80) != 0 && shift < 63)
        {
            raw |= (long)(b & 0x7F) << shift;
            shift += 7;
            b = buffer.get();
        }
        raw |= (long)b << shift;
        return (raw >>> 1) ^ -(raw & 1);
    }
}
