package io.umbra.rig;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * A real Apache Kafka cluster (KRaft) on this machine: each broker a process of its own, on loopback ports that were
 * free. Brokers have the ids 1 to n; each is a controller too, so any one of three may be killed. The processes end
 * with this JVM, however it ends. All methods may be called from any thread.
 */
public final class KafkaCluster implements AutoCloseable
{
    private static final int START_ATTEMPTS = 3;
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

    private final Context context;
    private final String clusterId = Uuid.randomUuid().toString();
    private final Thread shutdownHook = new Thread(this::killAll, "kafka-cluster-shutdown");
    private ClusterLayout layout;
    private volatile List<Broker> brokers = List.of();
    private Admin admin;

    private KafkaCluster(final Context context)
    {
        this.context = context;
    }

    /**
     * Starts the brokers and returns when all have joined.
     *
     * @param context what to start.
     * @return the running cluster; the caller closes it.
     * @throws IllegalStateException when a broker dies or does not join in time; the message holds the end of its log.
     */
    public static KafkaCluster launch(final Context context)
    {
        context.conclude();
        final KafkaCluster cluster = new KafkaCluster(context);
        Runtime.getRuntime().addShutdownHook(cluster.shutdownHook);
        try
        {
            cluster.start();
            return cluster;
        }
        catch (final RuntimeException ex)
        {
            cluster.close();
            throw ex;
        }
    }

    private synchronized void start()
    {
        for (int attempt = 1;; attempt++)
        {
            try
            {
                layout = new ClusterLayout(context, clusterId);
                brokers = layout.prepare();
                brokers.forEach(Broker::start);
                awaitJoined(ids());
                return;
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException(ex);
            }
            catch (final IllegalStateException ex)
            {
                killAll();
                // Between choosing a port and binding it, another process may have taken it.
                final boolean portTaken = brokers.stream()
                    .anyMatch((broker) -> broker.logTail().contains("Address already in use"));
                if (!portTaken || attempt == START_ATTEMPTS)
                {
                    throw ex;
                }
                brokers.forEach((broker) -> delete(broker.dataDir().getParent()));
            }
        }
    }

    /** Addresses for clients, secured as the context says: those that the brokers advertise. */
    public String bootstrapServers()
    {
        return layout.bootstrapServers();
    }

    /** Port on which a broker itself listens for clients, behind whatever it advertises. */
    public int clientPort(final int brokerId)
    {
        return layout.clientPort(brokerId);
    }

    /** What a client needs besides {@code bootstrap.servers}: security settings, with the paths of generated stores. */
    public Properties clientProperties()
    {
        return layout.clientSettings();
    }

    /** Settings of a client on the brokers' internal listener, which is never secured. */
    public Properties internalProperties()
    {
        final Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", layout.internalBootstrapServers());
        return properties;
    }

    /** An admin client on the internal listener. It belongs to the cluster: do not close it. */
    public synchronized Admin admin()
    {
        if (null == admin)
        {
            admin = Admin.create(internalProperties());
        }
        return admin;
    }

    public String clusterId()
    {
        return clusterId;
    }

    public Path baseDir()
    {
        return context.baseDir();
    }

    public List<Integer> ids()
    {
        return brokers.stream().map(Broker::id).toList();
    }

    /** Where a broker keeps its partitions. */
    public Path logDir(final int brokerId)
    {
        return broker(brokerId).dataDir();
    }

    public long pid(final int brokerId)
    {
        return broker(brokerId).pid();
    }

    /** Ends a broker with SIGKILL and returns when the process is gone. */
    public synchronized void kill(final int brokerId)
    {
        broker(brokerId).kill();
    }

    /**
     * Shuts a broker down in an orderly way (SIGTERM); with a quorum of controllers left this moves its leaders
     * first.
     */
    public synchronized void stop(final int brokerId)
    {
        broker(brokerId).stop(STOP_TIMEOUT);
    }

