package io.umbra.engine.source;

import io.umbra.engine.config.ConfigException;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;

import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How to reach the source: what the configuration has under {@code source.}, as Kafka's clients understand it.
 * Immutable.
 */
public final class SourceSettings
{
    private static final Pattern INVALID_VALUE = Pattern.compile("for configuration ([a-z0-9.]+)");

    private final AdminClientConfig config;
    private final String linkName;
    private final String rackId;

    /**
     * Check and keep the settings.
     *
     * @param properties Kafka client settings, {@code bootstrap.servers} among them.
     * @param linkName   part of the client ids that the source sees.
     * @throws ConfigException          if a value is not one that Kafka's clients accept, or no bootstrap address
     *                                  resolves.
     * @throws IllegalArgumentException if the settings do not fit together, or a key store cannot be read; the
     *                                  message is one line for the operator.
     */
    public SourceSettings(final Properties properties, final String linkName)
    {
        final Properties own = new Properties();
        // The kernel sizes the receive window unless the operator does: 64 KiB would throttle a fast link.
        own.put(CommonClientConfigs.RECEIVE_BUFFER_CONFIG, "-1");
        own.putAll(properties);
        own.remove(AdminClientConfig.METRIC_REPORTER_CLASSES_CONFIG);
        rackId = own.getProperty(ConsumerConfig.CLIENT_RACK_CONFIG, "");
        own.keySet().retainAll(AdminClientConfig.configNames());
        this.linkName = linkName;
        try
        {
            config = new AdminClientConfig(own);
            bootstrapAddresses();
            // Key stores and login modules are read here, once, so that mistakes in them show before anything runs.
            channelBuilder(Time.SYSTEM, new LogContext()).close();
        }
        catch (final KafkaException ex)
        {
            throw named(own, ex);
        }
    }

    /** Kafka's own message names the setting, if it is about one. */
    private static RuntimeException named(final Properties properties, final KafkaException ex)
    {
        final String message = Causes.oneLine(ex);
        final Matcher invalid = INVALID_VALUE.matcher(message);
        final String name = invalid.find() ? invalid.group(1) :
            message.contains(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG) ?
            CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG : null;
        if (null == name)
        {
            return new IllegalArgumentException(message, ex);
        }
        final String allowed = CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG.equals(name) ?
            "a list of HOST:PORT, one of which at least can be resolved (" + message + ")" :
            "what Kafka's clients take: " + message;
        return new ConfigException("source." + name, properties.getProperty(name), allowed);
    }

    /**
     * Names of all settings that Kafka's clients know.
     *
     * @return the names, without the prefix {@code source.}.
     */
    public static Set<String> knownNames()
    {
        final Set<String> names = new HashSet<>(AdminClientConfig.configNames());
        names.addAll(ConsumerConfig.configNames());
        return names;
    }

    /**
     * An admin client on the source, with connections of its own.
     *
     * @param role part of the client id that the source sees.
     * @return the client, the caller's to close.
     * @throws KafkaException if it cannot be made, for one since no bootstrap address resolves any more.
     */
    public Admin admin(final String role)
    {
        return SourceNetwork.admin(this, role);
    }

    /**
     * Resolve the bootstrap addresses.
     *
     * @return those that resolve, at least one.
     * @throws org.apache.kafka.common.config.ConfigException if none does.
     */
    List<InetSocketAddress> bootstrapAddresses()
    {
        return ClientUtils.parseAndValidateAddresses(config);
    }

    ChannelBuilder channelBuilder(final Time time, final LogContext logContext)
    {
        final SecurityProtocol protocol =
            SecurityProtocol.forName(config.getString(AdminClientConfig.SECURITY_PROTOCOL_CONFIG));
        return SecurityProtocol.SASL_PLAINTEXT == protocol ?
            BoundedSaslChannelBuilder.create(config, time, logContext) :
            ClientUtils.createChannelBuilder(config, time, logContext);
    }

    AdminClientConfig config()
    {
        return config;
    }

    String clientId(final String role)
    {
        return "umbra-" + linkName + "-" + role;
    }

    String rackId()
    {
        return rackId;
    }
}
