package io.umbra.rig;

import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

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
            cluster.restart(2);
            assertTrue(Files.exists(cluster.logDir(2).resolve("meta.properties")));
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

    @Test
    void aBrokerThatDiesAtItsStartIsShownWithItsLog()
    {
        final KafkaCluster.Context context = new KafkaCluster.Context().baseDir(dir).property("num.io.threads", "none");
        final IllegalStateException failure =
            assertThrows(IllegalStateException.class, () -> KafkaCluster.launch(context));
        assertTrue(failure.getMessage().contains("num.io.threads"), failure.getMessage());
    }
}
