/**
 * The ledger of a shard: a Chronicle Queue with one small SBE entry for every commit and event, in the order in which
 * they happened. {@link io.umbra.journal.ledger.Ledger} writes it, {@link io.umbra.journal.ledger.LedgerReader} reads
 * it from any process, {@link io.umbra.journal.ledger.LedgerReconciler} says at a start what it knew of each
 * partition.
 *
 * <p>The log is the truth about the bytes; the ledger is the truth about their order and time. What entries mean is
 * said in {@code umbra-ledger-codecs.xml}. Chronicle Queue is used nowhere outside this package.
 */
package io.umbra.journal.ledger;
