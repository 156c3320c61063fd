package io.umbra.engine.metadata;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;

/**
 * What was known of the source at a moment. Everything in it was true at the source at that moment or earlier, see
 * {@link #completeNs}. Immutable. Lists are in the order of their keys.
 *
 * @param asOfNs       the moment, nanoseconds since 1970; the greatest number for the latest.
 * @param topics       that are shadowed, by name.
 * @param groups       by id.
 * @param groupOffsets in topics that are shadowed, by group, topic and partition.
 * @param acls         access rules.
 * @param quotas       of clients.
 * @param scramUsers   a row for each user and mechanism.
 * @param completeNs   end of each task's last complete look at the source, nanoseconds since 1970; a task that never
 *                     had one is missing.
 * @param reasons      why a task's last look was not complete, or found nothing to look at.
 */
public record SourceMetadata(
    long asOfNs,
    SortedMap<String, TopicMetadata> topics,
    SortedMap<String, GroupMetadata> groups,
    List<GroupOffset> groupOffsets,
    List<AclEntry> acls,
    List<QuotaEntry> quotas,
    List<ScramUser> scramUsers,
    Map<MetadataTask, Long> completeNs,
    Map<MetadataTask, String> reasons)
{
    /**
     * Makes the collections immutable.
     */
    public SourceMetadata
    {
        topics = Collections.unmodifiableSortedMap(topics);
        groups = Collections.unmodifiableSortedMap(groups);
        groupOffsets = List.copyOf(groupOffsets);
        acls = List.copyOf(acls);
        quotas = List.copyOf(quotas);
        scramUsers = List.copyOf(scramUsers);
        completeNs = Map.copyOf(completeNs);
        reasons = Map.copyOf(reasons);
    }

    /**
     * When a task last had a complete look at the source.
     *
     * @param task in question.
     * @return nanoseconds since 1970; empty when it never had one.
     */
    public OptionalLong completeNs(final MetadataTask task)
    {
        final Long timeNs = completeNs.get(task);
        return null == timeNs ? OptionalLong.empty() : OptionalLong.of(timeNs);
    }
}
