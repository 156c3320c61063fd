package io.umbra.rig;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.Node;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Waits until brokers that were just started have joined their cluster, or says why they do not. */
final class JoinWait
{
    private static final long POLL_NS = 20_000_000L;
    private static final int TIMEOUT_MS = 5000;

    private final List<Broker> brokers;
    private final Supplier<Admin> admin;
    private final Duration timeout;

    JoinWait(final List<Broker> brokers, final Supplier<Admin> admin, final Duration timeout)
    {
        this.brokers = brokers;
        this.admin = admin;
        this.timeout = timeout;
    }

    void await()
    {
        final long deadlineNs = System.nanoTime() + timeout.toNanos();
        // A client that knocks before the door is there would fill the log with warnings.
        for (final Broker broker : brokers)
        {
            while (!isListening(broker))
            {
                pollAgain(deadlineNs);
            }
        }
        final Set<Integer> wanted = brokers.stream().map(Broker::id).collect(Collectors.toSet());
        while (!members().containsAll(wanted))
        {
            pollAgain(deadlineNs);
        }
    }

    private void pollAgain(final long deadlineNs)
    {
        for (final Broker broker : brokers)
        {
            if (!broker.isAlive())
            {
                throw new IllegalStateException("broker " + broker.id() + " died at its start:\n" + broker.logTail());
            }
        }
        if (System.nanoTime() - deadlineNs > 0)
        {
            throw new IllegalStateException("not all brokers joined within " + timeout + '\n' + brokers.stream()
                .map((broker) -> "broker " + broker.id() + ":\n" + broker.logTail())
                .collect(Collectors.joining("\n")));
        }
        LockSupport.parkNanos(POLL_NS);
    }

    private static boolean isListening(final Broker broker)
    {
        try (Socket socket = new Socket())
        {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), broker.internalPort()), TIMEOUT_MS);
            return true;
        }
        catch (final IOException ex)
        {
            return false;
        }
    }

    private Set<Integer> members()
    {
        try
        {
            return admin.get().describeCluster(new DescribeClusterOptions().timeoutMs(TIMEOUT_MS)).nodes().get()
                .stream()
                .map(Node::id)
                .collect(Collectors.toSet());
        }
        catch (final ExecutionException ex)
        {
            // Not ready yet; asked again until the deadline.
            return Set.of();
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for brokers", ex);
        }
    }
}
