package io.umbra.journal;

import io.umbra.journal.InvalidBatchException.Reason;

/**
 * Decides whether batches may be appended to a log, before a byte of them is written. Remembers what the writing needs
 * to know of the batches as a whole.
 */
final class BatchValidator
{
    private final BatchHeader header = new BatchHeader();
    private long firstOffset;
    private long lastOffset;
    private int batches;
    private boolean newEpoch;

    long firstOffset()
    {
        return firstOffset;
    }

    long lastOffset()
    {
        return lastOffset;
    }

    int batches()
    {
        return batches;
    }

    /** Whether a batch bears a leader epoch above the last one of the log. */
    boolean newEpoch()
    {
        return newEpoch;
    }

    /** Checks whole batches, CRCs included. */
    void validate(final BatchBytes bytes, final LogState log) throws InvalidBatchException
    {
        batches = 0;
        newEpoch = false;
        final int length = bytes.length();
        int position = 0;
        long next = log.endOffset;
        int epoch = log.epochs.lastEpoch();
        if (length == 0)
        {
            throw new InvalidBatchException(Reason.LENGTH, next, "no bytes");
        }
        while (position < length)
        {
            if (length - position < BatchHeader.SIZE)
            {
                throw new InvalidBatchException(
                    Reason.LENGTH, next, (length - position) + " bytes are left, less than a batch header");
            }
            header.read(bytes, position);
            validateHeader(header, next, epoch, log.empty && position == 0);
            if (header.sizeInBytes() > length - position)
            {
                throw new InvalidBatchException(
                    Reason.LENGTH,
                    header.baseOffset,
                    "a batch of " + header.sizeInBytes() + " bytes in the " + (length - position) + " that are left");
            }
            final int crc = bytes.crc32c(
                position + BatchHeader.CRC_START, header.sizeInBytes() - BatchHeader.CRC_START);
            checkCrc(header, crc);
            if (position == 0)
            {
                firstOffset = header.baseOffset;
            }
            newEpoch |= header.leaderEpoch > epoch;
            epoch = header.leaderEpoch;
            next = header.lastOffset() + 1;
            position += header.sizeInBytes();
            batches++;
        }
        lastOffset = next - 1;
        if (lastOffset - firstOffset > Integer.MAX_VALUE)
        {
            throw new InvalidBatchException(
                Reason.OFFSET_ORDER,
                firstOffset,
                "offsets " + firstOffset + " to " + lastOffset + " in one append do not fit into one segment");
        }
    }

    /** Checks a header alone, as it comes with the first chunk of a large batch. */
    void validateFirst(final BatchHeader large, final LogState log) throws InvalidBatchException
    {
        validateHeader(large, log.endOffset, log.epochs.lastEpoch(), log.empty);
        firstOffset = large.baseOffset;
        lastOffset = large.lastOffset();
        batches = 1;
        newEpoch = large.leaderEpoch > log.epochs.lastEpoch();
    }

    static void checkCrc(final BatchHeader header, final int crc) throws InvalidBatchException
    {
        if (crc != header.crc)
        {
            throw new InvalidBatchException(
                Reason.CRC,
                header.baseOffset,
                "stored CRC-32C 0x" + Integer.toHexString(header.crc) + ", computed 0x" + Integer.toHexString(crc) +
                    " over a batch of " + header.sizeInBytes() + " bytes");
        }
    }

    private static void validateHeader(
        final BatchHeader header, final long next, final int epoch, final boolean first) throws InvalidBatchException
    {
        final Reason fault = header.structuralFault();
        if (fault != null)
        {
            throw new InvalidBatchException(
                fault,
                fault == Reason.LENGTH || fault == Reason.MAGIC ? next : header.baseOffset,
                header.describe(fault));
        }
        // The first batch of a log may begin below the offset that was asked for; it must not end below it.
        if (first ? header.lastOffset() < next : header.baseOffset < next)
        {
            throw new InvalidBatchException(
                Reason.OFFSET_ORDER,
                header.baseOffset,
                "batch " + header.baseOffset + ".." + header.lastOffset() + " where " + next + " is the next offset");
        }
        if (header.leaderEpoch < epoch)
        {
            throw new InvalidBatchException(
                Reason.EPOCH_ORDER, header.baseOffset, "leader epoch " + header.leaderEpoch + " after " + epoch);
        }
    }
}
