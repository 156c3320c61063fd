package io.umbra.rig;

import java.io.IOException;
import java.io.InputStream;

/**
 * The main class of a broker process: {@code kafka.Kafka} with a guard that ends the process when the one that
 * started it is gone, however it went. The guard waits for the end of standard input, a pipe whose other end only the
 * parent holds: the kernel closes it even after SIGKILL.
 */
final class BrokerMain
{
    private static final int ORPHANED = 9;

    private BrokerMain()
    {
    }

    public static void main(final String[] args) throws ReflectiveOperationException
    {
        final Thread guard = new Thread(() -> haltAtEndOf(System.in), "parent-guard");
        guard.setDaemon(true);
        guard.start();
        // By reflection, since the broker is on the class path at run time only.
        Class.forName("kafka.Kafka").getMethod("main", String[].class).invoke(null, (Object) args);
    }

    private static void haltAtEndOf(final InputStream in)
    {
        try
        {
            while (in.read() >= 0)
            {
                Thread.onSpinWait();
            }
        }
        catch (final IOException ex)
        {
            System.err.println("standard input failed: " + ex);
        }
        Runtime.getRuntime().halt(ORPHANED);
    }
}
