package io.umbra.systemtests;

import io.umbra.rig.FreePorts;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A directory that is promoted, and the stock broker that opens it, in a process of its own. */
final class PromotedNode implements AutoCloseable
{
    private static final long EXIT_TIMEOUT_S = 60;
    private static final int TAIL_CHARS = 6000;

    private final Path dir;
    private final int nodeId;
    private final int port;
    private final int controllerPort = FreePorts.next();
    private Path kafkaHome;
    private String listener = "PLAINTEXT";
    private Map<String, String> security = Map.of();
    private Process process;

    PromotedNode(final Path dir, final int nodeId)
    {
        this(dir, nodeId, FreePorts.next());
    }

    PromotedNode(final Path dir, final int nodeId, final int port)
    {
        this.dir = dir;
        this.nodeId = nodeId;
        this.port = port;
    }

    /** The Kafka that opens it, by default the one that all tests run against. */
    PromotedNode kafkaHome(final Path home)
    {
        this.kafkaHome = home;
        return this;
    }

    /** Name of the listener, and what a client that sees how the broker does needs there. */
    PromotedNode secured(final String listenerName, final Map<String, String> clientSettings)
    {
        this.listener = listenerName;
        this.security = clientSettings;
        return this;
    }

    Path dir()
    {
        return dir;
    }

    Path logDir()
    {
        return dir.resolve("data");
    }

    Path settings()
    {
        return dir.resolve("server.properties");
    }

    int controllerPort()
    {
        return controllerPort;
    }

    String bootstrapServers()
    {
        return "127.0.0.1:" + port;
    }

    /** Arguments of {@code umbra promote} for this node. */
    List<String> arguments(final Path config)
    {
        return List.of(config.toString(), "--target", dir.toString(), "--node-id", Integer.toString(nodeId),
            "--listeners", listener + "://" + bootstrapServers(),
            "--controller-listener", "CONTROLLER://127.0.0.1:" + controllerPort);
    }

    UmbraCommand.Result promote(final Path config, final String... options) throws Exception
    {
        final List<String> arguments = new ArrayList<>(List.of("promote"));
        arguments.addAll(arguments(config));
        arguments.addAll(List.of(options));
        return UmbraCommand.run(arguments.toArray(String[]::new));
    }

    /** Starts the broker. */
    PromotedNode launch() throws IOException
    {
        final List<String> command = new ArrayList<>(List.of(
            JavaCommand.java().toString(), "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-Djava.io.tmpdir=" + dir,
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=info", "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"));
        command.addAll(null == kafkaHome ? SharedClasses.brokerOptions() : List.of());
        // kafka.Kafka, and the end of it when this JVM ends.
        command.addAll(List.of("-cp", classPath(),
            "io.umbra.rig.BrokerMain", settings().toString()));
        process = new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
        return this;
    }

    private String classPath()
    {
        return null == kafkaHome ? SharedClasses.classPath() :
            kafkaHome.resolve("libs") + File.separator + '*' + File.pathSeparator +
                KafkaCluster.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    }

    /** Starts the broker and waits until it is one of the cluster. */
    PromotedNode start() throws Exception
    {
        launch();
        awaitMember();
        return this;
    }

    void awaitMember() throws Exception
    {
        try (Admin admin = admin())
        {
            Await.until(() -> isMember(admin), this::logTail);
        }
    }

    private boolean isMember(final Admin admin) throws InterruptedException
    {
        if (!process.isAlive())
        {
            throw new AssertionError("the broker ended with " + process.exitValue() + ":\n" + logTail());
        }
        try
        {
            return admin.describeCluster().nodes().get().stream().anyMatch((node) -> node.id() == nodeId);
        }
        catch (final ExecutionException ex)
        {
            return false;
        }
    }

    Admin admin()
    {
        return Admin.create(properties(Map.of()));
    }

    private Properties properties(final Map<String, String> settings)
    {
        final Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrapServers());
        properties.putAll(security);
        properties.putAll(settings);
        return properties;
    }

    KafkaProducer<byte[], byte[]> producer(final Map<String, String> settings)
    {
        return new KafkaProducer<>(properties(settings), new ByteArraySerializer(), new ByteArraySerializer());
    }

    KafkaConsumer<byte[], byte[]> consumer(final Map<String, String> settings)
    {
        return new KafkaConsumer<>(properties(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** SIGKILL. */
    void kill9() throws InterruptedException
    {
        process.destroyForcibly();
        process.waitFor();
    }

    /** SIGTERM; returns the exit code. */
    int terminate() throws InterruptedException
    {
        process.toHandle().destroy();
        if (!process.waitFor(EXIT_TIMEOUT_S, TimeUnit.SECONDS))
        {
            throw new AssertionError("the broker still runs after " + EXIT_TIMEOUT_S + " s:\n" + logTail());
        }
        return process.exitValue();
    }

    private Path log()
    {
        return dir.resolve("broker.log");
    }

    String logText()
    {
        try
        {
            return Files.readString(log());
        }
        catch (final IOException ex)
        {
            return ex.toString();
        }
    }

    String logTail()
    {
        final String text = logText();
        return text.substring(Math.max(0, text.length() - TAIL_CHARS));
    }

    @Override
    public void close()
    {
        if (null != process)
        {
            process.destroyForcibly();
            try
            {
                process.waitFor();
            }
            catch (final InterruptedException ex)
            {
                Thread.currentThread().interrupt();
            }
        }
    }
}
