package io.umbra.journal;

/**
 * Bytes that are not the record batches that may come next in a partition log. Nothing was written, and the log is as
 * it was before the call. The partition is at fault, not the journal: other partitions go on.
 */
public final class InvalidBatchException extends Exception
{
    private static final long serialVersionUID = 1L;

    /** What is wrong with the batch. */
    public enum Reason
    {
        /** Not message format v2. */
        MAGIC,
        /** The length is impossible, or does not fill the bytes given exactly. */
        LENGTH,
        /** CRC-32C over attributes to end differs from the stored one. */
        CRC,
        /** Base offset below the next expected one, or an impossible offset range. */
        OFFSET_ORDER,
        /** Leader epoch lower than that of the batch before. */
        EPOCH_ORDER,
        /** A record count that the offset range cannot hold. */
        COUNT,
        /** A chunk of a large batch that does not follow the one before. */
        CHUNK_ORDER
    }

    private final Reason reason;
    private final long offset;

    InvalidBatchException(final Reason reason, final long offset, final String message)
    {
        super(reason + " at offset " + offset + ": " + message);
        this.reason = reason;
        this.offset = offset;
    }

    /** @return what is wrong. */
    public Reason reason()
    {
        return reason;
    }

    /** @return base offset that the faulty batch claims, or the next expected offset where it cannot be told. */
    public long offset()
    {
        return offset;
    }
}
