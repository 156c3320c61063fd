package io.umbra.engine.source;

import io.umbra.transport.FrameHeader;
import io.umbra.transport.FramePublisher;
import org.agrona.concurrent.status.AtomicCounter;
import org.apache.kafka.clients.FetchSessionHandler;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.utils.LogContext;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One source broker as a FetchAgent sees it: the partitions it leads, its fetch session (KIP-227), the request that
 * is on its way, and the responses in hand. At most one of each is in hand and on its way: the next fetch goes out
 * before the response is handled, the one after it only when its frames are out. Belongs to the FetchAgent's thread.
 */
final class BrokerFetch
{
    /** How long partitions that are behind may be asked for alone: it delays what is new in the others. */
    private static final long SESSION_FETCH_INTERVAL_MS = 100;
    /** Longer where a fetch of the session takes the broker longer. */
    private static final int SESSION_PARTITIONS_PER_MS = 20;
    /** However slow the line is. A batch that is larger comes all the same, alone. */
    private static final int LEAST_BYTES = 64 * 1024;
    private static final long RETRY_BACKOFF_MS = 20;
    private static final long RETRY_BACKOFF_MAX_MS = 5_000;

    final Map<TopicPartition, PartitionFetch> partitions = new LinkedHashMap<>();
    final AtomicCounter fetchedBytes;
    final AtomicCounter fetchResponses;
    Node node;
    /** What was last said of the connection, so that it is said once. */
    String connectionError;
    long retryAtMs;
    /** Whether it can be told the epoch of the last batch. */
    boolean comparesHistories = true;
    /** Whether a partition has joined that no response has shown to be served yet. */
    boolean hasUnconfirmed;
    /** After requests that brought no response, or none that could be used. */
    private final BackOff backOff = new BackOff(RETRY_BACKOFF_MS, RETRY_BACKOFF_MAX_MS);
    /** How often the size of what is asked for at once was halved: an answer that takes too long never comes. */
    private int halvings;
    private int askedBytes;
    private final FetchSessionHandler session;
    private final Backlog backlog = new Backlog();
    /** What the request on its way asks for; null when there is none. */
    private Map<TopicPartition, FetchRequest.PartitionData> asked;
    private HeldFetch held;
    private boolean isSessionAsked;
    private boolean hasTopicIds;
    private long nextSessionFetchMs;
    private final ArrayDeque<FetchedResponse> inHand = new ArrayDeque<>();

    BrokerFetch(final Node node, final FetchCounters counters)
    {
        this.node = node;
        fetchedBytes = counters.fetchedBytes(node.id());
        fetchResponses = counters.fetchResponses(node.id());
        session = new FetchSessionHandler(new LogContext("[broker " + node.id() + "] "), node.id());
    }

    void add(final PartitionFetch partition)
    {
        partitions.put(partition.topicPartition, partition);
        partition.isConfirmed = false;
        hasUnconfirmed = true;
    }

    /** Whatever was said of its partitions must be shown again by a response. */
    void unconfirm()
    {
        partitions.values().forEach((partition) -> partition.isConfirmed = false);
        hasUnconfirmed = true;
        backlog.clear();
    }

    /** The answer has come, and the broker is asked whether it is of the topics that were meant. */
    void hold(final HeldFetch fetch)
    {
        held = fetch;
    }

    /** The answer that was held, and is no more; null if there is none. */
    HeldFetch release()
    {
        final HeldFetch released = held;
        held = null;
        return released;
    }

    boolean isHolding()
    {
        return null != held;
    }

    /** The request on its way will not be answered, and its session may be gone. */
    void lost(final String reason)
    {
        asked = null;
        backlog.clear();
        session.handleError(new IllegalStateException(reason));
    }

    /**
     * A request was for nothing: the next one waits.
     *
     * @param nowMs current time.
     * @return whether it was not the first one.
     */
    boolean failed(final long nowMs)
    {
        retryAtMs = nowMs + backOff.failed();
        return backOff.failures() > 1;
    }

    void succeeded()
    {
        backOff.succeeded();
    }

    /** The answer has not come in time, perhaps because it was too large for the line. */
    void askForLess()
    {
        if (askedBytes > LEAST_BYTES)
        {
            halvings++;
        }
    }

    /**
     * An answer has come. If it was as large as it might be and early, the next may be twice as large.
     *
     * @param bytes     of records in it.
     * @param tookMs    time since it was asked for.
     * @param timeoutMs after which it would have been given up.
     */
    void askForMore(final long bytes, final long tookMs, final long timeoutMs)
    {
        if (halvings > 0 && 2 * bytes >= askedBytes && 4 * tookMs < timeoutMs)
        {
            halvings--;
        }
    }

    boolean mayFetch(final long nowMs)
    {
        return null == asked && inHand.size() <= 1 && nowMs >= retryAtMs;
    }

    boolean isInFlight()
    {
        return null != asked;
    }

