package io.umbra.engine.promotion;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * The {@code server.properties} of a node: everything its broker needs to start, and nothing that an operator would not
 * look for there.
 */
final class ServerProperties
{
    private static final int REPLICAS_AT_MOST = 3;

    private final Map<String, String> settings = new LinkedHashMap<>();
    private final Map<String, String> comments = new HashMap<>();
    private final List<String> header;
    private String comment;

    /**
     * Settings of a node.
     *
     * @param node       whose they are.
     * @param nodes      of the cluster, this one among them.
     * @param isGuarded  whether there are access rules, so that an authorizer is needed.
     * @param superUsers value of {@code super.users}; null for none.
     * @param own        settings of the operator, which win.
     * @param header     lines for the operator.
     */
    ServerProperties(
        final NodeTarget node,
        final List<NodeTarget> nodes,
        final boolean isGuarded,
        final String superUsers,
        final Properties own,
        final List<String> header)
    {
        this.header = List.copyOf(header);
        identity(node, nodes);
        listeners(node);
        put("log.dirs", node.logDir().toString());
        internalTopics(Math.min(REPLICAS_AT_MOST, nodes.size()));
        if (isGuarded)
        {
            comment("The source has access rules. Brokers and controllers have to be super users.");
            put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
            if (null != superUsers)
            {
                put("super.users", superUsers);
            }
        }
        comment = null;
        own.stringPropertyNames().stream().sorted().forEach((name) -> settings.put(name, own.getProperty(name)));
    }

    private void identity(final NodeTarget node, final List<NodeTarget> nodes)
    {
        comment("Broker and controller in one. To grow: start further brokers with these controller.quorum.voters, " +
            "then kafka-reassign-partitions.");
        put("process.roles", "broker,controller");
        put("node.id", Integer.toString(node.nodeId()));
        put("controller.quorum.voters", nodes.stream()
            .map((voter) -> voter.nodeId() + "@" + voter.controllerListener().address())
            .collect(Collectors.joining(",")));
    }

    private void listeners(final NodeTarget node)
    {
        final Listener controller = node.controllerListener();
        final List<Listener> all = new ArrayList<>(node.listeners());
        all.add(controller);
        put("controller.listener.names", controller.name());
        put("listeners", joined(all));
        put("advertised.listeners", joined(node.listeners()));
        put("inter.broker.listener.name", node.listeners().get(0).name());
        put("listener.security.protocol.map", all.stream()
            .map((listener) -> listener.name() + ":" + listener.protocol())
            .distinct()
            .collect(Collectors.joining(",")));
    }

    private static String joined(final List<Listener> listeners)
    {
        return listeners.stream().map(Listener::toString).collect(Collectors.joining(","));
    }

    private void internalTopics(final int replicas)
    {
        final String minIsr = Integer.toString(Math.max(1, replicas - 1));
        comment("The number of partitions must stay: positions of the groups are in them.");
        put("offsets.topic.num.partitions", Integer.toString(OffsetsTopic.PARTITIONS));
        comment("As many replicas as there are nodes; raise them as the cluster grows.");
        put("offsets.topic.replication.factor", Integer.toString(replicas));
        put("transaction.state.log.replication.factor", Integer.toString(replicas));
        put("transaction.state.log.min.isr", minIsr);
        put("share.coordinator.state.topic.replication.factor", Integer.toString(replicas));
        put("share.coordinator.state.topic.min.isr", minIsr);
        put("default.replication.factor", Integer.toString(replicas));
    }

    /** Stands above the setting that comes next. */
    private void comment(final String text)
    {
        comment = text;
    }

    private void put(final String name, final String value)
    {
        settings.put(name, value);
        if (null != comment)
        {
            comments.put(name, comment);
            comment = null;
        }
    }

    /** As it goes into the file. */
    String text()
    {
        final StringBuilder text = new StringBuilder();
        header.forEach((line) -> text.append("# ").append(line).append('\n'));
        settings.forEach((name, value) ->
        {
            if (comments.containsKey(name))
            {
                text.append("\n# ").append(comments.get(name)).append('\n');
            }
            text.append(line(name, value));
        });

        return text.toString();
    }

    /** Escaped as a Java properties file wants it. */
    private static String line(final String name, final String value)
    {
        final Properties one = new Properties();
        one.setProperty(name, value);
        final StringWriter writer = new StringWriter();
        try
        {
            one.store(writer, null);
            return writer.toString().lines()
                .filter((line) -> !line.startsWith("#"))
                .findFirst()
                .orElseThrow()
                // Not needed in values, and hard on the eyes.
                .replace("\\:", ":") + '\n';
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    /** The settings of a text, for who wants to know one. */
    static Properties parse(final String text) throws IOException
    {
        final Properties properties = new Properties();
        properties.load(new StringReader(text));

        return properties;
    }
}
