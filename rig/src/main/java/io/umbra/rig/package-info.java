/** Real Kafka brokers in processes of their own, and workloads for them. */
package io.umbra.rig;
