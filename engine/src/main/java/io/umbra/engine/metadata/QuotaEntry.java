package io.umbra.engine.metadata;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The quotas of a client, or of all of a kind.
 *
 * @param entity name by type ({@code user}, {@code client-id}, {@code ip}); a null name means the type's default.
 * @param values limit by quota, such as {@code consumer_byte_rate}.
 */
public record QuotaEntry(SortedMap<String, String> entity, SortedMap<String, Double> values)
{
    /**
     * Makes the maps immutable.
     */
    public QuotaEntry
    {
        entity = Collections.unmodifiableSortedMap(new TreeMap<>(entity));
        values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    }
}
