package io.umbra.engine.control;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.engine.config.OnTopicDelete;
import io.umbra.engine.config.TopicFilter;
import io.umbra.engine.metadata.GroupMetadata;
import io.umbra.engine.metadata.GroupOffset;
import io.umbra.engine.metadata.MetadataItem;
import io.umbra.engine.metadata.MetadataTask;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListGroupsResult;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Groups of all kinds and the offsets that they have committed.
 *
 * <p>A group that is not listed any more may just have moved to a coordinator that does not know it yet, the more so
 * while the source is falling apart. So its coordinator is asked for its offsets like that of any other group: only a
 * group that has none there is gone.
 */
final class GroupsLook implements MetadataLook
{
    private static final int NO_EPOCH = -1;

    private final SourceAdmin source;
    private final TopicFilter groups;
    private final TopicFilter topics;
    private final OnTopicDelete onTopicDelete;

    GroupsLook(
        final SourceAdmin source,
        final TopicFilter groups,
        final TopicFilter topics,
        final OnTopicDelete onTopicDelete)
    {
        this.source = source;
        this.groups = groups;
        this.topics = topics;
        this.onTopicDelete = onTopicDelete;
    }

    @Override
    public MetadataTask task()
    {
        return MetadataTask.GROUPS;
    }

    @Override
    public String permission()
    {
        return "DESCRIBE on CLUSTER";
    }

    @Override
    public void look(final SourceAdmin.Cluster cluster, final FoundMetadata found)
    {
        found.all(MetadataKind.GROUP);
        found.all(MetadataKind.GROUP_OFFSET);
        if (!cluster.operations().contains(AclOperation.DESCRIBE))
        {
            found.problem("needs DESCRIBE on CLUSTER: without it the source lists only groups on which the user has " +
                "DESCRIBE, and does not say whether there are others");
        }
        final Map<String, GroupMetadata> all = new TreeMap<>();
        found.known(MetadataKind.GROUP).forEach((key, value) -> all.put(key, MetadataItem.group(key, value)));
        all.keySet().removeIf((groupId) -> !groups.matches(groupId));
        final Set<String> listed = list(all, found);
        final Map<Boolean, List<String>> isShare = all.values().stream().collect(Collectors.partitioningBy(
            (group) -> GroupMetadata.SHARE.equals(group.type()),
            Collectors.mapping(GroupMetadata::groupId, Collectors.toList())));
        final Map<String, List<GroupOffset>> offsets = new HashMap<>();
        for (final List<String> part : SourceAdmin.parts(isShare.get(false)))
        {
            offsets.putAll(ofConsumers(part, found));
        }
        for (final List<String> part : SourceAdmin.parts(isShare.get(true)))
        {
            offsets.putAll(ofSharers(part, found));
        }
        offsets.forEach((groupId, ofGroup) ->
        {
            if (listed.contains(groupId) || !ofGroup.isEmpty())
            {
                found.add(MetadataItem.of(all.get(groupId)));
            }
            ofGroup.stream().filter((offset) -> topics.matches(offset.topic()))
                .forEach((offset) -> found.add(MetadataItem.of(offset)));
        });
        keepWhatMayNotBeSeen(found);
    }

    private Set<String> list(final Map<String, GroupMetadata> all, final FoundMetadata found)
    {
        final Set<String> listed = new HashSet<>();
        final ListGroupsResult result = source.client().listGroups(SourceAdmin.limited(new ListGroupsOptions()));
        for (final GroupListing group : SourceAdmin.await(result.valid()))
        {
            if (groups.matches(group.groupId()))
            {
                listed.add(group.groupId());
                all.put(group.groupId(), new GroupMetadata(
                    group.groupId(),
                    group.type().filter((type) -> GroupType.UNKNOWN != type).orElse(GroupType.CLASSIC)
                        .toString().toLowerCase(Locale.ROOT),
                    group.protocol(),
                    group.groupState().map(Object::toString).orElse("")));
            }
        }
        SourceAdmin.await(result.errors())
            .forEach((error) -> found.problem("a broker does not list its groups: " + error.getMessage()));
        return listed;
    }

