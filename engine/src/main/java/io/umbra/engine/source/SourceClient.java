package io.umbra.engine.source;

import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.NetworkClientUtils;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import org.apache.kafka.common.utils.Time;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * Blocking requests to the source: metadata and offsets for the control plane, fetches for verification. Kafka's admin
 * client does not give leader epochs, hence the requests themselves. For one thread.
 */
public final class SourceClient implements AutoCloseable
{
    private static final long CONNECT_TIMEOUT_MS = 5_000;
    /** With a node that did not answer: its connection is made all the same, while others are asked. */
    private static final long CONNECT_AGAIN_TIMEOUT_MS = 1_000;

    private final SourceSettings settings;
    private final SourceNetwork network;
    private final Set<String> silentNodes = new HashSet<>();
    private Map<Integer, Node> knownNodes = Map.of();

    /**
     * Connections are opened as they are needed.
     *
     * @param settings how to reach the source.
     * @param role     part of the client id.
     */
    public SourceClient(final SourceSettings settings, final String role)
    {
        this.settings = settings;
        network = new SourceNetwork(settings, role, MemoryPool.NONE);
    }

    /**
     * Ask for all topics that the credentials may see, from whichever broker answers.
     *
     * @return the source's metadata.
     * @throws SourceUnavailableException if no broker answers.
     */
    public ClusterMetadata metadata() throws SourceUnavailableException
    {
        return metadata((MetadataResponse)sendToAny(candidates(), new MetadataRequest.Builder(
            new MetadataRequestData().setTopics(null).setAllowAutoTopicCreation(false))));
    }

    /**
     * Ask one broker for some topics.
     *
     * @param node   to ask.
     * @param topics names.
     * @return what it says of them; those that it does not know are absent.
     * @throws SourceUnavailableException if it does not answer.
     */
    public ClusterMetadata metadata(final Node node, final Collection<String> topics)
        throws SourceUnavailableException
    {
        return metadata((MetadataResponse)send(node, metadataRequest(topics)));
    }

    private static MetadataRequest.Builder metadataRequest(final Collection<String> topics)
    {
        return new MetadataRequest.Builder(new MetadataRequestData()
            .setTopics(topics.stream().map((topic) ->
                new MetadataRequestData.MetadataRequestTopic().setName(topic)).toList())
            .setAllowAutoTopicCreation(false));
    }

    /**
     * Offsets by time.
     *
     * @param leader of all the partitions.
     * @param times  by partition: milliseconds since 1970, or {@link ListOffsetsRequest#EARLIEST_TIMESTAMP},
     *               {@link ListOffsetsRequest#LATEST_TIMESTAMP}.
     * @return offset by partition; -1 where a time lies past the end; partitions with an error are absent.
     * @throws SourceUnavailableException if the leader does not answer.
     */
    public Map<TopicPartition, Long> offsets(final Node leader, final Map<TopicPartition, Long> times)
        throws SourceUnavailableException
    {
        final Map<TopicPartition, Long> offsets = new HashMap<>();
        readOffsets((ListOffsetsResponse)send(leader, offsetsRequest(times.keySet(), times::get)), offsets);
        offsets.keySet().retainAll(times.keySet());
        return offsets;
    }

    /**
     * The replicas of partitions that may lead: those that are there, or were a moment ago.
     *
     * @param partitions to ask for.
     * @return by partition; absent where nobody says. A replica whose broker is not known is null.
     * @throws SourceUnavailableException if no broker answers.
     */
    public Map<TopicPartition, List<Node>> replicas(final Collection<TopicPartition> partitions)
        throws SourceUnavailableException
    {
        final MetadataResponse metadata = (MetadataResponse)sendToAny(candidates(), metadataRequest(
            partitions.stream().map(TopicPartition::topic).collect(Collectors.toSet())));
        final Map<TopicPartition, List<Node>> replicas = new HashMap<>();
        metadata.topicMetadata().stream().flatMap((topic) -> topic.partitionMetadata().stream())
            .filter((partition) -> partitions.contains(partition.topicPartition))
            .forEach((partition) -> replicas.put(partition.topicPartition, partition.replicaIds.stream()
                .filter((id) ->
                    !partition.offlineReplicaIds.contains(id) || partition.inSyncReplicaIds.contains(id))
                .map(metadata.brokersById()::get)
                .toList()));
        return replicas;
    }