    /**
     * Build the next request: of the session, or, for a while after one of its responses, for what is behind alone.
     *
     * @param limits   of the requests.
     * @param maxBytes that this broker may send at once.
     * @param nowMs    current time.
     * @return null if there is nothing to ask for.
     */
    FetchRequest.Builder nextRequest(final FetchLimits limits, final int maxBytes, final long nowMs)
    {
        askedBytes = Math.min(maxBytes, Math.max(LEAST_BYTES, maxBytes >> halvings));
        if (nowMs < nextSessionFetchMs)
        {
            final Map<TopicPartition, FetchRequest.PartitionData> behind = backlog.next(node.id(), nowMs);
            if (!behind.isEmpty())
            {
                asked = behind;
                isSessionAsked = false;
                // It has what is asked for: it need not wait for more.
                return request(limits, askedBytes, 0, behind);
            }
        }
        nextSessionFetchMs = nowMs + Math.max(SESSION_FETCH_INTERVAL_MS, partitions.size() / SESSION_PARTITIONS_PER_MS);
        return nextSessionRequest(limits, askedBytes, nowMs);
    }

    private FetchRequest.Builder nextSessionRequest(final FetchLimits limits, final int maxBytes, final long nowMs)
    {
        final FetchSessionHandler.Builder builder = session.newBuilder(partitions.size(), false);
        int count = 0;
        for (final PartitionFetch partition : partitions.values())
        {
            if (partition.isDue(nowMs))
            {
                builder.add(partition.topicPartition, partition.requestData());
                count++;
            }
        }
        if (0 == count && session.sessionTopicPartitions().isEmpty())
        {
            return null;
        }
        final FetchSessionHandler.FetchRequestData data = builder.build();
        hasTopicIds = data.canUseTopicIds();
        asked = data.sessionPartitions();
        isSessionAsked = true;
        return request(limits, maxBytes, limits.maxWaitMs(), data.toSend())
            .metadata(data.metadata())
            .removed(data.toForget())
            .replaced(data.toReplace());
    }

    /** Without a session, unless the caller puts one in. */
    private FetchRequest.Builder request(
        final FetchLimits limits,
        final int maxBytes,
        final int maxWaitMs,
        final Map<TopicPartition, FetchRequest.PartitionData> requested)
    {
        return FetchRequest.Builder
            .forConsumer(
                hasTopicIds ? ApiKeys.FETCH.latestVersion() : FetchLimits.LAST_VERSION_WITHOUT_TOPIC_IDS,
                maxWaitMs, limits.minBytes(), comparesHistories ? requested : withoutLastEpochs(requested))
            .setMaxBytes(maxBytes)
            .rackId(limits.rackId());
    }

    /** In the same order. */
    private static Map<TopicPartition, FetchRequest.PartitionData> withoutLastEpochs(
        final Map<TopicPartition, FetchRequest.PartitionData> requested)
    {
        final Map<TopicPartition, FetchRequest.PartitionData> stripped = new LinkedHashMap<>();
        requested.forEach((partition, data) -> stripped.put(partition, new FetchRequest.PartitionData(
            data.topicId, data.fetchOffset, data.logStartOffset, data.maxBytes, data.currentLeaderEpoch)));
        return stripped;
    }

    /** Names of the topics by which a response is to be read. */
    Map<Uuid, String> topicNames()
    {
        return session.sessionTopicNames();
    }

    /**
     * The request on its way has been answered.
     *
     * @param response to it.
     * @param version  of the protocol.
     * @return what was asked for; null if the response has none of it, but an error or another session.
     */
    Map<TopicPartition, FetchRequest.PartitionData> answered(final FetchResponse response, final short version)
    {
        final Map<TopicPartition, FetchRequest.PartitionData> answered = asked;
        asked = null;
        final boolean isGood =
            isSessionAsked ? session.handleResponse(response, version) : Errors.NONE == response.error();
        if (!isGood)
        {
            backlog.clear();
        }
        return isGood ? answered : null;
    }

    /**
     * The partitions' positions have moved on by what the response had.
     *
     * @param answered what was asked for.
     */
    void read(final Map<TopicPartition, FetchRequest.PartitionData> answered)
    {
        if (isSessionAsked)
        {
            backlog.renew(partitions.values(), answered);
        }
        else
        {
            backlog.answered(answered);
        }
    }

    void inHand(final FetchedResponse response)
    {
        inHand.addLast(response);
    }

    /** For people. */
    String address()
    {
        return node.id() + " at " + node.host() + ":" + node.port();
    }

    boolean hasInHand()
    {
        return !inHand.isEmpty();
    }

    /**
     * Publish one frame of the oldest response in hand.
     *
     * @param publisher of the shard.
     * @param header    scratch.
     * @param published gets the receive buffer with the last frame.
     * @return whether anything was done.
     */
    boolean publishNext(
        final FramePublisher publisher, final FrameHeader header, final Consumer<ByteBuffer> published)
    {
        final FetchedResponse response = inHand.peekFirst();
        final boolean worked = response.publishNext(publisher, header);
        if (response.isDone())
        {
            inHand.pollFirst();
            published.accept(response.receiveBuffer());
        }
        return worked;
    }
}
