package io.umbra.systemtests;

import io.umbra.rig.ClusterSecurity;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** TLS and SASL, with brokers that insist on them. */
class SecurityTest
{
    private static final String WRONG_PASSWORD = "not-the-password";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private KafkaCluster launch(final ClusterSecurity security)
    {
        return KafkaCluster.launch(
            new KafkaCluster.Context()
                .baseDir(dir.resolve("cluster"))
                .security(security)
                // Where there is SASL, clients have to log in anew all the time.
                .property("connections.max.reauth.ms", "1000"));
    }

    @ParameterizedTest
    @EnumSource(names = {"SASL_PLAINTEXT", "SASL_SSL", "SSL"})
    void aSecuredSourceIsShadowed(final ClusterSecurity security) throws Exception
    {
        try (KafkaCluster cluster = launch(security);
            Workload workload = new Workload(new Workload.Context()
                .cluster(cluster)
                .topic(TopicSpec.of("secured", 3))
                .recordsPerProducer(200)))
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            workload.createTopics();
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                workload.start().awaitEnd();
                Shadowed.assertIdentical(cluster, link);
                UmbraCommand.assertVerified(link.write());
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
                for (final String secret : List.of("source.sasl.jaas.config", "source.ssl.truststore.password"))
                {
                    final String value = link.get(secret);
                    assertFalse(null != value && engine.stderr().contains(value), secret + " was printed");
                }
            }
        }
    }

    @Test
    void aWrongPasswordIsOneLine() throws Exception
    {
        try (KafkaCluster cluster = launch(ClusterSecurity.SASL_SSL))
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster);
            link.set("source.sasl.jaas.config", link.get("source.sasl.jaas.config")
                .replaceAll("password=\"[^\"]*\"", "password=\"" + WRONG_PASSWORD + "\""));
            assertRefused(link, "(?i).*authentication.*");
        }
    }

    @Test
    void aBrokerThatIsNotTrustedIsOneLine() throws Exception
    {
        try (KafkaCluster cluster = launch(ClusterSecurity.SASL_SSL))
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster)
                .without("source.ssl.truststore.location")
                .without("source.ssl.truststore.password")
                .without("source.ssl.truststore.type");
            assertRefused(link, "(?i).*(ssl|tls|certificate).*");
        }
    }

    @Test
    void aClientWithoutCertificateIsOneLine() throws Exception
    {
        try (KafkaCluster cluster = launch(ClusterSecurity.SSL))
        {
            final LinkConfig link = new LinkConfig(dir).source(cluster)
                .without("source.ssl.keystore.location")
                .without("source.ssl.keystore.password")
                .without("source.ssl.keystore.type")
                .without("source.ssl.key.password");
            assertRefused(link, "(?i).*(ssl|tls|certificate).*");
        }
    }

    private void assertRefused(final LinkConfig link, final String regex) throws Exception
    {
        try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
        {
            assertEquals(2, engine.awaitExit(), engine::stderr);
            final List<String> lines = engine.stderr().lines().filter((line) -> !line.isBlank()).toList();
            assertEquals(1, lines.size(), engine::stderr);
            assertTrue(lines.get(0).matches(regex), engine::stderr);
            assertFalse(lines.get(0).contains(WRONG_PASSWORD), engine::stderr);
            assertEquals(List.of(), engine.stdout());
        }
    }
}
