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
 * one while a broker is down between {@link KafkaCluster#kill} and {@link KafkaCluster#restart}. JVMs that do so at the
 * same time have ranges of their own, by the number in {@code -Dumbra.ports.range} (1 to 4; 0, the default: all).
 */
public final class FreePorts
{
    private static final int LOWEST = 20_000;
    private static final int RANGE_PORTS = 3_000;
    private static final int RANGES = 4;
    private static final int RANGE = range();
    private static final int FIRST = LOWEST + Math.max(0, RANGE - 1) * RANGE_PORTS;
    private static final int LAST = FIRST + (0 == RANGE ? RANGES : 1) * RANGE_PORTS;
    private static final int ATTEMPTS = 1000;
    private static final Set<Integer> GIVEN_OUT = new HashSet<>();

    private FreePorts()
    {
    }

    private static int range()
    {
        final int range = Integer.getInteger("umbra.ports.range", 0);
        if (range < 0 || range > RANGES)
        {
            throw new IllegalArgumentException("umbra.ports.range=" + range + ": 0 to " + RANGES);
        }
        return range;
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
