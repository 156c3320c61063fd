/**
 * Failover: makes an ordinary Apache Kafka cluster of the shadow. The logs come from the journal by hard links; all
 * else that a broker wants to find (KRaft's first records, positions of groups, checkpoints, settings) is written
 * beside them.
 */
package io.umbra.engine.promotion;
