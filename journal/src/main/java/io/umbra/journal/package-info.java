/** Partition logs in the log layout of Apache Kafka, and their recovery. Knows neither Aeron nor Kafka clients. */
package io.umbra.journal;
