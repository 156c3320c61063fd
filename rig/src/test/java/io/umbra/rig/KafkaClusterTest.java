package io.umbra.rig;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class KafkaClusterTest
{
    @TempDir
    private Path dir;

    @ParameterizedTest
    @EnumSource
    void clientsReachOneBrokerInEveryWay(final ClusterSecurity security) throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir).security(security)))
        {
            final Properties properties = cluster.clientProperties();
            properties.setProperty("bootstrap.servers", cluster.bootstrapServers());
            try (Admin admin = Admin.create(properties))
            {
                assertEquals(cluster.clusterId(), admin.describeCluster().clusterId().get());
            }
        }
    }

    @Test
    void threeBrokersSurviveTheLossOfAnyOne() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir).brokers(3)))
        {
            assertEquals(List.of(1, 2, 3), cluster.ids());
            final long pid = cluster.pid(1);
            cluster.kill(1);
            assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
            cluster.restart(1);
            assertNotEquals(pid, cluster.pid(1));
            assertEquals(3, cluster.admin().describeCluster().nodes().get().size());
            cluster.stop(2);
            assertTrue(Files.exists(cluster.logDir(2).resolve(".kafka_cleanshutdown")));
            cluster.restart(2);
            assertTrue(Files.exists(cluster.logDir(2).resolve("meta.properties")));
        }
    }

    @Test
    void aBrokerComesBackOnAnotherPort() throws Exception
    {
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir)))
        {
            final String before = cluster.bootstrapServers();
            assertThrows(IllegalStateException.class, () -> cluster.restartElsewhere(1));
            cluster.stop(1);
            cluster.restartElsewhere(1);
            final String after = cluster.bootstrapServers();
            assertNotEquals(before, after);
            final Properties properties = new Properties();
            properties.setProperty("bootstrap.servers", after);
            try (Admin admin = Admin.create(properties))
            {
                final Node node = admin.describeCluster().nodes().get().iterator().next();
                assertEquals(after, node.host() + ':' + node.port());
            }
        }
    }

    @Test
    void closeEndsTheProcessesAndRemovesItsOwnDirectory()
    {
        final KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context());
        final long pid = cluster.pid(1);
        final Path baseDir = cluster.baseDir();
        cluster.close();
        assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
        assertFalse(Files.exists(baseDir));
    }

    /** A JVM of its own, which leaves no time for shutdown hooks when it is killed. */
    static final class Parent
    {
        private Parent()
        {
        }

        public static void main(final String[] args) throws InterruptedException
        {
            final KafkaCluster cluster =
                KafkaCluster.launch(new KafkaCluster.Context().baseDir(Path.of(args[0])));
            System.out.println(cluster.pid(1));
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    @Test
    void brokersDieWithAParentThatIsKilled() throws Exception
    {
        final Process parent = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp", System.getProperty("java.class.path"), Parent.class.getName(), dir.toString()).start();
        final long pid = Long.parseLong(parent.inputReader().readLine());
        final ProcessHandle broker = ProcessHandle.of(pid).orElseThrow();
        assertTrue(broker.isAlive());
        parent.destroyForcibly();
        broker.onExit().get(60, TimeUnit.SECONDS);
        assertFalse(broker.isAlive());
    }

    @Test
    void aBrokerThatDiesAtItsStartIsShownWithItsLog()
    {
        final KafkaCluster.Context context = new KafkaCluster.Context().baseDir(dir).property("num.io.threads", "none");
        final IllegalStateException failure =
            assertThrows(IllegalStateException.class, () -> KafkaCluster.launch(context));
        assertTrue(failure.getMessage().contains("num.io.threads"), failure.getMessage());
    }
}
