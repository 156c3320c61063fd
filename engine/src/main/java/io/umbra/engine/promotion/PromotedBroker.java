package io.umbra.engine.promotion;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterResult;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The broker of a promoted directory, in a process of its own. What it says goes to {@code logs/broker.log} in that
 * directory.
 */
public final class PromotedBroker implements AutoCloseable
{
    private static final String PLAINTEXT = "PLAINTEXT";
    private static final int ANSWER_TIMEOUT_MS = 2_000;
    private static final long STOP_TIMEOUT_S = 60;

    private final Process process;
    private final Path log;
    private final PromotionReport.Node node;
    private final String clusterId;
    private final boolean isAskable;

    private PromotedBroker(
        final Process process,
        final Path log,
        final PromotionReport.Node node,
        final String clusterId,
        final boolean isAskable)
    {
        this.process = process;
        this.log = log;
        this.node = node;
        this.clusterId = clusterId;
        this.isAskable = isAskable;
    }

    /**
     * Starts it.
     *
     * @param report of the promotion.
     * @param node   in it.
     * @param kafka  whose broker it is.
     * @return the running process.
     * @throws IOException if it does not start.
     */
    public static PromotedBroker start(
        final PromotionReport report, final PromotionReport.Node node, final KafkaRelease kafka) throws IOException
    {
        final Path dir = Path.of(node.target());
        final Path logs = Files.createDirectories(dir.resolve("logs"));
        final Path log = logs.resolve("broker.log");
        final ProcessBuilder builder = new ProcessBuilder(
            null == kafka.startScript() ? bundled(dir, node) :
            List.of(kafka.startScript().toString(), node.serverProperties()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putIfAbsent("LOG_DIR", logs.toString());
        final String settings = Files.readString(dir.resolve(NodeTarget.SERVER_PROPERTIES));
        final String protocols =
            ServerProperties.parse(settings).getProperty("listener.security.protocol.map", "");
        final String listener = ServerProperties.parse(settings).getProperty("advertised.listeners", "");

        return new PromotedBroker(builder.start(), log, node, report.clusterId(),
            List.of(protocols.split(",")).contains(listener.split(":")[0] + ":" + PLAINTEXT));
    }

    private static List<String> bundled(final Path dir, final PromotionReport.Node node)
    {
        final String classPath = BrokerClassPath.get();
        final List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseG1GC",
            "-Djava.awt.headless=true",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
            "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn"));
        final String heap = System.getenv("KAFKA_HEAP_OPTS");
        command.addAll(List.of((null == heap ? "-Xms1g -Xmx1g" : heap).trim().split("\\s+")));
        command.addAll(List.of(
            "-cp", null == classPath ? System.getProperty("java.class.path") : classPath,
            "kafka.Kafka", node.serverProperties()));

        return command;
    }

    /** Process id of the broker. */
    public long pid()
    {
        return process.pid();
    }

    /**
     * Whether the broker serves clients. One whose listener asks for credentials counts as soon as it listens.
     *
     * @return true if it does.
     * @throws IOException if it has ended instead; the message says where its log is.
     */
    public boolean isServing() throws IOException
    {
        if (!process.isAlive())
        {
            throw new IOException(
                "the broker ended with exit code " + process.exitValue() + "; its log is " + log);
        }

        return isListening() && (!isAskable || isAnswering());
    }

    private boolean isListening()
    {
        final String address = node.bootstrapServers().split(",")[0];
        final int colon = address.lastIndexOf(':');
        try (Socket socket = new Socket())
        {
            socket.connect(new InetSocketAddress(
                address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))), ANSWER_TIMEOUT_MS);
            return true;
        }
        catch (final IOException ex)
        {
            return false;
        }
    }

    private boolean isAnswering() throws IOException
    {
        final Map<String, Object> settings = Map.of(
            "bootstrap.servers", node.bootstrapServers().split(",")[0],
            "request.timeout.ms", ANSWER_TIMEOUT_MS,
            "default.api.timeout.ms", ANSWER_TIMEOUT_MS);
        try (Admin admin = Admin.create(settings))
        {
            final DescribeClusterResult cluster = admin.describeCluster();
            final String id = cluster.clusterId().get();
            if (!clusterId.equals(id))
            {
                throw new IOException(node.bootstrapServers() + " leads to cluster " + id + ", not to " + clusterId);
            }

            return cluster.nodes().get().stream().anyMatch((other) -> other.id() == node.nodeId());
        }
        catch (final ExecutionException ex)
        {
            return false;
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", ex);
        }
    }

    /**
     * Waits for its end.
     *
     * @param timeoutMs how long at most.
     * @return whether it has ended.
     * @throws InterruptedException if interrupted.
     */
    public boolean awaitEnd(final long timeoutMs) throws InterruptedException
    {
        return process.waitFor(timeoutMs, TimeUnit.MILLISECONDS);
    }

    /** Exit code of a broker that has ended. */
    public int exitCode()
    {
        return process.exitValue();
    }

    /** SIGTERM, and SIGKILL to one that does not heed it within a minute. */
    @Override
    public void close()
    {
        process.toHandle().destroy();
        try
        {
            if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS))
            {
                process.destroyForcibly();
            }
        }
        catch (final InterruptedException ex)
        {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
