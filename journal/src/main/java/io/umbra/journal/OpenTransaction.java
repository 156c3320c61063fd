package io.umbra.journal;

/**
 * A transaction that has neither been committed nor aborted.
 *
 * @param producerId    of the producer.
 * @param producerEpoch of the producer.
 * @param firstOffset   of its first batch in the partition.
 */
public record OpenTransaction(long producerId, short producerEpoch, long firstOffset)
{
}
