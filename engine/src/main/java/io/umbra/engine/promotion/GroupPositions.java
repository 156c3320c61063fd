package io.umbra.engine.promotion;

import io.umbra.engine.metadata.GroupMetadata;
import io.umbra.engine.metadata.GroupOffset;
import io.umbra.engine.metadata.SourceMetadata;
import io.umbra.journal.PartitionKey;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where groups go on. Positions behind the end of what is promoted are put back to it: what was there, nobody has.
 */
final class GroupPositions
{
    private final SourceMetadata metadata;
    private final Map<PartitionKey, PlannedPartition> partitions = new HashMap<>();
    private final List<GroupOffset> offsets = new ArrayList<>();
    private final List<MovedOffset> moved = new ArrayList<>();
    private final Set<String> groupIds = new LinkedHashSet<>();
    private final List<String> notCarried = new ArrayList<>();

    private GroupPositions(final SourceMetadata metadata)
    {
        this.metadata = metadata;
    }

    static GroupPositions of(final SourceMetadata metadata, final List<PlannedTopic> topics)
    {
        final GroupPositions positions = new GroupPositions(metadata);
        topics.forEach((topic) -> topic.partitions().forEach(
            (partition) -> positions.partitions.put(partition.key(), partition)));
        metadata.groupOffsets().forEach(positions::take);
        metadata.groups().values().stream()
            .filter((group) -> GroupMetadata.SHARE.equals(group.type()))
            .forEach((group) -> positions.notCarried.add("positions of share group " + group.groupId() +
                ": set them with kafka-share-groups --reset-offsets; the source's are among the moved offsets"));

        return positions;
    }

    private void take(final GroupOffset offset)
    {
        final PlannedPartition partition = partitions.get(new PartitionKey(offset.topic(), offset.partition()));
        if (null == partition)
        {
            // Of a topic that is not meant.
            return;
        }
        final GroupMetadata group = metadata.groups().get(offset.groupId());
        if (null != group && GroupMetadata.SHARE.equals(group.type()))
        {
            moved(offset, -1, "share groups keep no offsets of this kind");
            return;
        }
        groupIds.add(offset.groupId());
        final long end = partition.promotedEndOffset();
        if (offset.offset() > end)
        {
            moved(offset, end, "behind the end of what is promoted");
            offsets.add(new GroupOffset(
                offset.groupId(), offset.topic(), offset.partition(), end, offset.leaderEpoch(), offset.metadata()));
        }
        else
        {
            if (offset.offset() < partition.logStartOffset())
            {
                moved(offset, offset.offset(), "below the log start: the consumer's reset policy decides");
            }
            offsets.add(offset);
        }
    }

    private void moved(final GroupOffset offset, final long promoted, final String reason)
    {
        moved.add(new MovedOffset(
            offset.groupId(), offset.topic(), offset.partition(), offset.offset(), promoted, reason));
    }

    /** Groups that have offsets, in the order of their offsets. */
    List<GroupMetadata> groups()
    {
        return groupIds.stream()
            .map((id) -> metadata.groups().getOrDefault(
                id, new GroupMetadata(id, GroupMetadata.CLASSIC, "consumer", "")))
            .toList();
    }

    List<GroupOffset> offsets()
    {
        return offsets;
    }

    List<MovedOffset> moved()
    {
        return moved;
    }

    List<String> notCarried()
    {
        return notCarried;
    }
}
