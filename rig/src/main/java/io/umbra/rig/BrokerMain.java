package io.umbra.rig;

import java.io.IOException;
import java.io.InputStream;

/**
 * The main class of a broker process: {@code kafka.Kafka} with a guard that ends the process when the one that
 * started it is gone, however it went. The guard waits for the end of standard input, a pipe whose other end only the
 * parent holds: the kernel closes it even after SIGKILL.
 * <p>
 * Arguments: the broker's settings; those of a ZooKeeper that runs in the same process, where the release needs one.
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
        if (args.length > 1)
        {
            final Thread zooKeeper = new Thread(() -> runZooKeeper(args[1]), "zookeeper");
            zooKeeper.setDaemon(true);
            zooKeeper.start();
        }
        main("kafka.Kafka", args[0]);
    }

    /** By reflection, since the broker is on the class path at run time only. */
    private static void main(final String className, final String argument) throws ReflectiveOperationException
    {
        Class.forName(className).getMethod("main", String[].class).invoke(null, (Object) new String[]{argument});
    }

    private static void runZooKeeper(final String settings)
    {
        try
        {
            main("org.apache.zookeeper.server.ZooKeeperServerMain", settings);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new IllegalStateException("ZooKeeper does not run", ex);
        }
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
