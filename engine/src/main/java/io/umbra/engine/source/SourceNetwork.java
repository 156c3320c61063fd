package io.umbra.engine.source;

import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ClientRequest;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.MetadataUpdater;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.clients.NodeApiVersions;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AdminOverClient;
import org.apache.kafka.clients.admin.internals.AdminMetadataManager;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Kafka's {@link NetworkClient} over a {@link Selector} that receives into a pool of ours. TLS, SASL, API versions,
 * throttling (KIP-219) and reconnecting with back-off are the client's own. For one thread.
 */
final class SourceNetwork implements AutoCloseable
{
    private static final int MAX_IN_FLIGHT = 2;
    private static final String METRICS = "umbra-source";
    /** Whoever speaks another protocol announces a gigabyte soon. */
    private static final int LARGEST_RESPONSE_IN_HEAP =
        (int)Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / 2);

    private final Metrics metrics = new Metrics();
    private final ApiVersions apiVersions = new ApiVersions();
    private final ChannelBuilder channelBuilder;
    private final Selector selector;
    private final NetworkClient client;
    private final KafkaMetric waits;
    private final int requestTimeoutMs;

    SourceNetwork(final SourceSettings settings, final String role, final MemoryPool memoryPool)
    {
        final LogContext logContext = new LogContext("[" + settings.clientId(role) + "] ");
        requestTimeoutMs = settings.config().getInt(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG);
        channelBuilder = settings.channelBuilder(Time.SYSTEM, logContext);
        selector = selector(settings.config(), channelBuilder, memoryPool, metrics, logContext);
        client = client(settings, role, selector, new ManualMetadataUpdater(), MAX_IN_FLIGHT, apiVersions, logContext);
        waits = metrics.metric(metrics.metricName("io-wait-time-ns-total", METRICS + "-metrics"));
    }

    /**
     * Kafka's admin client, with a limit to what it receives, which is in heap.
     *
     * @param settings how to reach the source.
     * @param role     part of the client id.
     * @return the client, the caller's to close.
     * @throws KafkaException if it cannot be made, for one since no bootstrap address resolves any more.
     */
    static Admin admin(final SourceSettings settings, final String role)
    {
        final LogContext logContext = new LogContext("[" + settings.clientId(role) + "] ");
        final AdminClientConfig config = settings.config();
        final AdminMetadataManager metadata = new AdminMetadataManager(
            logContext,
            config.getLong(AdminClientConfig.RETRY_BACKOFF_MS_CONFIG),
            config.getLong(AdminClientConfig.METADATA_MAX_AGE_CONFIG),
            false);
        metadata.update(Cluster.bootstrap(settings.bootstrapAddresses()), System.currentTimeMillis());
        final Selector selector = selector(
            config, settings.channelBuilder(Time.SYSTEM, logContext), MemoryPool.NONE, new Metrics(), logContext);
        final Map<String, Object> own = new HashMap<>(config.originals());
        own.put(AdminClientConfig.CLIENT_ID_CONFIG, settings.clientId(role));
        own.put(AdminClientConfig.ENABLE_METRICS_PUSH_CONFIG, false);
        return AdminOverClient.create(new AdminClientConfig(own), metadata,
            client(settings, role, selector, metadata.updater(), 1, new ApiVersions(), logContext));
    }

    private static Selector selector(
        final AdminClientConfig config,
        final ChannelBuilder channelBuilder,
        final MemoryPool memoryPool,
        final Metrics metrics,
        final LogContext logContext)
    {
        return new Selector(
            MemoryPool.NONE == memoryPool ? LARGEST_RESPONSE_IN_HEAP : NetworkReceive.UNLIMITED,
            config.getLong(AdminClientConfig.CONNECTIONS_MAX_IDLE_MS_CONFIG),
            metrics,
            Time.SYSTEM,
            METRICS,
            Map.of(),
            false,
            false,
            channelBuilder,
            memoryPool,
            logContext);
    }

    private static NetworkClient client(
        final SourceSettings settings,
        final String role,
        final Selector selector,
        final MetadataUpdater metadataUpdater,
        final int maxInFlight,
        final ApiVersions apiVersions,
        final LogContext logContext)
    {
        final AdminClientConfig config = settings.config();
        return new NetworkClient(
            selector,
            metadataUpdater,
            settings.clientId(role),
            maxInFlight,
            config.getLong(AdminClientConfig.RECONNECT_BACKOFF_MS_CONFIG),
            config.getLong(AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG),
            config.getInt(AdminClientConfig.SEND_BUFFER_CONFIG),
            config.getInt(AdminClientConfig.RECEIVE_BUFFER_CONFIG),
            config.getInt(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG),
            config.getLong(AdminClientConfig.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG),
            config.getLong(AdminClientConfig.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG),
            Time.SYSTEM,
            true,
            apiVersions,
            logContext,
            MetadataRecoveryStrategy.NONE);
    }

    /**
     * Connect if need be.
     *
     * @param node  to connect to.
     * @param nowMs current time.
     * @return true if a request can be sent now.
     */
    boolean ready(final Node node, final long nowMs)
    {
        return client.ready(node, nowMs);
    }

    /**
     * What a broker that is ready offers.
     *
     * @param node   the broker.
     * @param apiKey of the requests.
     * @return highest version of them; that of this client if nothing is known of the broker.
     */
    short highestVersion(final Node node, final ApiKeys apiKey)
    {
        final NodeApiVersions versions = apiVersions.get(node.idString());
        final ApiVersionsResponseData.ApiVersion range = null == versions ? null : versions.apiVersion(apiKey);
        return null == range ? apiKey.latestVersion() : range.maxVersion();
    }

    int requestTimeoutMs()
    {
        return requestTimeoutMs;
    }

    void send(final Node node, final AbstractRequest.Builder<?> request, final long nowMs)
    {
        client.send(client.newClientRequest(node.idString(), request, nowMs, true, requestTimeoutMs, null), nowMs);
    }

    ClientRequest request(final Node node, final AbstractRequest.Builder<?> request, final long nowMs)
    {
        return client.newClientRequest(node.idString(), request, nowMs, true, requestTimeoutMs, null);
    }

    /**
     * Do what the sockets are ready for.
     *
     * @param timeoutMs to wait for one, 0 for none.
     * @param nowMs     current time.
     * @return completed, failed and timed-out requests.
     */
    List<ClientResponse> poll(final long timeoutMs, final long nowMs)
    {
        return client.poll(timeoutMs, nowMs);
    }

    /**
     * How long {@link #poll} has waited for sockets so far: what else it does is work.
     *
     * @return nanoseconds.
     */
    long waitedNs()
    {
        return ((Double)waits.metricValue()).longValue();
    }

    /**
     * The memory that a response of the last poll lies in. There is at most one response a connection in each poll.
     *
     * @param nodeId {@link ClientResponse#destination()}.
     * @return the pool's buffer, or null if nothing was received from there.
     */
    ByteBuffer received(final String nodeId)
    {
        for (final NetworkReceive receive : selector.completedReceives())
        {
            if (receive.source().equals(nodeId))
            {
                return receive.payload();
            }
        }
        return null;
    }

    /**
     * Everything that was received in the last poll, also what the client answered to itself (API versions).
     *
     * @return the receives.
     */
    Iterable<NetworkReceive> receives()
    {
        return selector.completedReceives();
    }

    /**
     * Whether the last poll had anything of a broker, which is lost to the client when that poll failed.
     *
     * @param nodeId of the broker.
     * @return true if something was received from there, or its connection has come or gone.
     */
    boolean hasNews(final String nodeId)
    {
        return null != received(nodeId) || selector.connected().contains(nodeId) ||
            selector.disconnected().containsKey(nodeId);
    }

    /**
     * Why the last connection to a broker failed.
     *
     * @param node the broker.
     * @return null if it did not, or not for reasons of authentication.
     */
    RuntimeException authenticationFailure(final Node node)
    {
        return client.authenticationException(node);
    }

    boolean hasFailed(final Node node)
    {
        return client.connectionFailed(node);
    }

    NetworkClient client()
    {
        return client;
    }

    /**
     * End the connection to a broker; what is in flight there comes back as disconnected.
     *
     * @param nodeId of the broker.
     */
    void disconnect(final String nodeId)
    {
        try
        {
            client.disconnect(nodeId);
        }
        catch (final IllegalStateException ex)
        {
            // The client has never tried to connect to it, so there is nothing to end.
            selector.close(nodeId);
        }
    }

    /**
     * Make whoever waits in this network give up, now and from here on. From any thread.
     */
    void abort()
    {
        client.initiateClose();
    }

    @Override
    public void close()
    {
        Utils.closeQuietly(client, "client");
        Utils.closeQuietly(channelBuilder, "channel builder");
        Utils.closeQuietly(metrics, "metrics");
    }
}
