package io.umbra.engine.source;

import io.umbra.transport.FrameHeader;
import io.umbra.transport.FramePublisher;
import org.agrona.concurrent.status.AtomicCounter;
import org.apache.kafka.clients.FetchSessionHandler;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.utils.LogContext;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One source broker as a FetchAgent sees it: the partitions it leads, its fetch session (KIP-227), the request that
 * is on its way, and the responses in hand. At most one of each is in hand and on its way: the next fetch goes out
 * before the response is handled, the one after it only when its frames are out. Belongs to the FetchAgent's thread.
 */
final class BrokerFetch
{
    final Map<TopicPartition, PartitionFetch> partitions = new LinkedHashMap<>();
    final AtomicCounter fetchedBytes;
    final AtomicCounter fetchResponses;
    final FetchSessionHandler session;
    Node node;
    /** The request on its way; null when there is none. */
    FetchSessionHandler.FetchRequestData inFlight;
    /** What was last said of the connection, so that it is said once. */
    String connectionError;
    long retryAtMs;
    /** Whether a partition has joined that no response has shown to be served yet. */
    boolean hasUnconfirmed;
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
    }

    /** The request on its way will not be answered, and its session may be gone. */
    void lost(final String reason)
    {
        inFlight = null;
        session.handleError(new IllegalStateException(reason));
    }

    boolean mayFetch(final long nowMs)
    {
        return null == inFlight && inHand.size() <= 1 && nowMs >= retryAtMs;
    }

    /**
     * Build the next request of the session.
     *
     * @param limits   of the requests.
     * @param maxBytes that this broker may send at once.
     * @return null if there is nothing to ask for.
     */
    FetchRequest.Builder nextRequest(final FetchLimits limits, final int maxBytes)
    {
        final FetchSessionHandler.Builder builder = session.newBuilder(partitions.size(), false);
        int count = 0;
        for (final PartitionFetch partition : partitions.values())
        {
            if (PartitionFetch.State.FETCHING == partition.state)
            {
                builder.add(partition.topicPartition, partition.requestData());
                count++;
            }
        }
        if (0 == count && session.sessionTopicPartitions().isEmpty())
        {
            return null;
        }
        inFlight = builder.build();
        return FetchRequest.Builder
            .forConsumer(
                inFlight.canUseTopicIds() ? ApiKeys.FETCH.latestVersion() : FetchLimits.LAST_VERSION_WITHOUT_TOPIC_IDS,
                limits.maxWaitMs(), limits.minBytes(), inFlight.toSend())
            .metadata(inFlight.metadata())
            .setMaxBytes(maxBytes)
            .removed(inFlight.toForget())
            .replaced(inFlight.toReplace())
            .rackId(limits.rackId());
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
     * @param pool      that gets the receive buffer back with the last frame.
     * @return whether anything was done.
     */
    boolean publishNext(final FramePublisher publisher, final FrameHeader header, final MemoryPool pool)
    {
        final FetchedResponse response = inHand.peekFirst();
        final boolean worked = response.publishNext(publisher, header);
        if (response.isDone())
        {
            inHand.pollFirst();
            pool.release(response.receiveBuffer());
        }
        return worked;
    }
}
