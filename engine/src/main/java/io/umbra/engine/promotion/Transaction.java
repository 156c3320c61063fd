package io.umbra.engine.promotion;

/**
 * A transaction that neither was committed nor aborted before the cut, and is aborted by the promotion.
 *
 * @param topic         name of the topic.
 * @param partition     number within the topic.
 * @param producerId    of the producer.
 * @param producerEpoch of the producer.
 * @param firstOffset   of its records.
 */
public record Transaction(String topic, int partition, long producerId, short producerEpoch, long firstOffset)
{
}
