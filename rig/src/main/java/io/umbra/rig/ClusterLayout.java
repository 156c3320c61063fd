package io.umbra.rig;

import org.apache.kafka.metadata.storage.Formatter;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/**
 * What the brokers of one cluster find on disk before they start: ports, settings, formatted directories, certificates.
 * Every node is both broker and controller, so that any one of three may die; one that is added later is a broker
 * alone. A node has three listeners: CLIENT (secured as asked), INTERNAL (between brokers, and for the rig itself) and,
 * if it is a controller, CONTROLLER.
 */
final class ClusterLayout
{
    static final String SCRAM_USER = "umbra";
    static final String SCRAM_PASSWORD = "umbra-rig-password";
    private static final String HOST = "127.0.0.1";
    private static final String SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule";
    private static final String CLIENT_LISTENER = "listener.name.client.";

    private final KafkaCluster.Context context;
    private final String clusterId;
    private final Certificates certificates;
    private final List<Node> nodes = new CopyOnWriteArrayList<>();

    private record Node(int id, Path dir, int clientPort, int internalPort, int controllerPort)
    {
    }

    ClusterLayout(final KafkaCluster.Context context, final String clusterId) throws IOException
    {
        this.context = context;
        this.clusterId = clusterId;
        this.certificates = context.security().isTls() ?
            Certificates.create(context.baseDir().resolve("certificates")) : null;
        for (int id = 1; id <= context.brokers(); id++)
        {
            nodes.add(node(id));
        }
    }

    private Node node(final int id) throws IOException
    {
        return new Node(id, context.baseDir().resolve("broker-" + id),
            FreePorts.next(), FreePorts.next(), FreePorts.next());
    }

    /** Writes the settings, formats the directories, and describes how each broker is started. */
    List<Broker> prepare() throws IOException
    {
        final List<Broker> brokers = new ArrayList<>();
        for (final Node node : nodes)
        {
            brokers.add(prepare(node));
        }
        return brokers;
    }

    private Broker prepare(final Node node) throws IOException
    {
        Files.createDirectories(node.dir().resolve("tmp"));
        writeSettings(node);
        if (context.isWithZooKeeper())
        {
            prepareZooKeeper(node);
        }
        else if (context.isOtherRelease())
        {
            formatByTool(node, settingsFile(node));
        }
        else
        {
            format(node);
        }
        return new Broker(node.id(), command(node), node.dir().resolve("server.log"),
            dataDir(node), node.internalPort());
    }

    /** One more, of a cluster with KRaft. */
    Broker add() throws IOException
    {
        final Node node = node(nodes.size() + 1);
        nodes.add(node);
        return prepare(node);
    }

    private boolean isController(final Node node)
    {
        return node.id() <= context.brokers();
    }

    /** Gives a broker that is down another port for its clients. */
    void readdress(final int brokerId) throws IOException
    {
        for (int i = 0; i < nodes.size(); i++)
        {
            final Node node = nodes.get(i);
            if (node.id() == brokerId)
            {
                nodes.set(i, new Node(
                    brokerId, node.dir(), FreePorts.next(), node.internalPort(), node.controllerPort()));
                writeSettings(nodes.get(i));
            }
        }
    }

    private void writeSettings(final Node node) throws IOException
    {
        try (Writer writer = Files.newBufferedWriter(settingsFile(node)))
        {
            settings(node).store(writer, null);
        }
    }

    private static Path settingsFile(final Node node)
    {
        return node.dir().resolve("server.properties");
    }

    String bootstrapServers()
    {
        return nodes.stream()
            .map((node) -> context.listenHost() + ':' + advertisedPort(node))
            .collect(Collectors.joining(","));
    }

    /** Where a broker itself listens for clients, whatever it advertises. */
    int clientPort(final int brokerId)
    {
        return nodes.stream().filter((node) -> node.id() == brokerId).findFirst().orElseThrow().clientPort();
    }

    private int advertisedPort(final Node node)
    {
        return node.id() > context.advertisedPorts().size() ?
            node.clientPort() : context.advertisedPorts().get(node.id() - 1);
    }

    String internalBootstrapServers()
    {
        return nodes.stream().map((node) -> HOST + ':' + node.internalPort()).collect(Collectors.joining(","));
    }

