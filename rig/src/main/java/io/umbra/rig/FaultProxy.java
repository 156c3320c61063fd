package io.umbra.rig;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.RequestHeader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A bad network between a broker and its clients, on loopback: late, slow, silent, refusing, cut off, lying. It knows
 * the framing of Kafka's protocol (in the clear), so that it can count requests and put something else in the place of
 * a response. A broker's clients come through it when the broker advertises its port, see
 * {@link KafkaCluster.Context#advertisedPorts}. Honest and quick until told otherwise; methods may be called from any
 * thread, and count for connections that are open as well.
 */
public final class FaultProxy implements AutoCloseable
{
    private static final int BACKLOG = 200;
    private static final long DRIBBLE_PAUSE_NS = 20_000;

    private final ServerSocket server;
    private final Set<ProxiedConnection> open = ConcurrentHashMap.newKeySet();
    private final Map<ApiKeys, AtomicLong> requests = new ConcurrentHashMap<>();
    private final AtomicLong connections = new AtomicLong();
    private final AtomicLong refusals = new AtomicLong();
    private volatile int brokerPort;
    private volatile boolean isClosed;
    private volatile boolean isRefusing;
    private volatile boolean isSilent;
    private volatile int latencyMs;
    private volatile int dribbleBytes;
    private volatile long dribblePauseNs;
    private volatile ResponseFault fault;
    private volatile Consumer<RequestHeader> requestListener = (header) -> {};

    /** Listens; connections wait until {@link #connectTo}. */
    public FaultProxy()
    {
        try
        {
            server = new ServerSocket(FreePorts.next(), BACKLOG, InetAddress.getLoopbackAddress());
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException("no port for a proxy", ex);
        }
    }

    /** The port that the broker is to advertise. */
    public int port()
    {
        return server.getLocalPort();
    }

    /**
     * Begins to let clients through.
     *
     * @param port on loopback, where the broker listens.
     * @return this.
     */
    public FaultProxy connectTo(final int port)
    {
        brokerPort = port;
        start("fault-proxy-" + port(), this::accept);
        return this;
    }

    /** Every request and every response waits so long. */
    public void latency(final int milliseconds)
    {
        latencyMs = milliseconds;
    }

    int latencyMs()
    {
        return latencyMs;
    }

    /** So many bytes of a response at a time, with a short pause after each; 0: as they come. */
    public void dribble(final int bytes)
    {
        dribble(bytes, DRIBBLE_PAUSE_NS);
    }

    /** So many bytes of a response at a time, with such a pause after each; 0: as they come. */
    public void dribble(final int bytes, final long pauseNs)
    {
        dribblePauseNs = pauseNs;
        dribbleBytes = bytes;
    }

    long dribblePauseNs()
    {
        return dribblePauseNs;
    }

    int dribbleBytes()
    {
        return dribbleBytes;
    }

    /**
     * Takes what comes from either side and passes nothing on: half-open connections. New ones are accepted. A
     * connection that has swallowed something stays dead when this ends.
     */
    public void silent(final boolean isToBeSilent)
    {
        isSilent = isToBeSilent;
    }

    boolean isSilent()
    {
        return isSilent;
    }

    /** Resets whatever connects, and with that counts it; open connections are reset, too. */
    public void refuse(final boolean isToRefuse)
    {
        isRefusing = isToRefuse;
        if (isToRefuse)
        {
            reset();
        }
    }

    /** Something else in the place of responses; null: nothing. One response at a time is shown to it. */
    public void fault(final ResponseFault responseFault)
    {
        fault = responseFault;
    }

    synchronized ResponseFault.Answer answer(final Exchange exchange)
    {
        final ResponseFault current = fault;
        return null == current ? null : current.answer(exchange);
    }

    /** Sees the header of each request before it is passed on, on the connection's thread. */
    public void requestListener(final Consumer<RequestHeader> listener)
    {
        requestListener = listener;
    }

    /** Resets all open connections. */
    public void reset()
    {
        open.forEach(ProxiedConnection::reset);
    }

    /** Connections accepted so far, refused ones among them. */
    public long connections()
    {
        return connections.get();
    }

    /** Connections refused so far. */
    public long refusals()
    {
        return refusals.get();
    }

    /** Requests of one kind seen so far, also those that were swallowed. */
    public long requests(final ApiKeys api)
    {
        final AtomicLong count = requests.get(api);
        return null == count ? 0 : count.get();
    }

    void onRequest(final RequestHeader header)
    {
        requests.computeIfAbsent(header.apiKey(), (ignore) -> new AtomicLong()).incrementAndGet();
        requestListener.accept(header);
    }

    void onClosed(final ProxiedConnection connection)
    {
        open.remove(connection);
    }

    @Override
    public void close()
    {
        isClosed = true;
        try
        {
            server.close();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
        finally
        {
            reset();
        }
    }

    private void accept()
    {
        while (!isClosed)
        {
            try
            {
                accepted(server.accept());
            }
            catch (final IOException ex)
            {
                // The proxy is closed, or its client has gone again, or the broker is down.
                if (server.isClosed())
                {
                    return;
                }
            }
        }
    }

    private void accepted(final Socket client) throws IOException
    {
        connections.incrementAndGet();
        if (isRefusing)
        {
            refusals.incrementAndGet();
            ProxiedConnection.reset(client);
            return;
        }
        final Socket broker;
        try
        {
            broker = new Socket(InetAddress.getLoopbackAddress(), brokerPort);
        }
        catch (final IOException ex)
        {
            ProxiedConnection.reset(client);
            throw ex;
        }
        final ProxiedConnection connection = new ProxiedConnection(this, client, broker);
        open.add(connection);
        start("fault-proxy-up", connection::passRequests);
        start("fault-proxy-down", connection::passResponses);
        if (isRefusing || isClosed)
        {
            connection.reset();
        }
    }

    private static void start(final String name, final Runnable task)
    {
        final Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}
