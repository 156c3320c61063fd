package io.umbra.journal.ledger;

/**
 * What a ledger repeats of a partition at the head of each of its files.
 */
final class OpenPartition
{
    private final LedgerPartition name;
    private long logStartOffset;
    private long endOffset;
    private long digest;

    OpenPartition(final LedgerPartition name, final long logStartOffset, final long endOffset, final long digest)
    {
        this.name = name;
        this.logStartOffset = logStartOffset;
        this.endOffset = endOffset;
        this.digest = digest;
    }

    LedgerPartition name()
    {
        return name;
    }

    long logStartOffset()
    {
        return logStartOffset;
    }

    long endOffset()
    {
        return endOffset;
    }

    long digest()
    {
        return digest;
    }

    void logStartOffset(final long offset)
    {
        logStartOffset = offset;
    }

    void end(final long offset, final long digestThere)
    {
        endOffset = offset;
        digest = digestThere;
    }
}
