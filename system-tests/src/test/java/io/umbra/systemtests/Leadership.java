package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Which brokers of the source have the partitions of a topic, which of them lead, and how to change it. */
final class Leadership
{
    private final KafkaCluster cluster;
    private final String topic;

    Leadership(final KafkaCluster cluster, final String topic)
    {
        this.cluster = cluster;
        this.topic = topic;
    }

    private List<TopicPartitionInfo> describe() throws Exception
    {
        return cluster.admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions();
    }

    /** Replicas by partition, the preferred leader first. */
    Map<Integer, List<Integer>> replicas() throws Exception
    {
        return describe().stream().collect(Collectors.toMap(
            TopicPartitionInfo::partition, (info) -> ids(info.replicas()), (left, right) -> left, TreeMap::new));
    }

    /** Leaders by partition; partitions without one are absent. */
    Map<Integer, Integer> leaders() throws Exception
    {
        final Map<Integer, Integer> leaders = new TreeMap<>();
        for (final TopicPartitionInfo info : describe())
        {
            if (null != info.leader() && !info.leader().isEmpty())
            {
                leaders.put(info.partition(), info.leader().id());
            }
        }
        return leaders;
    }

    private static List<Integer> ids(final List<Node> nodes)
    {
        return nodes.stream().map(Node::id).toList();
    }

    /** Gives partitions other replicas, or another order of them, and returns when they have exactly those, in sync. */
    void reassign(final Map<Integer, List<Integer>> wanted) throws Exception
    {
        final Map<TopicPartition, Optional<NewPartitionReassignment>> reassignments = new HashMap<>();
        wanted.forEach((partition, replicas) -> reassignments.put(
            new TopicPartition(topic, partition), Optional.of(new NewPartitionReassignment(replicas))));
        cluster.admin().alterPartitionReassignments(reassignments).all().get();
        Await.until(
            () -> cluster.admin().listPartitionReassignments().reassignments().get().isEmpty() &&
                replicas().entrySet().containsAll(wanted.entrySet()),
            () -> "replicas " + wanted + " of " + topic);
        awaitInSync();
    }

    /** Lets each partition's preferred replica lead, and returns when all of them do. */
    void elect() throws Exception
    {
        awaitInSync();
        final Map<Integer, Integer> wanted = new TreeMap<>();
        replicas().forEach((partition, replicas) -> wanted.put(partition, replicas.get(0)));
        // Says for each partition that does not need it that it does not.
        cluster.admin().electLeaders(ElectionType.PREFERRED, wanted.keySet().stream()
            .map((partition) -> new TopicPartition(topic, partition)).collect(Collectors.toSet())).partitions().get();
        Await.until(() -> wanted.equals(leaders()), () -> "leaders " + wanted + " of " + topic);
    }

    void awaitInSync() throws Exception
    {
        Await.until(() ->
        {
            final List<TopicPartitionInfo> behind = new ArrayList<>(describe());
            behind.removeIf((info) -> info.isr().size() == info.replicas().size());
            return behind.isEmpty();
        }, () -> "all replicas of " + topic + " in sync");
    }
}
