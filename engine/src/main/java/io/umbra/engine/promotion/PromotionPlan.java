package io.umbra.engine.promotion;

import io.umbra.engine.metadata.GroupMetadata;
import io.umbra.engine.metadata.GroupOffset;
import io.umbra.engine.metadata.SourceMetadata;

import java.util.List;

/**
 * What a promotion does: the whole of it, before a file is written.
 *
 * @param topics         by name.
 * @param metadata       of the source at the cut.
 * @param groups         that are carried over.
 * @param offsets        of the groups, as they will be.
 * @param movedOffsets   of the groups, that are not as they were.
 * @param transactions   that will be aborted.
 * @param configChanges  of the topics.
 * @param notCarried     what stays behind, in a line each.
 * @param nextProducerId first producer id that the new cluster gives away.
 */
record PromotionPlan(
    List<PlannedTopic> topics,
    SourceMetadata metadata,
    List<GroupMetadata> groups,
    List<GroupOffset> offsets,
    List<MovedOffset> movedOffsets,
    List<Transaction> transactions,
    List<ConfigChange> configChanges,
    List<String> notCarried,
    long nextProducerId)
{
    List<PlannedPartition> partitions()
    {
        return topics.stream().flatMap((topic) -> topic.partitions().stream()).toList();
    }
}