    /** Starts a broker that is down, with its ports and directories, and returns when it has joined. */
    public synchronized void restart(final int brokerId)
    {
        broker(brokerId).start();
        awaitJoined(List.of(brokerId));
    }

    /**
     * Starts one broker more, which is no controller, and returns when it has joined.
     *
     * @return its id.
     */
    public synchronized int join()
    {
        final Broker broker;
        try
        {
            broker = layout.add();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
        final List<Broker> all = new ArrayList<>(brokers);
        all.add(broker);
        brokers = List.copyOf(all);
        restart(broker.id());
        return broker.id();
    }

    /** Starts a broker that is down with another port for its clients; its directories and other ports stay. */
    public synchronized void restartElsewhere(final int brokerId)
    {
        if (broker(brokerId).isAlive())
        {
            throw new IllegalStateException("broker " + brokerId + " is running");
        }
        try
        {
            layout.readdress(brokerId);
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
        restart(brokerId);
    }

    /** Kills the brokers; deletes the base directory if the cluster had made it up itself. */
    @Override
    public synchronized void close()
    {
        if (null != admin)
        {
            admin.close(Duration.ZERO);
            admin = null;
        }
        killAll();
        if (context.ownsBaseDir())
        {
            delete(context.baseDir());
        }
        try
        {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        }
        catch (final IllegalStateException ex)
        {
            // The JVM is on its way out, and the hook runs or has run: just what it is for.
            brokers = List.of();
        }
    }

    private void killAll()
    {
        brokers.forEach(Broker::kill);
    }

    private Broker broker(final int brokerId)
    {
        return brokers.stream()
            .filter((broker) -> broker.id() == brokerId)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no broker " + brokerId + " among " + ids()));
    }

    private void awaitJoined(final Collection<Integer> ids)
    {
        new JoinWait(ids.stream().map(this::broker).toList(), this::admin, context.startTimeout()).await();
    }

    private static void delete(final Path dir)
    {
        try (Stream<Path> files = Files.walk(dir))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.deleteIfExists(file);
            }
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException("cannot delete " + dir, ex);
        }
    }

    /** What to start: everything has a default. Not thread safe; used up by {@link KafkaCluster#launch}. */
    public static final class Context
    {
        private final Map<String, String> properties = new LinkedHashMap<>();
        private int brokers = 1;
        private Path baseDir;
        private boolean ownsBaseDir;
        private String brokerClassPath;
        private boolean otherRelease;
        private boolean zooKeeper;
        private int heapMb = 512;
        private List<String> jvmArguments = List.of();
        private boolean quickStart = true;
        private ClusterSecurity security = ClusterSecurity.PLAINTEXT;
        private String listenHost = "127.0.0.1";
        private String advertisedHost = "127.0.0.1";
        private List<Integer> advertisedPorts = List.of();
        private Duration startTimeout = Duration.ofSeconds(60);
        private boolean isConcluded;

        private void conclude()
        {
            if (isConcluded)
            {
                throw new IllegalStateException("a context starts one cluster");
            }
            isConcluded = true;
            if (brokers < 1)
            {
                throw new IllegalArgumentException("brokers=" + brokers + ": at least 1");
            }
            if (zooKeeper && brokers > 1)
            {
                throw new IllegalArgumentException("brokers=" + brokers + ": just 1 with ZooKeeper");
            }
            if (otherRelease && security.isSasl())
            {
                throw new IllegalArgumentException("security=" + security + ": not with another release");
            }
            if (!advertisedPorts.isEmpty() && advertisedPorts.size() != brokers)
            {
                throw new IllegalArgumentException(advertisedPorts + ": one port for each of " + brokers + " brokers");
            }
            try
            {
                ownsBaseDir = null == baseDir;
                baseDir = ownsBaseDir ? Files.createTempDirectory("umbra-rig-") : baseDir.toAbsolutePath();
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException("no directory for the cluster", ex);
            }
            if (null == brokerClassPath)
            {
                brokerClassPath = System.getProperty("umbra.broker.classpath", System.getProperty("java.class.path"));
            }
        }

