/**
 * What the source has besides records: settings of topics, positions of groups, access rules, quotas, users, as the
 * metadata ledger keeps them, at any time that it remembers. {@link io.umbra.engine.metadata.MetadataHistory} reads
 * them. No Kafka class is needed here.
 */
package io.umbra.engine.metadata;
