package io.umbra.rig;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Properties;

/**
 * Self-signed keys for the brokers and for clients, each trusted by the other side through a store of its own. All are
 * PKCS12 files with one password; nothing here is meant to keep a secret.
 */
final class Certificates
{
    private static final String PASSWORD = "umbra-rig";
    private static final String ALIAS = "key";
    private static final String BROKER_KEYS = "broker.keystore.p12";
    private static final String BROKER_TRUST = "broker.truststore.p12";
    private static final String CLIENT_KEYS = "client.keystore.p12";
    private static final String CLIENT_TRUST = "client.truststore.p12";
    private final Path dir;

    private Certificates(final Path dir)
    {
        this.dir = dir;
    }

    /** Makes keys and trust stores with the JDK's keytool. */
    static Certificates create(final Path dir) throws IOException
    {
        Files.createDirectories(dir);
        final Certificates certificates = new Certificates(dir);
        certificates.generateKey(BROKER_KEYS, "CN=broker", "SAN=dns:localhost,ip:127.0.0.1");
        certificates.generateKey(CLIENT_KEYS, "CN=umbra-client", "SAN=dns:localhost");
        certificates.trust(BROKER_KEYS, CLIENT_TRUST);
        certificates.trust(CLIENT_KEYS, BROKER_TRUST);
        return certificates;
    }

    /** Settings of the broker's listener, under the prefix of that listener. */
    void brokerSettings(final Properties settings, final String prefix, final boolean clientAuthentication)
    {
        stores(settings, prefix, BROKER_KEYS, BROKER_TRUST);
        settings.setProperty(prefix + "ssl.client.auth", clientAuthentication ? "required" : "none");
    }

    /** What a client needs to trust the brokers, and to show a certificate of its own when asked for one. */
    void clientSettings(final Properties settings, final boolean clientAuthentication)
    {
        if (clientAuthentication)
        {
            stores(settings, "", CLIENT_KEYS, CLIENT_TRUST);
        }
        else
        {
            trustStore(settings, "", CLIENT_TRUST);
        }
    }

    private void stores(final Properties settings, final String prefix, final String keys, final String trust)
    {
        settings.setProperty(prefix + "ssl.keystore.type", "PKCS12");
        settings.setProperty(prefix + "ssl.keystore.location", dir.resolve(keys).toString());
        settings.setProperty(prefix + "ssl.keystore.password", PASSWORD);
        settings.setProperty(prefix + "ssl.key.password", PASSWORD);
        trustStore(settings, prefix, trust);
    }

    private void trustStore(final Properties settings, final String prefix, final String trust)
    {
        settings.setProperty(prefix + "ssl.truststore.type", "PKCS12");
        settings.setProperty(prefix + "ssl.truststore.location", dir.resolve(trust).toString());
        settings.setProperty(prefix + "ssl.truststore.password", PASSWORD);
    }

    private void generateKey(final String store, final String name, final String extension) throws IOException
    {
        final Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        final Path output = dir.resolve(store + ".out");
        final Process process = new ProcessBuilder(List.of(
            keytool.toString(), "-genkeypair", "-alias", ALIAS, "-keyalg", "EC", "-groupname", "secp256r1",
            "-dname", name, "-ext", extension, "-validity", "3650", "-storetype", "PKCS12",
            "-keystore", dir.resolve(store).toString(), "-storepass", PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
        try
        {
            if (0 != process.waitFor())
            {
                throw new IOException("keytool failed: " + Files.readString(output));
            }
        }
        catch (final InterruptedException ex)
        {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while keytool ran", ex);
        }
    }

    private void trust(final String keyStore, final String trustStore) throws IOException
    {
        try (InputStream in = Files.newInputStream(dir.resolve(keyStore));
            OutputStream out = Files.newOutputStream(dir.resolve(trustStore)))
        {
            final KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            final KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(ALIAS, keys.getCertificate(ALIAS));
            trusted.store(out, PASSWORD.toCharArray());
        }
        catch (final GeneralSecurityException ex)
        {
            throw new IOException("cannot make the trust store " + trustStore, ex);
        }
    }
}
