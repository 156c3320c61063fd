package io.umbra.rig;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.requests.RequestHeader;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/** One client of a {@link FaultProxy} and its connection to the broker; a thread for each way. */
final class ProxiedConnection
{
    private final FaultProxy proxy;
    private final Socket client;
    private final Socket broker;
    private final Map<Integer, RequestHeader> unanswered = new ConcurrentHashMap<>();
    /** Something was swallowed: whatever came now would be out of place. */
    private volatile boolean isDead;

    ProxiedConnection(final FaultProxy proxy, final Socket client, final Socket broker) throws IOException
    {
        this.proxy = proxy;
        this.client = client;
        this.broker = broker;
        client.setTcpNoDelay(true);
        broker.setTcpNoDelay(true);
    }

    void passRequests()
    {
        try
        {
            final DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
            final OutputStream out = broker.getOutputStream();
            while (true)
            {
                final byte[] body = readFrame(in);
                onRequest(body);
                if (isToPass())
                {
                    out.write(Exchange.frame(body));
                }
            }
        }
        catch (final IOException ex)
        {
            end(false);
        }
    }

    void passResponses()
    {
        try
        {
            final DataInputStream in = new DataInputStream(new BufferedInputStream(broker.getInputStream()));
            final OutputStream out = client.getOutputStream();
            while (true)
            {
                final byte[] body = readFrame(in);
                if (isToPass() && !answer(out, body))
                {
                    return;
                }
            }
        }
        catch (final IOException ex)
        {
            end(false);
        }
    }

    /** False when the connection has come to its end. */
    private boolean answer(final OutputStream out, final byte[] body) throws IOException
    {
        final RequestHeader request = unanswered.remove(ByteBuffer.wrap(body).getInt());
        final Exchange exchange = null == request ? null : new Exchange(request, body);
        final ResponseFault.Answer answer = null == exchange ? null : proxy.answer(exchange);
        write(out, null == answer ? Exchange.frame(body) : answer.bytes());
        if (null != answer && answer.isLast())
        {
            end(answer.isReset());
            return false;
        }
        return true;
    }

    private void write(final OutputStream out, final byte[] bytes) throws IOException
    {
        int from = 0;
        while (from < bytes.length)
        {
            final int some = proxy.dribbleBytes();
            final int length = some > 0 ? Math.min(some, bytes.length - from) : bytes.length - from;
            out.write(bytes, from, length);
            from += length;
            if (some > 0)
            {
                LockSupport.parkNanos(proxy.dribblePauseNs());
            }
        }
    }

    private void onRequest(final byte[] body)
    {
        try
        {
            final RequestHeader header = RequestHeader.parse(ByteBuffer.wrap(body));
            unanswered.put(header.correlationId(), header);
            proxy.onRequest(header);
        }
        catch (final KafkaException ex)
        {
            // No header that the proxy knows: what is not understood passes as it is.
            unanswered.clear();
        }
    }

    private boolean isToPass()
    {
        final int latencyMs = proxy.latencyMs();
        if (latencyMs > 0)
        {
            LockSupport.parkNanos(latencyMs * 1_000_000L);
        }
        isDead |= proxy.isSilent();
        return !isDead;
    }

    private static byte[] readFrame(final DataInputStream in) throws IOException
    {
        final byte[] body = new byte[in.readInt()];
        in.readFully(body);
        return body;
    }

    void reset()
    {
        end(true);
    }

    private void end(final boolean isReset)
    {
        try
        {
            if (isReset)
            {
                reset(client);
            }
            client.close();
            broker.close();
        }
        catch (final IOException ex)
        {
            // It was closed from the other side already, which is as good.
            isDead = true;
        }
        proxy.onClosed(this);
    }

    static void reset(final Socket socket) throws IOException
    {
        // With no time to linger, closing sends a reset.
        socket.setSoLinger(true, 0);
        socket.close();
    }
}