        /** Number of brokers, 1 by default. */
        public Context brokers(final int number)
        {
            this.brokers = number;
            return this;
        }

        int brokers()
        {
            return brokers;
        }

        /** Where brokers keep their files; by default a temporary directory that goes with the cluster. */
        public Context baseDir(final Path dir)
        {
            this.baseDir = dir;
            return this;
        }

        Path baseDir()
        {
            return baseDir;
        }

        boolean ownsBaseDir()
        {
            return ownsBaseDir;
        }

        /** A broker setting, for all brokers; overrides what the rig would choose. */
        public Context property(final String key, final String value)
        {
            properties.put(key, value);
            return this;
        }

        Map<String, String> properties()
        {
            return properties;
        }

        /** Class path of the broker processes; by default {@code -Dumbra.broker.classpath}, or else this JVM's own. */
        public Context brokerClassPath(final String classPath)
        {
            this.brokerClassPath = classPath;
            return this;
        }

        String brokerClassPath()
        {
            return brokerClassPath;
        }

        /**
         * Brokers of another Kafka release than the rig's, 3.0 or later. Their directories are formatted by the
         * release's own tool, which knows no SCRAM users: not with SASL.
         *
         * @param classPath of that release.
         */
        public Context otherRelease(final String classPath)
        {
            this.otherRelease = true;
            return brokerClassPath(classPath);
        }

        boolean isOtherRelease()
        {
            return otherRelease;
        }

        /**
         * A single broker of another release that knows no KRaft, 2.4 for one, and a ZooKeeper in its process. The
         * cluster id is then of the broker's own making.
         *
         * @param classPath of that release.
         */
        public Context releaseWithZooKeeper(final String classPath)
        {
            this.zooKeeper = true;
            return otherRelease(classPath);
        }

        boolean isWithZooKeeper()
        {
            return zooKeeper;
        }

        /** Heap of each broker in MiB, 512 by default. */
        public Context heapMb(final int megabytes)
        {
            this.heapMb = megabytes;
            return this;
        }

        int heapMb()
        {
            return heapMb;
        }

        /** Further options for the broker's JVM. */
        public Context jvmArguments(final String... arguments)
        {
            this.jvmArguments = List.of(arguments);
            return this;
        }

        List<String> jvmArguments()
        {
            return jvmArguments;
        }

        /**
         * True (the default): what makes a broker start faster, which is only the first compiler tier, the serial
         * collector, and the archive of classes that {@code -Dumbra.broker.class.archive} names. Benchmarks want false.
         */
        public Context quickStart(final boolean isQuick)
        {
            this.quickStart = isQuick;
            return this;
        }

        boolean quickStart()
        {
            return quickStart;
        }

        /** How clients reach the brokers, in the clear by default. */
        public Context security(final ClusterSecurity clusterSecurity)
        {
            this.security = clusterSecurity;
            return this;
        }

        ClusterSecurity security()
        {
            return security;
        }

        /** Host name that brokers tell their clients, 127.0.0.1 by default. */
        public Context advertisedHost(final String host)
        {
            this.advertisedHost = host;
            return this;
        }

        String advertisedHost()
        {
            return advertisedHost;
        }

        /** Address at which brokers listen for clients, and which they tell them, 127.0.0.1 by default. */
        public Context listenOn(final String host)
        {
            this.listenHost = host;
            this.advertisedHost = host;
            return this;
        }

        String listenHost()
        {
            return listenHost;
        }

        /**
         * Ports that brokers tell their clients, one for each broker, those they listen on by default: there is a
         * {@link FaultProxy} in between.
         */
        public Context advertisedPorts(final List<Integer> ports)
        {
            this.advertisedPorts = List.copyOf(ports);
            return this;
        }

        List<Integer> advertisedPorts()
        {
            return advertisedPorts;
        }

        /** How long brokers may take to join, 60 s by default. */
        public Context startTimeout(final Duration timeout)
        {
            this.startTimeout = timeout;
            return this;
        }

        Duration startTimeout()
        {
            return startTimeout;
        }
    }
}