    /** Security settings of a client of the CLIENT listener. */
    Properties clientSettings()
    {
        final Properties settings = new Properties();
        final ClusterSecurity security = context.security();
        if (ClusterSecurity.PLAINTEXT != security)
        {
            settings.setProperty("security.protocol", security.name());
        }
        if (security.isSasl())
        {
            settings.setProperty("sasl.mechanism", "SCRAM-SHA-512");
            settings.setProperty("sasl.jaas.config",
                SCRAM_MODULE + " required username=\"" + SCRAM_USER + "\" password=\"" + SCRAM_PASSWORD + "\";");
        }
        if (security.isTls())
        {
            certificates.clientSettings(settings, !security.isSasl());
        }
        return settings;
    }

    private static Path dataDir(final Node node)
    {
        return node.dir().resolve("data");
    }

    private Properties settings(final Node node)
    {
        final Properties settings = new Properties();
        listeners(settings, node);
        security(settings);
        final String replicas = Integer.toString(Math.min(3, nodes.size()));
        settings.setProperty("log.dirs", dataDir(node).toString());
        settings.setProperty("default.replication.factor", replicas);
        settings.setProperty("num.partitions", "1");
        settings.setProperty("min.insync.replicas", "1");
        settings.setProperty("auto.create.topics.enable", "false");
        settings.setProperty("offsets.topic.replication.factor", replicas);
        settings.setProperty("offsets.topic.num.partitions", "3");
        settings.setProperty("transaction.state.log.replication.factor", replicas);
        settings.setProperty("transaction.state.log.min.isr", "1");
        settings.setProperty("transaction.state.log.num.partitions", "3");
        settings.setProperty("share.coordinator.state.topic.replication.factor", replicas);
        settings.setProperty("share.coordinator.state.topic.min.isr", "1");
        settings.setProperty("group.initial.rebalance.delay.ms", "0");
        settings.setProperty("log.retention.ms", "-1");
        // The default of 128 MiB would be a quarter of the heap.
        settings.setProperty("log.cleaner.dedupe.buffer.size", Integer.toString(8 * 1024 * 1024));
        context.properties().forEach(settings::setProperty);
        return settings;
    }

    private void listeners(final Properties settings, final Node node)
    {
        if (context.isWithZooKeeper())
        {
            zooKeeperListeners(settings, node);
        }
        else
        {
            kraftListeners(settings, node);
        }
    }

    private void zooKeeperListeners(final Properties settings, final Node node)
    {
        settings.setProperty("broker.id", Integer.toString(node.id()));
        settings.setProperty("zookeeper.connect", HOST + ':' + node.controllerPort());
        settings.setProperty("inter.broker.listener.name", "INTERNAL");
        settings.setProperty("listener.security.protocol.map",
            "CLIENT:" + context.security() + ",INTERNAL:PLAINTEXT");
        settings.setProperty("listeners",
            "CLIENT://" + HOST + ':' + node.clientPort() +
            ",INTERNAL://" + HOST + ':' + node.internalPort());
        settings.setProperty("advertised.listeners",
            "CLIENT://" + context.advertisedHost() + ':' + node.clientPort() +
            ",INTERNAL://" + HOST + ':' + node.internalPort());
    }

    private void kraftListeners(final Properties settings, final Node node)
    {
        settings.setProperty("process.roles", isController(node) ? "broker,controller" : "broker");
        settings.setProperty("node.id", Integer.toString(node.id()));
        settings.setProperty("controller.quorum.voters", nodes.stream()
            .filter(this::isController)
            .map((voter) -> voter.id() + "@" + HOST + ':' + voter.controllerPort())
            .collect(Collectors.joining(",")));
        settings.setProperty("controller.listener.names", "CONTROLLER");
        settings.setProperty("inter.broker.listener.name", "INTERNAL");
        settings.setProperty("listener.security.protocol.map",
            "CLIENT:" + context.security() + ",INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.setProperty("listeners",
            "CLIENT://" + context.listenHost() + ':' + node.clientPort() +
            ",INTERNAL://" + HOST + ':' + node.internalPort() +
            (isController(node) ? ",CONTROLLER://" + HOST + ':' + node.controllerPort() : ""));
        settings.setProperty("advertised.listeners",
            "CLIENT://" + context.advertisedHost() + ':' + advertisedPort(node) +
            // Not CONTROLLER: releases before 3.9 refuse it, later ones take the listener's own address.
            ",INTERNAL://" + HOST + ':' + node.internalPort());
    }

