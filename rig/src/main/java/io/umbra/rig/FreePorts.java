package io.umbra.rig;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Hands out loopback ports. They lie below Linux's ephemeral range (32768 and up), so that no outgoing connection takes
 * one while a broker is down between {@link KafkaCluster#kill} and {@link KafkaCluster#restart}.
 */
public final class FreePorts
{
    private static final int FIRST = 20_000;
    private static final int LAST = 32_000;
    private static final int ATTEMPTS = 1000;
    private static final Set<Integer> GIVEN_OUT = new HashSet<>();

    private FreePorts()
    {
    }

    /** A port that was free a moment ago, and that this JVM has not handed out before. Any thread. */
    public static synchronized int next()
    {
        for (int i = 0; i < ATTEMPTS; i++)
        {
            final int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            if (!GIVEN_OUT.contains(port) && isFree(port))
            {
                GIVEN_OUT.add(port);
                return port;
            }
        }
        throw new IllegalStateException("no free loopback port between " + FIRST + " and " + LAST);
    }

    private static boolean isFree(final int port)
    {
        try (ServerSocket socket = new ServerSocket())
        {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        }
        catch (final IOException ex)
        {
            return false;
        }
    }
}
