package io.umbra.engine.metadata;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What several journals know of one source. Each has the topics of its own link, and the positions in them; of what
 * more than one knows, the newest complete look counts.
 */
public final class MetadataUnion
{
    private final List<SourceMetadata> all;

    private MetadataUnion(final List<SourceMetadata> all)
    {
        this.all = all;
    }

    /**
     * Puts them together. A task counts as complete when it is so in every journal, as of the oldest of its looks; the
     * reasons of all that are not stay.
     *
     * @param all of one source and one moment; at least one.
     * @return what is known altogether.
     */
    public static SourceMetadata of(final List<SourceMetadata> all)
    {
        return 1 == all.size() ? all.get(0) : new MetadataUnion(all).union();
    }

    private SourceMetadata union()
    {
        final SortedMap<String, TopicMetadata> topics = new TreeMap<>();
        oldestFirst(MetadataTask.TOPICS).forEach((metadata) -> topics.putAll(metadata.topics()));
        final SortedMap<String, GroupMetadata> groups = new TreeMap<>();
        oldestFirst(MetadataTask.GROUPS).forEach((metadata) -> groups.putAll(metadata.groups()));
        final Map<MetadataTask, Long> completeNs = new EnumMap<>(MetadataTask.class);
        final Map<MetadataTask, String> reasons = new EnumMap<>(MetadataTask.class);
        for (final MetadataTask task : MetadataTask.values())
        {
            final SourceMetadata oldest = oldestFirst(task).get(0);
            oldest.completeNs(task).ifPresent((timeNs) -> completeNs.put(task, timeNs));
        }
        all.forEach((metadata) -> metadata.reasons().forEach(reasons::putIfAbsent));

        return new SourceMetadata(
            all.get(0).asOfNs(),
            topics,
            groups,
            groupOffsets(),
            newest(MetadataTask.ACLS, SourceMetadata::acls),
            newest(MetadataTask.QUOTAS, SourceMetadata::quotas),
            newest(MetadataTask.SCRAM, SourceMetadata::scramUsers),
            completeNs,
            reasons);
    }

    /** Of a topic all positions are those of one journal, so that none comes back that was deleted. */
    private List<GroupOffset> groupOffsets()
    {
        final SortedMap<GroupOffset, GroupOffset> offsets = new TreeMap<>(MetadataHistory.BY_PARTITION);
        for (final SourceMetadata metadata : oldestFirst(MetadataTask.GROUPS))
        {
            offsets.keySet().removeIf((offset) -> metadata.topics().containsKey(offset.topic()));
            metadata.groupOffsets().forEach((offset) -> offsets.put(offset, offset));
        }

        return List.copyOf(offsets.values());
    }

    private <T> List<T> newest(final MetadataTask task, final Function<SourceMetadata, List<T>> list)
    {
        return list.apply(oldestFirst(task).get(all.size() - 1));
    }

    private List<SourceMetadata> oldestFirst(final MetadataTask task)
    {
        return all.stream()
            .sorted(Comparator.comparingLong((SourceMetadata metadata) -> metadata.completeNs(task).orElse(0)))
            .toList();
    }
}
