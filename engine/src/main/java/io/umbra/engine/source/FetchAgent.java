package io.umbra.engine.source;

import io.umbra.codecs.control.SourceCondition;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.FramePublisher;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.status.AtomicCounter;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Fetches the partitions of one shard, raw and pipelined, and publishes them into the shard's IPC stream.
 * <p>
 * It speaks Fetch as a consumer (replica id -1), READ_UNCOMMITTED up to the high watermark, over one connection for
 * each source broker that leads some of its partitions. When a response arrives it reads the batch headers to learn
 * the next offsets, puts the next fetch on the wire, and only then publishes what it has in hand, frame by frame,
 * brokers in turn. It never decompresses, re-encodes or re-orders. Under back pressure it stops asking.
 * <p>
 * {@link #doWork()} and the life-cycle methods belong to one thread; {@link #assign} and {@link #topology} may be
 * called from any.
 */
public final class FetchAgent implements Agent
{
    private static final long RETRY_CHECK_MS = 10;
    private static final long SESSION_RETRY_MS = 20;
    private static final long VERSION_RETRY_MS = 5_000;
    private static final int MAX_RECEIVE_ROUNDS = 3;

    private final Context ctx;
    private final ReceiveBuffers buffers;
    private final FrameHeader frameHeader = new FrameHeader();
    private final FetchResponseReader responseReader;
    private final Map<TopicPartition, PartitionFetch> partitions = new HashMap<>();
    private final Int2ObjectHashMap<BrokerFetch> brokers = new Int2ObjectHashMap<>();
    private final List<BrokerFetch> turn = new ArrayList<>();
    private final ArrayDeque<PartitionFetch> announcements = new ArrayDeque<>();
    private final ManyToOneConcurrentLinkedQueue<Runnable> commands = new ManyToOneConcurrentLinkedQueue<>();
    private final IdentityHashMap<ByteBuffer, Boolean> kept = new IdentityHashMap<>();
    private final AtomicCounter backPressure;
    private final AtomicCounter bufferWaits;
    private final AtomicCounter bufferPeak;
    private SourceTopology topology = new SourceTopology(Map.of(), Map.of());
    private SourceNetwork network;
    private long nextRetryCheckMs;
    private int firstInTurn;
    private boolean isFetchingStopped;

    /**
     * What a FetchAgent needs.
     *
     * @param shard           index of the shard.
     * @param settings        how to reach the source.
     * @param limits          of its requests.
     * @param publisher       of the shard's stream.
     * @param progress        counters that flow backwards.
     * @param counters        shown to the outside.
     * @param events          where news for the operator go.
     * @param refreshMetadata asks the control plane for fresh metadata, without blocking.
     */
    public record Context(
        int shard,
        SourceSettings settings,
        FetchLimits limits,
        FramePublisher publisher,
        FetchProgress progress,
        FetchCounters counters,
        SourceEvents events,
        Runnable refreshMetadata)
    {
    }

    /**
     * Connections are opened when the agent starts and partitions are assigned.
     *
     * @param ctx what it needs.
     */
    public FetchAgent(final Context ctx)
    {
        this.ctx = ctx;
        buffers = new ReceiveBuffers(
            ctx.limits.bufferBytes(), ctx.limits.maxBytes() + FetchLimits.RESPONSE_OVERHEAD);
        responseReader = new FetchResponseReader(ctx.progress, ctx.refreshMetadata);
        backPressure = ctx.counters.backPressure();
        bufferWaits = ctx.counters.bufferWaits();
        bufferPeak = ctx.counters.receiveBufferPeak();
    }

    /**
     * Hand over a partition. Its JournalAgent must know it already.
     *
     * @param assignment where to begin.
     */
    public void assign(final FetchAssignment assignment)
    {
        commands.offer(() -> onAssign(assignment));
    }

    /**
     * Hand over what the source's metadata say now.
     *
     * @param topology nodes and leaders.
     */
    public void topology(final SourceTopology topology)
    {
        commands.offer(() -> onTopology(topology));
    }

    /**
     * Ask for nothing more; what is in hand is still published.
     */
    public void stopFetching()
    {
        commands.offer(() -> isFetchingStopped = true);
    }

    @Override
    public void onStart()
    {
        network = new SourceNetwork(ctx.settings, "shard-" + ctx.shard, buffers);
    }

    @Override
    public int doWork()
    {
        final long nowMs = System.currentTimeMillis();
        int workCount = drainCommands();
        workCount += publish();
        workCount += retry(nowMs);
        workCount += fetch(nowMs);
        workCount += receive(nowMs);
        return workCount;
    }

    @Override
    public void onClose()
    {
        if (null != network)
        {
            network.close();
        }
        buffers.close();
    }

    @Override
    public String roleName()
    {
        return "umbra-fetch-" + ctx.shard;
    }

    private int drainCommands()
    {
        int count = 0;
        Runnable command;
        while (null != (command = commands.poll()))
        {
            command.run();
            count++;
        }
        return count;
    }

    private void onAssign(final FetchAssignment assignment)
    {
        final PartitionFetch partition = new PartitionFetch(assignment, ctx.limits.partitionMaxBytes());
        partitions.put(assignment.topicPartition(), partition);
        announcements.add(partition);
        moveToLeader(partition, topology.leaders().get(partition.topicPartition));
    }

    private void onTopology(final SourceTopology topology)
    {
        this.topology = topology;
        for (final BrokerFetch broker : brokers.values())
        {
            final Node node = topology.nodes().get(broker.node.id());
            if (null != node && (node.port() != broker.node.port() || !node.host().equals(broker.node.host())))
            {
                // Same broker, new address.
                network.disconnect(broker.node.idString());
                broker.node = node;
            }
        }
        for (final PartitionFetch partition : partitions.values())
        {
            moveToLeader(partition, topology.leaders().get(partition.topicPartition));
        }
    }

    private void moveToLeader(final PartitionFetch partition, final SourceTopology.Leader leader)
    {
        if (null == leader || !topology.nodes().containsKey(leader.id()))
        {
            if (partition.leaderId < 0)
            {
                ctx.progress.onError(partition.index, false, "no leader at the source");
            }
            return;
        }
        if (leader.epoch() < partition.leaderEpoch ||
            leader.epoch() == partition.leaderEpoch && leader.id() == partition.leaderId)
        {
            return;
        }
        final BrokerFetch before = brokers.get(partition.leaderId);
        if (null != before)
        {
            before.partitions.remove(partition.topicPartition);
        }
        partition.leader(leader.id(), leader.epoch());
        final BrokerFetch broker = broker(topology.nodes().get(leader.id()));
        broker.partitions.put(partition.topicPartition, partition);
        broker.hasUnconfirmed = true;
        partition.isConfirmed = false;
        if (PartitionFetch.State.FAULTED != partition.state)
        {
            partition.state = PartitionFetch.State.FETCHING;
        }
    }

    private BrokerFetch broker(final Node node)
    {
        BrokerFetch broker = brokers.get(node.id());
        if (null == broker)
        {
            broker = new BrokerFetch(node, ctx.counters);
            brokers.put(node.id(), broker);
            turn.add(broker);
        }
        return broker;
    }

    /** One frame of each broker in turn, so that none waits for another's large response. */
    private int publish()
    {
        int count = 0;
        boolean isBehind = false;
        while (!announcements.isEmpty() && !isBehind)
        {
            final PartitionFetch partition = announcements.peekFirst();
            isBehind = !ctx.publisher.sourceConditionChanged(
                partition.index, partition.assignmentEpoch, partition.publishPosition,
                SystemEpochNanoClock.INSTANCE.nanoTime(), SourceCondition.FETCHING, "");
            if (!isBehind)
            {
                announcements.pollFirst();
                count++;
            }
        }
        final int size = turn.size();
        for (int i = 0; i < size && !isBehind; i++)
        {
            final BrokerFetch broker = turn.get((firstInTurn + i) % size);
            if (broker.hasInHand())
            {
                if (broker.publishNext(ctx.publisher, frameHeader, buffers))
                {
                    count++;
                }
                else
                {
                    isBehind = true;
                }
            }
        }
        if (size > 0)
        {
            firstInTurn = (firstInTurn + 1) % size;
        }
        if (isBehind)
        {
            backPressure.incrementRelease();
        }
        return count;
    }

    /** Partitions that the journal refused, and those whose time of waiting is over. */
    private int retry(final long nowMs)
    {
        if (nowMs < nextRetryCheckMs)
        {
            return 0;
        }
        nextRetryCheckMs = nowMs + RETRY_CHECK_MS;
        int count = 0;
        for (final PartitionFetch partition : partitions.values())
        {
            switch (partition.state)
            {
                case FETCHING:
                    if (ctx.progress.isRefused(partition.index, partition.assignmentEpoch))
                    {
                        partition.fault(nowMs, ctx.progress.journalEndOffset(partition.index));
                        count++;
                    }
                    else if (partition.isConfirmed && null != partition.sourceFault)
                    {
                        partition.sourceFault = null;
                        announcements.add(partition);
                    }
                    break;

                case BACKING_OFF:
                case FAULTED:
                    if (nowMs >= partition.retryAtMs)
                    {
                        tryAgain(partition);
                        count++;
                    }
                    break;

                default:
                    break;
            }
        }
        return count;
    }

    private void tryAgain(final PartitionFetch partition)
    {
        if (ctx.progress.isRefused(partition.index, partition.assignmentEpoch))
        {
            partition.assignmentEpoch++;
            partition.startAt(
                ctx.progress.journalEndOffset(partition.index), ctx.progress.journalLastEpoch(partition.index));
            announcements.add(partition);
        }
        partition.state = PartitionFetch.State.FETCHING;
        final BrokerFetch broker = brokers.get(partition.leaderId);
        if (null != broker)
        {
            broker.hasUnconfirmed = true;
        }
    }

    private int fetch(final long nowMs)
    {
        if (isFetchingStopped || !announcements.isEmpty())
        {
            return 0;
        }
        int count = 0;
        final int maxBytes = ctx.limits.maxBytesPerBroker(turn.size());
        for (int i = 0; i < turn.size(); i++)
        {
            final BrokerFetch broker = turn.get(i);
            if (broker.mayFetch(nowMs) && !broker.partitions.isEmpty())
            {
                count += fetch(broker, maxBytes, nowMs);
            }
        }
        return count;
    }

    private int fetch(final BrokerFetch broker, final int maxBytes, final long nowMs)
    {
        if (!network.ready(broker.node, nowMs))
        {
            onNotReady(broker);
            return 0;
        }
        if (null != broker.connectionError)
        {
            ctx.events.info("shard " + ctx.shard + ": broker " + address(broker) + " is back");
            broker.connectionError = null;
        }
        final FetchRequest.Builder request = broker.nextRequest(ctx.limits, maxBytes);
        if (null == request)
        {
            return 0;
        }
        network.send(broker.node, request, nowMs);
        return 1;
    }

    private void onNotReady(final BrokerFetch broker)
    {
        if (network.hasFailed(broker.node))
        {
            final RuntimeException failure = network.authenticationFailure(broker.node);
            final String error = null == failure ?
                "broker " + address(broker) + " cannot be reached" :
                "broker " + address(broker) + " refuses the credentials: " + failure.getMessage();
            if (!error.equals(broker.connectionError))
            {
                broker.connectionError = error;
                ctx.events.warn("shard " + ctx.shard + ": " + error + "; trying again");
                for (final PartitionFetch partition : broker.partitions.values())
                {
                    partition.isConfirmed = false;
                    ctx.progress.onError(partition.index, false, error);
                }
                ctx.refreshMetadata.run();
            }
        }
    }

    private static String address(final BrokerFetch broker)
    {
        return broker.node.id() + " at " + broker.node.host() + ":" + broker.node.port();
    }

    private int receive(final long nowMs)
    {
        final long refusals = buffers.refusals();
        int count = 0;
        int received;
        // Again after responses, so that the fetches they have led to are on the wire before anything is published.
        for (int round = 0; round < MAX_RECEIVE_ROUNDS && (received = receiveOnce(nowMs)) > 0; round++)
        {
            count += received;
        }
        if (refusals != buffers.refusals())
        {
            bufferWaits.incrementRelease();
        }
        if (count > 0)
        {
            bufferPeak.setRelease(buffers.peakBytes());
        }
        return count;
    }

    private int receiveOnce(final long nowMs)
    {
        final List<ClientResponse> responses = network.poll(0, nowMs);
        kept.clear();
        for (int i = 0; i < responses.size(); i++)
        {
            onResponse(responses.get(i), nowMs);
        }
        for (final NetworkReceive receive : network.receives())
        {
            // What no response in hand keeps: API versions, errors, responses without records.
            if (null == kept.remove(receive.payload()))
            {
                buffers.release(receive.payload());
            }
        }
        return responses.size();
    }

    private void onResponse(final ClientResponse response, final long nowMs)
    {
        final BrokerFetch broker = brokers.get(Integer.parseInt(response.destination()));
        if (null == broker || null == broker.inFlight)
        {
            return;
        }
        final var asked = broker.inFlight;
        broker.inFlight = null;
        if (response.wasDisconnected() || null != response.versionMismatch() || !response.hasResponse())
        {
            broker.session.handleError(new IllegalStateException("disconnected"));
            if (null != response.versionMismatch())
            {
                ctx.events.warn("shard " + ctx.shard + ": broker " + address(broker) + ": " +
                    response.versionMismatch().getMessage());
                broker.retryAtMs = nowMs + VERSION_RETRY_MS;
            }
            ctx.refreshMetadata.run();
            return;
        }
        final FetchResponse fetchResponse = (FetchResponse)response.responseBody();
        final short version = response.requestHeader().apiVersion();
        final var topicNames = broker.session.sessionTopicNames();
        broker.fetchResponses.incrementRelease();
        if (!broker.session.handleResponse(fetchResponse, version))
        {
            ctx.events.info("shard " + ctx.shard + ": broker " + address(broker) + ": fetch session begins anew: " +
                fetchResponse.error());
            broker.retryAtMs = nowMs + SESSION_RETRY_MS;
            return;
        }
        final ByteBuffer received = network.received(response.destination());
        final FetchedResponse fetched = new FetchedResponse(
            received, broker.node.id(), SystemEpochNanoClock.INSTANCE.nanoTime());
        broker.fetchedBytes.getAndAddRelease(responseReader.read(
            broker, asked, fetchResponse.responseData(topicNames, version), fetched, nowMs));
        moveByHints(fetchResponse);
        if (!fetched.isDone())
        {
            kept.put(received, Boolean.TRUE);
            broker.inHand(fetched);
        }
        if (!isFetchingStopped && broker.mayFetch(nowMs))
        {
            fetch(broker, ctx.limits.maxBytesPerBroker(turn.size()), nowMs);
        }
    }

    /** Leaders that the response itself names (Fetch v16): that partition moves alone, and at once. */
    private void moveByHints(final FetchResponse response)
    {
        if (response.data().nodeEndpoints().isEmpty())
        {
            return;
        }
        final Map<Integer, Node> nodes = new HashMap<>(topology.nodes());
        response.data().nodeEndpoints().forEach((endpoint) ->
            nodes.put(endpoint.nodeId(), new Node(endpoint.nodeId(), endpoint.host(), endpoint.port())));
        topology = new SourceTopology(nodes, topology.leaders());
        responseReader.leaderHints().forEach(this::moveToLeader);
    }
}