    private void security(final Properties settings)
    {
        if (context.security().isSasl())
        {
            settings.setProperty(CLIENT_LISTENER + "sasl.enabled.mechanisms", "SCRAM-SHA-512");
            settings.setProperty(CLIENT_LISTENER + "scram-sha-512.sasl.jaas.config", SCRAM_MODULE + " required;");
        }
        if (context.security().isTls())
        {
            certificates.brokerSettings(settings, CLIENT_LISTENER, !context.security().isSasl());
        }
    }

    private void format(final Node node) throws IOException
    {
        final String dataDir = dataDir(node).toString();
        try (PrintStream out = new PrintStream(node.dir().resolve("format.log").toFile(), StandardCharsets.UTF_8))
        {
            final Formatter formatter = new Formatter()
                .setPrintStream(out)
                .setNodeId(node.id())
                .setClusterId(clusterId)
                .addDirectory(dataDir)
                .setMetadataLogDirectory(dataDir)
                .setControllerListenerName("CONTROLLER");
            if (context.security().isSasl())
            {
                formatter.setScramArguments(List.of(
                    "SCRAM-SHA-512=[name=" + SCRAM_USER + ",password=" + SCRAM_PASSWORD + "]"));
            }
            formatter.run();
        }
        catch (final IOException ex)
        {
            throw ex;
        }
        catch (final Exception ex)
        {
            throw new IOException("cannot format " + dataDir + ": " + ex.getMessage(), ex);
        }
    }

    private static Path zooKeeperSettings(final Node node)
    {
        return node.dir().resolve("zookeeper.properties");
    }

    private static void prepareZooKeeper(final Node node) throws IOException
    {
        final Properties settings = new Properties();
        settings.setProperty("dataDir", Files.createDirectories(node.dir().resolve("zookeeper")).toString());
        settings.setProperty("clientPort", Integer.toString(node.controllerPort()));
        settings.setProperty("clientPortAddress", HOST);
        settings.setProperty("admin.enableServer", "false");
        try (Writer writer = Files.newBufferedWriter(zooKeeperSettings(node)))
        {
            settings.store(writer, null);
        }
    }

    /** By the tool of the brokers' release, which knows what that release reads. */
    private void formatByTool(final Node node, final Path settings) throws IOException
    {
        final Path log = node.dir().resolve("format.log");
        final Process tool = new ProcessBuilder(
            java(), "-XX:TieredStopAtLevel=1", "-cp", classPath(), "kafka.tools.StorageTool",
            "format", "--cluster-id", clusterId, "--config", settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
        try
        {
            final int exit = tool.waitFor();
            if (0 != exit)
            {
                throw new IOException("cannot format " + dataDir(node) + ": exit code " + exit + '\n' +
                    Files.readString(log));
            }
        }
        catch (final InterruptedException ex)
        {
            tool.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while formatting " + dataDir(node), ex);
        }
    }

    private static String java()
    {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private List<String> command(final Node node)
    {
        final Path tmp = node.dir().resolve("tmp");
        final List<String> command = new ArrayList<>(List.of(
            java(),
            "-Xmx" + context.heapMb() + "m",
            "-Djava.awt.headless=true",
            // The codecs unpack native libraries, which a killed process leaves behind: keep them in the cluster's
            // folder.
            "-Djava.io.tmpdir=" + tmp,
            "-Dorg.xerial.snappy.tempdir=" + tmp,
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
            "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn"));
        if (context.quickStart())
        {
            command.add("-XX:TieredStopAtLevel=1");
            command.add("-XX:+UseSerialGC");
            final String classArchive = System.getProperty("umbra.broker.class.archive");
            if (null != classArchive && !context.isOtherRelease())
            {
                command.addAll(List.of(
                    "-XX:SharedArchiveFile=" + classArchive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"));
            }
        }
        command.addAll(context.jvmArguments());
        command.addAll(List.of("-cp", classPath(), BrokerMain.class.getName(), settingsFile(node).toString()));
        if (context.isWithZooKeeper())
        {
            command.add(zooKeeperSettings(node).toString());
        }
        return command;
    }

    /** The class path asked for, and wherever {@link BrokerMain} comes from. */
    private String classPath()
    {
        final String own = Path.of(codeSource()).toString();
        final boolean contained = List.of(context.brokerClassPath().split(File.pathSeparator)).contains(own);
        return contained ? context.brokerClassPath() : context.brokerClassPath() + File.pathSeparator + own;
    }

    private static URI codeSource()
    {
        try
        {
            return BrokerMain.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        }
        catch (final URISyntaxException ex)
        {
            throw new IllegalStateException(ex);
        }
    }
}