    private Map<String, List<GroupOffset>> ofConsumers(final Collection<String> groupIds, final FoundMetadata found)
    {
        final ListConsumerGroupOffsetsResult result = source.client().listConsumerGroupOffsets(
            groupIds.stream().collect(Collectors.toMap(
                Function.identity(), (groupId) -> new ListConsumerGroupOffsetsSpec())),
            SourceAdmin.limited(new ListConsumerGroupOffsetsOptions()));
        return offsets(false, groupIds, found, result::partitionsToOffsetAndMetadata, (groupId, partition, committed) ->
            new GroupOffset(groupId, partition.topic(), partition.partition(), committed.offset(),
                committed.leaderEpoch().orElse(NO_EPOCH), committed.metadata()));
    }

    /** What share groups have acknowledged beyond the start offset of a partition cannot be asked for. */
    private Map<String, List<GroupOffset>> ofSharers(final Collection<String> groupIds, final FoundMetadata found)
    {
        final ListShareGroupOffsetsResult result = source.client().listShareGroupOffsets(
            groupIds.stream().collect(Collectors.toMap(
                Function.identity(), (groupId) -> new ListShareGroupOffsetsSpec())),
            SourceAdmin.limited(new ListShareGroupOffsetsOptions()));
        return offsets(true, groupIds, found, result::partitionsToOffsetInfo, (groupId, partition, start) ->
            new GroupOffset(groupId, partition.topic(), partition.partition(), start.startOffset(),
                start.leaderEpoch().orElse(NO_EPOCH), ""));
    }

    private static <T> Map<String, List<GroupOffset>> offsets(
        final boolean isShare,
        final Collection<String> groupIds,
        final FoundMetadata found,
        final Function<String, KafkaFuture<Map<TopicPartition, T>>> answers,
        final OffsetMaker<T> maker)
    {
        final Map<String, List<GroupOffset>> offsets = new HashMap<>();
        for (final String groupId : groupIds)
        {
            try
            {
                final List<GroupOffset> ofGroup = new ArrayList<>();
                SourceAdmin.await(answers.apply(groupId)).forEach((partition, committed) ->
                {
                    if (null != committed)
                    {
                        ofGroup.add(maker.make(groupId, partition, committed));
                    }
                });
                offsets.put(groupId, ofGroup);
            }
            catch (final GroupIdNotFoundException ex)
            {
                offsets.put(groupId, List.of());
            }
            catch (final GroupAuthorizationException ex)
            {
                found.problem("needs DESCRIBE on GROUP " + groupId);
            }
            catch (final UnsupportedVersionException ex)
            {
                if (!isShare)
                {
                    throw ex;
                }
                offsets.put(groupId, List.of());
            }
            catch (final KafkaException ex)
            {
                found.problem("offsets of group " + groupId + ": " + ex.getMessage());
            }
        }
        return offsets;
    }

    /**
     * Offsets in a topic that the user may not see, or not any more, are left out of the source's answers without a
     * word. And those in a topic that is deleted belong to a shadow that may be kept.
     */
    private void keepWhatMayNotBeSeen(final FoundMetadata found)
    {
        final Map<String, List<String>> missing = new HashMap<>();
        final Map<String, String> offsets = found.values().get(MetadataKind.GROUP_OFFSET);
        final Set<String> groupsFound = found.values().get(MetadataKind.GROUP).keySet();
        found.known(MetadataKind.GROUP_OFFSET).forEach((key, value) ->
        {
            if (!offsets.containsKey(key))
            {
                final GroupOffset offset = MetadataItem.groupOffset(key, value);
                if (topics.matches(offset.topic()) && groupsFound.contains(offset.groupId()))
                {
                    missing.computeIfAbsent(offset.topic(), (ignore) -> new ArrayList<>()).add(key);
                }
            }
        });
        for (final List<String> part : SourceAdmin.parts(missing.keySet()))
        {
            source.client().describeTopics(part, SourceAdmin.limited(new DescribeTopicsOptions())).topicNameValues()
                .forEach((topic, answer) ->
                {
                    try
                    {
                        SourceAdmin.await(answer);
                    }
                    catch (final UnknownTopicOrPartitionException ex)
                    {
                        if (OnTopicDelete.KEEP == onTopicDelete)
                        {
                            missing.get(topic).forEach((key) -> found.keep(MetadataKind.GROUP_OFFSET, key));
                        }
                    }
                    catch (final TopicAuthorizationException ex)
                    {
                        found.problem("needs DESCRIBE on TOPIC " + topic);
                    }
                });
        }
    }

    /**
     * Makes an offset of what Kafka's client tells.
     */
    @FunctionalInterface
    private interface OffsetMaker<T>
    {
        GroupOffset make(String groupId, TopicPartition partition, T committed);
    }
}
