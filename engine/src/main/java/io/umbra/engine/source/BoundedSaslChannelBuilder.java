package io.umbra.engine.source;

import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.network.ChannelMetadataRegistry;
import org.apache.kafka.common.network.ConnectionMode;
import org.apache.kafka.common.network.PlaintextTransportLayer;
import org.apache.kafka.common.network.SaslChannelBuilder;
import org.apache.kafka.common.network.TransportLayer;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.security.authenticator.SaslClientAuthenticator;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;

import javax.security.auth.Subject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;

/**
 * SASL in the clear, as Kafka's clients have it, with a limit to what is received before the client is authenticated.
 * Kafka's own takes any length, as whoever speaks another protocol seems to announce: a port with TLS, of all others.
 */
final class BoundedSaslChannelBuilder extends SaslChannelBuilder
{
    /** Far above what any mechanism's messages have, and far below what the first letters of a text make. */
    private static final int MAX_LENGTH = 1024 * 1024;

    private BoundedSaslChannelBuilder(
        final AdminClientConfig config, final JaasContext jaas, final Time time, final LogContext logContext)
    {
        super(
            ConnectionMode.CLIENT,
            Map.of(config.getString(SaslConfigs.SASL_MECHANISM), jaas),
            SecurityProtocol.SASL_PLAINTEXT,
            null,
            false,
            config.getString(SaslConfigs.SASL_MECHANISM),
            null,
            null,
            null,
            time,
            logContext,
            null);
    }

    /**
     * One that is configured.
     *
     * @param config     of the client, whose security protocol is SASL_PLAINTEXT.
     * @param time       of the client.
     * @param logContext of the client.
     * @return the builder, the caller's to close.
     * @throws org.apache.kafka.common.KafkaException if the configuration of SASL cannot be used.
     */
    static BoundedSaslChannelBuilder create(
        final AdminClientConfig config, final Time time, final LogContext logContext)
    {
        final Map<String, Object> configs = new HashMap<>(config.originals());
        configs.putAll(config.values());
        final BoundedSaslChannelBuilder builder =
            new BoundedSaslChannelBuilder(config, JaasContext.loadClientContext(configs), time, logContext);
        builder.configure(configs);
        return builder;
    }

    @Override
    protected TransportLayer buildTransportLayer(
        final String id,
        final SelectionKey key,
        final SocketChannel socketChannel,
        final ChannelMetadataRegistry metadataRegistry) throws IOException
    {
        return new BoundedTransport(key);
    }

    @Override
    protected SaslClientAuthenticator buildClientAuthenticator(
        final Map<String, ?> configs,
        final AuthenticateCallbackHandler callbackHandler,
        final String id,
        final String serverHost,
        final String servicePrincipal,
        final TransportLayer transportLayer,
        final Subject subject)
    {
        final SaslClientAuthenticator authenticator = super.buildClientAuthenticator(
            configs, callbackHandler, id, serverHost, servicePrincipal, transportLayer, subject);
        ((BoundedTransport)transportLayer).firstAuthenticator(authenticator);
        return authenticator;
    }

    /** Looks at the lengths that the authenticator reads. */
    private static final class BoundedTransport extends PlaintextTransportLayer
    {
        private SaslClientAuthenticator authenticator;

        BoundedTransport(final SelectionKey key) throws IOException
        {
            super(key);
        }

        /** Later ones (KIP-368) also read what an authenticated broker still sends. */
        void firstAuthenticator(final SaslClientAuthenticator first)
        {
            if (null == authenticator)
            {
                authenticator = first;
            }
        }

        @Override
        public int read(final ByteBuffer buffer) throws IOException
        {
            final int bytes = super.read(buffer);
            final boolean isLength = Integer.BYTES == buffer.capacity() && !buffer.hasRemaining();
            if (isLength && !authenticator.complete() && buffer.getInt(0) > MAX_LENGTH)
            {
                throw new IOException("a response of " + buffer.getInt(0) + " bytes was announced before the client " +
                    "was authenticated, at most " + MAX_LENGTH + " are allowed: this is not a broker's SASL port");
            }
            return bytes;
        }
    }
}