    /**
     * Where logs begin at a broker, whether it leads them or not.
     *
     * @param replica    of all the partitions.
     * @param partitions to ask for.
     * @return offset by partition; partitions with an error are absent.
     * @throws SourceUnavailableException if it does not answer.
     */
    public Map<TopicPartition, Long> logStarts(final Node replica, final Collection<TopicPartition> partitions)
        throws SourceUnavailableException
    {
        final Map<TopicPartition, Long> offsets = new HashMap<>();
        // Others than the leader answer nobody else.
        readOffsets((ListOffsetsResponse)send(replica, ListOffsetsRequest.Builder
            .forReplica(ApiKeys.LIST_OFFSETS.latestVersion(), ListOffsetsRequest.DEBUGGING_REPLICA_ID)
            .setTargetTimes(targetTimes(partitions, (partition) -> ListOffsetsRequest.EARLIEST_TIMESTAMP))), offsets);
        offsets.keySet().retainAll(partitions);
        return offsets;
    }

    /**
     * Where the leader's log ends in the history of a leader epoch (KIP-101, KIP-320).
     *
     * @param partition   to ask for.
     * @param leaderEpoch of the last batch that the asker has.
     * @param topology    who leads what.
     * @return largest epoch of the leader at or below that, and where it ends at the leader; null without a leader or
     * with an error.
     * @throws SourceUnavailableException if the leader does not answer.
     */
    public EpochEnd endOfEpoch(
        final TopicPartition partition, final int leaderEpoch, final SourceTopology topology)
        throws SourceUnavailableException
    {
        final Node node = topology.leaderNode(partition);
        if (null == node)
        {
            return null;
        }
        final OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection topics =
            new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection();
        topics.add(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
            .setTopic(partition.topic())
            .setPartitions(List.of(new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition()
                .setPartition(partition.partition())
                .setCurrentLeaderEpoch(topology.leaders().get(partition).epoch())
                .setLeaderEpoch(leaderEpoch))));
        final OffsetsForLeaderEpochResponse response = (OffsetsForLeaderEpochResponse)send(
            node, OffsetsForLeaderEpochRequest.Builder.forConsumer(topics));
        return response.data().topics().stream()
            .flatMap((topic) -> topic.partitions().stream())
            .filter((end) -> Errors.NONE.code() == end.errorCode())
            .findFirst()
            .map((end) -> new EpochEnd(end.leaderEpoch(), end.endOffset()))
            .orElse(null);
    }

    /**
     * Where a leader epoch ends.
     *
     * @param leaderEpoch the epoch; -1 if the leader has none.
     * @param endOffset   of it; -1 likewise.
     */
    public record EpochEnd(int leaderEpoch, long endOffset)
    {
    }

    /**
     * Whether the source says for certain that a topic does not exist: not that the credentials may not see it.
     *
     * @param topic name.
     * @return false also if nobody knows.
     * @throws SourceUnavailableException if no broker answers.
     */
    public boolean isUnknown(final String topic) throws SourceUnavailableException
    {
        final MetadataResponse response =
            (MetadataResponse)sendToAny(knownNodes.values(), metadataRequest(List.of(topic)));
        return Errors.UNKNOWN_TOPIC_OR_PARTITION == response.errors().get(topic);
    }

    /**
     * Send one request to one node after the other until one answers: first to those that did so the last time.
     *
     * @param nodes   to ask.
     * @param request to send.
     * @return the first response.
     * @throws SourceUnavailableException if no node answers, or one refuses the credentials.
     */
    AbstractResponse sendToAny(final Collection<Node> nodes, final AbstractRequest.Builder<?> request)
        throws SourceUnavailableException
    {
        SourceUnavailableException failure = new SourceUnavailableException("the source has no broker", null);
        final List<Node> inOrder = new ArrayList<>(nodes);
        inOrder.sort(Comparator.comparing((node) -> silentNodes.contains(node.idString())));
        for (final Node node : inOrder)
        {
            try
            {
                return send(node, request);
            }
            catch (final SourceUnavailableException.Authentication ex)
            {
                throw ex;
            }
            catch (final SourceUnavailableException ex)
            {
                failure = ex;
            }
        }
        throw failure;
    }

