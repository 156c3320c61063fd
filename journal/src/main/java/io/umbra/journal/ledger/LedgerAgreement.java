package io.umbra.journal.ledger;

/**
 * How a partition's log and what the ledger last said of it fit together when the partition is opened.
 */
public enum LedgerAgreement
{
    /** The ledger knew nothing of the partition. */
    UNKNOWN,
    /** Same end offset, same digest. */
    EQUAL,
    /** The log holds batches that have no entry: killed between the two. A Recovered entry tells of them. */
    LOG_LONGER,
    /** The log lost its tail. A Truncated entry tells of it. */
    LOG_SHORTER,
    /** Same end offset, but the rolling digests differ: the log is not the one of which the ledger tells. */
    DIGEST_DIFFERS
}
