package io.umbra.engine.metadata;

import java.util.Locale;

/**
 * What is read from the source at an interval of its own, and can fail on its own. The names are the ledger's, too.
 */
public enum MetadataTask
{
    /** Settings and partitions of topics. */
    TOPICS,
    /** Groups and their committed offsets. */
    GROUPS,
    /** Access rules. */
    ACLS,
    /** Quotas of clients. */
    QUOTAS,
    /** Users with SCRAM credentials, without their secrets, which no broker tells. */
    SCRAM;

    /**
     * As {@code umbra status} calls it.
     *
     * @return the name in small letters.
     */
    public String label()
    {
        return name().toLowerCase(Locale.ROOT);
    }
}