    /**
     * Send one request and wait for its response.
     *
     * @param node    to ask.
     * @param request to send.
     * @return the response.
     * @throws SourceUnavailableException if the node does not answer.
     */
    AbstractResponse send(final Node node, final AbstractRequest.Builder<?> request) throws SourceUnavailableException
    {
        try
        {
            // Until it has answered.
            final boolean isSilent = !silentNodes.add(node.idString());
            final long timeoutMs = isSilent ? CONNECT_AGAIN_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
            if (!NetworkClientUtils.awaitReady(network.client(), node, Time.SYSTEM, timeoutMs))
            {
                throw new IOException("no connection within " + timeoutMs + " ms");
            }
            final ClientResponse response = NetworkClientUtils.sendAndReceive(
                network.client(), network.request(node, request, System.currentTimeMillis()), Time.SYSTEM);
            silentNodes.remove(node.idString());
            return response.responseBody();
        }
        catch (final SslAuthenticationException ex)
        {
            throw new SourceUnavailableException.Authentication(
                "no TLS session with source " + address(node) + ": " + Causes.oneLine(ex), ex);
        }
        catch (final AuthenticationException ex)
        {
            throw new SourceUnavailableException.Authentication(
                "source " + address(node) + " refuses the credentials: " + Causes.oneLine(ex), ex);
        }
        catch (final IOException | KafkaException ex)
        {
            throw new SourceUnavailableException(
                "source " + address(node) + " cannot be reached: " + Causes.oneLine(ex), ex);
        }
        catch (final RuntimeException ex)
        {
            // A response to another request, or none at all: what comes next on this connection is in doubt, too.
            network.disconnect(node.idString());
            throw new SourceUnavailableException(
                "source " + address(node) + " sends what cannot be read: " + Causes.oneLine(ex), ex);
        }
    }

    /**
     * Make a request that is waiting give up, and all that come after it. From any thread.
     */
    public void abort()
    {
        network.abort();
    }

    @Override
    public void close()
    {
        network.close();
    }

    static ListOffsetsRequest.Builder offsetsRequest(
        final Iterable<TopicPartition> partitions, final ToLongFunction<TopicPartition> times)
    {
        return ListOffsetsRequest.Builder
            .forConsumer(true, IsolationLevel.READ_UNCOMMITTED)
            .setTargetTimes(targetTimes(partitions, times));
    }

    private static List<ListOffsetsRequestData.ListOffsetsTopic> targetTimes(
        final Iterable<TopicPartition> partitions, final ToLongFunction<TopicPartition> times)
    {
        final Map<String, ListOffsetsRequestData.ListOffsetsTopic> topics = new HashMap<>();
        for (final TopicPartition partition : partitions)
        {
            topics
                .computeIfAbsent(partition.topic(), (name) ->
                    new ListOffsetsRequestData.ListOffsetsTopic().setName(name))
                .partitions()
                .add(new ListOffsetsRequestData.ListOffsetsPartition()
                    .setPartitionIndex(partition.partition())
                    .setTimestamp(times.applyAsLong(partition)));
        }
        return new ArrayList<>(topics.values());
    }

    static void readOffsets(final ListOffsetsResponse response, final Map<TopicPartition, Long> offsets)
    {
        for (final ListOffsetsResponseData.ListOffsetsTopicResponse topic : response.topics())
        {
            for (final ListOffsetsResponseData.ListOffsetsPartitionResponse partition : topic.partitions())
            {
                if (Errors.NONE.code() == partition.errorCode())
                {
                    offsets.put(new TopicPartition(topic.name(), partition.partitionIndex()), partition.offset());
                }
            }
        }
    }

    private Set<Node> candidates() throws SourceUnavailableException
    {
        final Set<Node> nodes = new LinkedHashSet<>(knownNodes.values());
        try
        {
            int id = -1;
            for (final InetSocketAddress address : settings.bootstrapAddresses())
            {
                nodes.add(new Node(id--, address.getHostString(), address.getPort()));
            }
        }
        catch (final KafkaException ex)
        {
            if (nodes.isEmpty())
            {
                throw new SourceUnavailableException("source cannot be reached: " + ex.getMessage(), ex);
            }
        }
        return nodes;
    }

    private ClusterMetadata metadata(final MetadataResponse response)
    {
        final Map<TopicPartition, SourceTopology.Leader> leaders = new HashMap<>();
        final List<ClusterMetadata.Topic> topics = new ArrayList<>();
        for (final MetadataResponse.TopicMetadata topic : response.topicMetadata())
        {
            if (Errors.NONE == topic.error())
            {
                final List<Integer> partitions = new ArrayList<>();
                for (final MetadataResponse.PartitionMetadata partition : topic.partitionMetadata())
                {
                    partitions.add(partition.partition());
                    partition.leaderId.ifPresent((id) -> leaders.put(
                        partition.topicPartition,
                        new SourceTopology.Leader(id, partition.leaderEpoch.orElse(-1))));
                }
                topics.add(new ClusterMetadata.Topic(topic.topic(), topic.topicId(), topic.isInternal(), partitions));
            }
        }
        knownNodes = Map.copyOf(response.brokersById());
        return new ClusterMetadata(response.clusterId(), new SourceTopology(knownNodes, leaders), topics);
    }

    private static String address(final Node node)
    {
        return node.host() + ":" + node.port();
    }
}
