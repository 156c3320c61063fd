package io.umbra.engine.source;

import io.aeron.driver.DutyCycleTracker;
import io.umbra.transport.FramePublisher;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.status.AtomicCounter;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.MetadataResponse;

import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

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
    /** So that looking after many partitions does not take more of the thread's time than after few. */
    private static final int RETRY_CHECKS_PER_MS = 50;
    private static final long VERSION_RETRY_MS = 5_000;
    private static final int MAX_RECEIVE_ROUNDS = 3;
    /** While the journal has all receive buffers. */
    private static final long LOOK_AGAIN_MS = 1;

    private final Context ctx;
    private final ReceiveBuffers buffers;
    private final FetchResponseReader responseReader;
    private final SourceLeaders leaders;
    private final FrameTurns turns;
    private final ManyToOneConcurrentLinkedQueue<Runnable> commands = new ManyToOneConcurrentLinkedQueue<>();
    private final Int2ObjectHashMap<PartitionFetch> byIndex = new Int2ObjectHashMap<>();
    private final IdentityHashMap<ByteBuffer, Boolean> kept = new IdentityHashMap<>();
    private final AtomicCounter bufferWaits;
    private final AtomicCounter bufferPeak;
    private SourceNetwork network;
    private long nextRetryCheckMs;
    private boolean isFetchingStopped;

    /**
     * What a FetchAgent needs.
     *
     * @param shard           index of the shard.
     * @param settings        how to reach the source.
     * @param limits          of its requests.
     * @param publisher       of the shard's stream.
     * @param onPublished     wakes whoever takes frames out of the stream.
     * @param maxWaitMs       how long {@link #doWork()} may wait for the network while it has nothing else to do,
     *                        milliseconds; commands and retries wait as long. 0: it never waits.
     * @param progress        counters that flow backwards.
     * @param counters        shown to the outside.
     * @param dutyCycle       times the duty cycles; what they wait for the network does not count.
     * @param events          where news for the operator go.
     * @param refreshMetadata asks the control plane for fresh metadata, without blocking.
     * @param questions       has the control plane ask what a leader has, without blocking.
     * @param linkRate        limits the link as a whole; shared by all shards.
     * @param clusterId       of the source, null while it is not known; from any thread.
     */
    public record Context(
        int shard,
        SourceSettings settings,
        FetchLimits limits,
        FramePublisher publisher,
        Runnable onPublished,
        long maxWaitMs,
        FetchProgress progress,
        FetchCounters counters,
        DutyCycleTracker dutyCycle,
        SourceEvents events,
        Runnable refreshMetadata,
        Consumer<LeaderQuestion> questions,
        TokenBucket linkRate,
        Supplier<String> clusterId)
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
        responseReader = new FetchResponseReader(ctx.progress, ctx.refreshMetadata, ctx.questions);
        leaders = new SourceLeaders(ctx.progress, ctx.counters);
        turns = new FrameTurns(ctx.publisher, buffers, ctx.counters.backPressure());
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
     * Forget a partition.
     *
     * @param partitionIndex that was assigned.
     * @param onForgotten    told when no frame of it will be published any more, on the agent's thread: the position of
     *                       the shard's stream behind the last one.
     */
    public void unassign(final int partitionIndex, final LongConsumer onForgotten)
    {
        commands.offer(() ->
        {
            final PartitionFetch partition = byIndex.remove(partitionIndex);
            if (null != partition)
            {
                partition.state = PartitionFetch.State.HALTED;
                // Voids what is in hand.
                partition.assignmentEpoch = Integer.MAX_VALUE;
                leaders.remove(partition);
            }
            onForgotten.accept(ctx.publisher.position());
        });
    }

    /**
     * Stop fetching a partition; its position is kept.
     *
     * @param partitionIndex that was assigned.
     * @param isDeleted      true if the source has deleted it, false if the operator wants it so.
     */
    public void suspend(final int partitionIndex, final boolean isDeleted)
    {
        commands.offer(() ->
        {
            final PartitionFetch partition = byIndex.get(partitionIndex);
            if (null != partition && PartitionFetch.State.HALTED != partition.state)
            {
                partition.state = PartitionFetch.State.SUSPENDED;
                partition.isConfirmed = false;
                ctx.progress.onSuspended(partitionIndex, isDeleted);
            }
        });
    }

    /**
     * Fetch a partition again that was suspended.
     *
     * @param partitionIndex that was assigned.
     */
    public void resume(final int partitionIndex)
    {
        commands.offer(() ->
        {
            final PartitionFetch partition = byIndex.get(partitionIndex);
            if (null != partition && PartitionFetch.State.SUSPENDED == partition.state)
            {
                tryAgain(partition);
            }
        });
    }

    /**
     * Limit the rate of a partition.
     *
     * @param partitionIndex that was assigned.
     * @param bucket         that it shares with others; null for no limit.
     */
    public void limit(final int partitionIndex, final TokenBucket bucket)
    {
        commands.offer(() ->
        {
            final PartitionFetch partition = byIndex.get(partitionIndex);
            if (null != partition)
            {
                partition.rateLimit = bucket;
            }
        });
    }

    /**
     * The leader has nothing at what was asked for: the offsets up to what it has next are lost.
     *
     * @param asked      by this agent.
     * @param nextOffset that the leader has.
     */
    public void onOffsetsLost(final LeaderQuestion asked, final long nextOffset)
    {
        commands.offer(() -> onFoundOut(asked, (partition) -> turns.announceLost(partition, nextOffset)));
    }

    /**
     * Offsets that are missing need no explanation in this partition: its topic is compacted, or may be.
     *
     * @param asked by this agent.
     */
    public void onGapsExpected(final LeaderQuestion asked)
    {
        commands.offer(() ->
        {
            final PartitionFetch partition = byIndex.get(asked.partitionIndex());
            if (null != partition)
            {
                partition.areGapsExpected = true;
                if (isStillAsked(partition, asked))
                {
                    tryAgain(partition);
                }
            }
        });
    }

    /**
     * The source's log begins at an offset.
     *
     * @param asked          by this agent.
     * @param logStartOffset of the leader and of all who may lead after it.
     */
    public void onLogStart(final LeaderQuestion asked, final long logStartOffset)
    {
        commands.offer(() ->
        {
            final PartitionFetch partition = byIndex.get(asked.partitionIndex());
            if (null == partition || asked.assignmentEpoch() != partition.assignmentEpoch)
            {
                return;
            }
            if (logStartOffset > partition.publishPosition)
            {
                // The journal has not come so far yet.
                ctx.questions.accept(asked);
            }
            else
            {
                partition.sourceLogStartOffset = logStartOffset;
                turns.announceLogStart(partition, logStartOffset);
            }
        });
    }

    /**
     * The leader's log ends below what was asked for, and no fetch could show where both agree.
     *
     * @param asked       by this agent.
     * @param leaderEpoch largest of the leader at or below that of the last batch; -1 if it has none.
     * @param endOffset   of that epoch at the leader.
     */
    public void onDiverged(final LeaderQuestion asked, final int leaderEpoch, final long endOffset)
    {
        commands.offer(() ->
            onFoundOut(asked, (partition) -> turns.announceDiverged(partition, leaderEpoch, endOffset)));
    }

    /**
     * Hand over what the source's metadata say now.
     *
     * @param topology nodes and leaders.
     */
    public void topology(final SourceTopology topology)
    {
        commands.offer(() -> leaders.topology(
            topology, (broker) -> network.disconnect(broker.node.idString())));
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
        final long beginNs = System.nanoTime();
        final long waitedNs = network.waitedNs();
        final long nowMs = System.currentTimeMillis();
        int workCount = drainCommands();
        final int published = turns.publish(leaders.brokers());
        if (published > 0)
        {
            ctx.onPublished.run();
        }
        workCount += published;
        workCount += retry(nowMs);
        workCount += fetch(nowMs);
        workCount += receive(nowMs);
        ctx.dutyCycle.reportMeasurement(System.nanoTime() - beginNs - (network.waitedNs() - waitedNs));
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
        byIndex.put(partition.index, partition);
        turns.announce(partition);
        leaders.add(partition);
    }

    /** An answer counts only if the question is still the same, and nothing is in hand. */
    private void onFoundOut(final LeaderQuestion asked, final Consumer<PartitionFetch> announcement)
    {
        final PartitionFetch partition = byIndex.get(asked.partitionIndex());
        if (null != partition && isStillAsked(partition, asked) && asked.offset() == partition.publishPosition)
        {
            partition.state = PartitionFetch.State.AWAITING_JOURNAL;
            announcement.accept(partition);
        }
    }

    private static boolean isStillAsked(final PartitionFetch partition, final LeaderQuestion asked)
    {
        return asked.assignmentEpoch() == partition.assignmentEpoch && asked.offset() == partition.fetchPosition &&
            PartitionFetch.State.BACKING_OFF == partition.state;
    }

    /** Partitions that the journal refused, and those whose time of waiting is over. */
    private int retry(final long nowMs)
    {
        if (nowMs < nextRetryCheckMs)
        {
            return 0;
        }
        nextRetryCheckMs = nowMs + RETRY_CHECK_MS + leaders.partitions().size() / RETRY_CHECKS_PER_MS;
        int count = 0;
        for (final PartitionFetch partition : leaders.partitions())
        {
            switch (partition.state)
            {
                case FETCHING:
                    if (ctx.progress.isRefused(partition.index, partition.assignmentEpoch))
                    {
                        onRefused(partition, nowMs);
                        count++;
                    }
                    else if (partition.isConfirmed && null != partition.sourceFault)
                    {
                        partition.sourceFault = null;
                        turns.announce(partition);
                    }
                    break;

                case AWAITING_JOURNAL:
                    if (ctx.progress.isRefused(partition.index, partition.assignmentEpoch))
                    {
                        if (ctx.progress.isFaulted(partition.index))
                        {
                            onRefused(partition, nowMs);
                        }
                        else
                        {
                            tryAgain(partition);
                        }
                        count++;
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

    private void onRefused(final PartitionFetch partition, final long nowMs)
    {
        if (ctx.progress.isHalted(partition.index))
        {
            partition.state = PartitionFetch.State.HALTED;
        }
        else
        {
            partition.fault(nowMs, ctx.progress.journalEndOffset(partition.index));
        }
    }

    private void tryAgain(final PartitionFetch partition)
    {
        if (ctx.progress.isRefused(partition.index, partition.assignmentEpoch))
        {
            partition.assignmentEpoch++;
            partition.startAt(
                ctx.progress.journalEndOffset(partition.index), ctx.progress.journalLastEpoch(partition.index));
            turns.announce(partition);
        }
        partition.state = PartitionFetch.State.FETCHING;
        final BrokerFetch broker = leaders.broker(partition.leaderId);
        if (null != broker)
        {
            broker.hasUnconfirmed = true;
        }
    }

    private int fetch(final long nowMs)
    {
        if (isFetchingStopped || turns.hasAnnouncements() || !ctx.linkRate.isPositive(nowMs))
        {
            return 0;
        }
        int count = 0;
        for (int i = 0; i < leaders.brokers().size(); i++)
        {
            final BrokerFetch broker = leaders.brokers().get(i);
            if (broker.mayFetch(nowMs) && !broker.partitions.isEmpty())
            {
                count += fetch(broker, nowMs);
            }
        }
        return count;
    }

    private int fetch(final BrokerFetch broker, final long nowMs)
    {
        if (!network.ready(broker.node, nowMs))
        {
            onNotReady(broker);
            return 0;
        }
        if (null != broker.connectionError)
        {
            ctx.events.info("shard " + ctx.shard + ": broker " + broker.address() + " is back");
            broker.connectionError = null;
        }
        broker.comparesHistories = network.highestVersion(broker.node, ApiKeys.FETCH) >=
            FetchLimits.FIRST_VERSION_WITH_LAST_EPOCH;
        final FetchRequest.Builder request = broker.nextRequest(
            ctx.limits, ctx.limits.maxBytesPerBroker(leaders.brokers().size()), nowMs);
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
            broker.partitions.values().forEach(PartitionFetch::doubtHint);
            final RuntimeException failure = network.authenticationFailure(broker.node);
            final String error = null == failure ?
                "broker " + broker.address() + " cannot be reached" :
                "broker " + broker.address() + " refuses the credentials: " + failure.getMessage();
            if (!error.equals(broker.connectionError))
            {
                broker.connectionError = error;
                broker.unconfirm();
                broker.partitions.values().forEach(
                    (partition) -> ctx.progress.onError(partition.index, false, error));
                ctx.events.warn("shard " + ctx.shard + ": " + error + "; trying again");
                ctx.refreshMetadata.run();
            }
        }
    }

    private int receive(final long nowMs)
    {
        final long refusals = buffers.refusals();
        int count = 0;
        int received;
        final boolean isWaiting = ctx.maxWaitMs > 0 && !turns.isAnythingInHand(leaders.brokers());
        final boolean isJournalBehind = turns.takeBack();
        long timeoutMs = isWaiting ? isJournalBehind ? LOOK_AGAIN_MS : ctx.maxWaitMs : 0;
        // Again after responses, so that the fetches they have led to are on the wire before anything is published.
        for (int round = 0; round < MAX_RECEIVE_ROUNDS && (received = receiveOnce(timeoutMs, nowMs)) > 0; round++)
        {
            count += received;
            timeoutMs = 0;
        }
        if (refusals != buffers.refusals())
        {
            bufferWaits.incrementRelease();
        }
        if (count > 0)
        {
            bufferPeak.setRelease(buffers.peakBytes());
        }
        // Having waited is work enough: there is no need to idle as well.
        return isWaiting ? count + 1 : count;
    }

    private int receiveOnce(final long timeoutMs, final long nowMs)
    {
        kept.clear();
        int count = 0;
        final List<ClientResponse> responses = poll(timeoutMs, nowMs);
        for (int i = 0; i < responses.size(); i++)
        {
            try
            {
                onResponse(responses.get(i), nowMs);
            }
            catch (final RuntimeException ex)
            {
                onUnreadable(ex, nowMs);
            }
            count++;
        }
        for (final NetworkReceive receive : network.receives())
        {
            // What no response in hand keeps: API versions, errors, responses without records.
            if (null == kept.remove(receive.payload()))
            {
                buffers.release(receive.payload());
            }
        }
        return count;
    }

    private List<ClientResponse> poll(final long timeoutMs, final long nowMs)
    {
        try
        {
            return network.poll(timeoutMs, nowMs);
        }
        catch (final RuntimeException ex)
        {
            onUnreadable(ex, nowMs);
            return List.of();
        }
    }

    /**
     * A response that cannot be parsed leaves all connections in doubt that the network had news of: begin them anew.
     * The others are as they were, and go on.
     */
    private void onUnreadable(final RuntimeException failure, final long nowMs)
    {
        ctx.events.warn("shard " + ctx.shard + ": a response of the source cannot be read: " + failure);
        for (final BrokerFetch broker : leaders.brokers())
        {
            if (network.hasNews(broker.node.idString()))
            {
                giveUp(broker, "sends what cannot be read: " + failure, nowMs);
            }
        }
    }

    /** The connection begins anew, after a while. */
    private void giveUp(final BrokerFetch broker, final String reason, final long nowMs)
    {
        lost(broker, reason);
        broker.failed(nowMs);
        trouble(broker, "broker " + broker.address() + ' ' + reason);
        network.disconnect(broker.node.idString());
    }

    private void lost(final BrokerFetch broker, final String reason)
    {
        final HeldFetch held = broker.release();
        if (null != held)
        {
            buffers.release(held.received());
        }
        broker.lost(reason);
    }

    /** Until a response shows that it is over. */
    private void trouble(final BrokerFetch broker, final String error)
    {
        broker.unconfirm();
        for (final PartitionFetch partition : broker.partitions.values())
        {
            if (PartitionFetch.State.FETCHING == partition.state)
            {
                ctx.progress.onError(partition.index, false, error);
            }
        }
    }

    private void onResponse(final ClientResponse response, final long nowMs)
    {
        final BrokerFetch broker = leaders.broker(Integer.parseInt(response.destination()));
        if (null == broker || !broker.isInFlight())
        {
            return;
        }
        if (response.wasDisconnected() || null != response.versionMismatch() || !response.hasResponse())
        {
            lost(broker, "disconnected");
            broker.askForLess();
            final boolean isTrouble = broker.failed(nowMs);
            if (null == response.versionMismatch())
            {
                if (isTrouble)
                {
                    trouble(broker, "broker " + broker.address() + " ends connections instead of answering");
                }
            }
            else
            {
                ctx.events.warn("shard " + ctx.shard + ": broker " + broker.address() + ": " +
                    response.versionMismatch().getMessage());
                broker.retryAtMs = nowMs + VERSION_RETRY_MS;
            }
            ctx.refreshMetadata.run();
            return;
        }
        if (broker.isHolding())
        {
            onIdentity(broker, (MetadataResponse)response.responseBody(), nowMs);
            return;
        }
        final ByteBuffer received = network.received(response.destination());
        if (HeldFetch.isNeeded((FetchResponse)response.responseBody(), response.requestHeader().apiVersion()))
        {
            hold(broker, new HeldFetch(response, received), nowMs);
        }
        else if (onFetched(broker, response, received, null, nowMs))
        {
            kept.put(received, Boolean.TRUE);
        }
    }

    private void hold(final BrokerFetch broker, final HeldFetch held, final long nowMs)
    {
        if (!network.ready(broker.node, nowMs))
        {
            // What another connection says proves nothing.
            lost(broker, "disconnected");
            return;
        }
        broker.hold(held);
        kept.put(held.received(), Boolean.TRUE);
        network.send(broker.node, held.question(), nowMs);
    }

    private void onIdentity(final BrokerFetch broker, final MetadataResponse identity, final long nowMs)
    {
        final String clusterId = ctx.clusterId.get();
        if (null != identity.clusterId() && null != clusterId && !clusterId.equals(identity.clusterId()))
        {
            giveUp(broker, "is of cluster " + identity.clusterId() + ", not " + clusterId, nowMs);
            ctx.refreshMetadata.run();
            return;
        }
        final HeldFetch held = broker.release();
        boolean isKept = false;
        try
        {
            isKept = onFetched(broker, held.response(), held.received(), identity, nowMs);
        }
        finally
        {
            if (!isKept)
            {
                buffers.release(held.received());
            }
        }
    }

    /**
     * An answer to a fetch.
     *
     * @param broker   that sent it.
     * @param response with the answer.
     * @param received memory that it lies in.
     * @param identity what the broker says of the topics in it, if it was asked; else null.
     * @param nowMs    current time.
     * @return whether the memory is still needed.
     */
    private boolean onFetched(
        final BrokerFetch broker,
        final ClientResponse response,
        final ByteBuffer received,
        final MetadataResponse identity,
        final long nowMs)
    {
        final FetchResponse fetchResponse = (FetchResponse)response.responseBody();
        final short version = response.requestHeader().apiVersion();
        final Map<Uuid, String> topicNames = broker.topicNames();
        broker.fetchResponses.incrementRelease();
        final Map<TopicPartition, FetchRequest.PartitionData> asked = broker.answered(fetchResponse, version);
        if (null == asked)
        {
            ctx.events.info("shard " + ctx.shard + ": broker " + broker.address() + ": fetch session begins anew: " +
                fetchResponse.error());
            // Brokers drop sessions, and that is all. One that does so again and again has no answers.
            if (broker.failed(nowMs))
            {
                trouble(broker, "broker " + broker.address() + " answers fetches with " +
                    (Errors.NONE == fetchResponse.error() ?
                    "other partitions than it was asked for" : fetchResponse.error().name()));
            }
            return false;
        }
        broker.succeeded();
        final LinkedHashMap<TopicPartition, FetchResponseData.PartitionData> partitions =
            fetchResponse.responseData(topicNames, version);
        if (null != identity)
        {
            responseReader.dropOthers(broker, partitions, identity, nowMs);
        }
        final FetchedResponse fetched = new FetchedResponse(
            received, broker.node.id(), SystemEpochNanoClock.INSTANCE.nanoTime());
        final long bytes = responseReader.read(broker, asked, partitions, fetched, nowMs);
        broker.askForMore(bytes, response.requestLatencyMs(), network.requestTimeoutMs());
        broker.fetchedBytes.getAndAddRelease(bytes);
        ctx.linkRate.take(bytes);
        broker.read(asked);
        leaders.hints(responseReader.leaderHints(), fetchResponse.data().nodeEndpoints());
        final boolean isInHand = !fetched.isDone();
        if (isInHand)
        {
            broker.inHand(fetched);
        }
        if (!isFetchingStopped && broker.mayFetch(nowMs) && ctx.linkRate.isPositive(nowMs))
        {
            fetch(broker, nowMs);
        }
        return isInHand;
    }
}
