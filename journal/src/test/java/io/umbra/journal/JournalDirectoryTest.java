package io.umbra.journal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class JournalDirectoryTest
{
    @TempDir
    Path dir;

    private JournalDirectory open()
    {
        return JournalDirectory.open(dir.resolve("journal"), "dr", 1);
    }

    @Test
    void aSecondEngineIsRefusedAndToldWhoHasIt()
    {
        try (JournalDirectory first = open())
        {
            final JournalException ex = assertThrows(JournalException.class, this::open);
            assertEquals(
                "journal.dir=" + first.path() + " is in use by another engine (process " +
                    ProcessHandle.current().pid() + ")",
                ex.getMessage());
        }
        open().close();
    }

    @Test
    void aSecondProcessIsRefusedToo() throws Exception
    {
        final String classPath =
            locationOf(JournalDirectory.class) + java.io.File.pathSeparator + locationOf(Holder.class);
        final Process holder = new ProcessBuilder(
            ProcessHandle.current().info().command().orElseThrow(),
            "-cp",
            classPath,
            Holder.class.getName(),
            dir.resolve("journal").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
        try (var reader = holder.inputReader())
        {
            assertEquals("locked", reader.readLine());
            final JournalException ex = assertThrows(JournalException.class, this::open);
            assertTrue(ex.getMessage().endsWith("(process " + holder.pid() + ")"), ex.getMessage());
        }
        finally
        {
            holder.destroyForcibly();
            holder.waitFor();
        }
        // The lock of a process that was killed is nobody's.
        open().close();
    }

    private static Path locationOf(final Class<?> type) throws Exception
    {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /** Holds the lock until it is killed. */
    static final class Holder
    {
        private Holder()
        {
        }

        public static void main(final String[] args) throws Exception
        {
            final JournalDirectory directory = JournalDirectory.open(Path.of(args[0]), "dr", 1);
            System.out.println("locked");
            System.out.flush();
            while (directory.path() != null)
            {
                Thread.currentThread().join();
            }
        }
    }

    @Test
    void aJournalIsBoundToItsClusterLinkAndNode() throws Exception
    {
        try (JournalDirectory directory = open())
        {
            assertNull(directory.clusterId());
            directory.bindClusterId("MkU3OEVBNTcwNTJENDM2Qk");
            directory.bindClusterId("MkU3OEVBNTcwNTJENDM2Qk");
        }
        try (JournalDirectory directory = open())
        {
            assertEquals("MkU3OEVBNTcwNTJENDM2Qk", directory.clusterId());
            assertEquals("MkU3OEVBNTcwNTJENDM2Qk", JournalDirectory.readClusterId(directory.path()));
            final JournalException ex = assertThrows(JournalException.class, () -> directory.bindClusterId("other"));
            assertTrue(ex.getMessage().contains("MkU3OEVBNTcwNTJENDM2Qk") && ex.getMessage().contains("other"));
        }
        final Path journal = dir.resolve("journal");
        assertTrue(assertThrows(JournalException.class, () -> JournalDirectory.open(journal, "else", 1))
            .getMessage().contains("link.name=dr, expected else"));
        assertTrue(assertThrows(JournalException.class, () -> JournalDirectory.open(journal, "dr", 2))
            .getMessage().contains("node.id=1, expected 2"));
        open().close();
    }

    @Test
    void aDirectoryThatCannotBeUsedIsAClearError() throws Exception
    {
        final Path file = Files.createFile(dir.resolve("file"));
        final JournalException ex = assertThrows(
            JournalException.class, () -> JournalDirectory.open(file.resolve("journal"), "dr", 1));
        assertTrue(ex.getMessage().startsWith("journal.dir=" + file.resolve("journal") + " cannot be used: "));
        final Path kafka = Files.createDirectories(dir.resolve("kafka"));
        Files.createFile(kafka.resolve("meta.properties"));
        assertTrue(assertThrows(JournalException.class, () -> JournalDirectory.open(kafka, "dr", 1))
            .getMessage().contains("Kafka broker"));
    }

    @Test
    void checkpointsAreInKafkasFormatAndComeBack() throws Exception
    {
        final PartitionCheckpoint a = new PartitionCheckpoint("orders", 10, 5, 100, 0xdeadbeefcafebabeL);
        final PartitionCheckpoint b = new PartitionCheckpoint("a-b.c_d", 2, 0, 7, 1);
        try (JournalDirectory directory = open())
        {
            assertNull(directory.checkpoint("orders", 10));
            directory.writeCheckpoints(List.of(a), -1);
            directory.writeCheckpoints(List.of(b), -1);
            assertEquals(a, directory.checkpoint("orders", 10));
            assertEquals(
                "0\n2\na-b.c_d 2 7\norders 10 100\n",
                Files.readString(directory.path().resolve("recovery-point-offset-checkpoint")));
            assertEquals(
                "0\n2\na-b.c_d 2 0\norders 10 5\n",
                Files.readString(directory.path().resolve("log-start-offset-checkpoint")));
            assertEquals(
                Map.of(new PartitionKey("orders", 10), 100L, new PartitionKey("a-b.c_d", 2), 7L),
                JournalCheckpoints.recoveryPoints(directory.path()));
        }
        try (JournalDirectory directory = open())
        {
            assertEquals(Map.of(a.key(), a, b.key(), b), directory.checkpoints());
            directory.removeCheckpoint("orders", 10);
            directory.writeCheckpoints(List.of(), -1);
            assertEquals(Map.of(b.key(), 7L), JournalCheckpoints.recoveryPoints(directory.path()));
        }
    }

    @Test
    void aRecoveryPointWithoutItsDigestIsNotBelieved() throws Exception
    {
        try (JournalDirectory directory = open())
        {
            directory.writeCheckpoints(List.of(new PartitionCheckpoint("orders", 0, 5, 100, 9)), -1);
            Files.delete(directory.path().resolve("digest-checkpoint"));
        }
        try (JournalDirectory directory = open())
        {
            assertEquals(new PartitionCheckpoint("orders", 0, 5, 5, 0), directory.checkpoint("orders", 0));
            assertTrue(directory.warnings().isEmpty());
        }
    }

    @Test
    void aMalformedCheckpointIsReportedAndNotUsed() throws Exception
    {
        try (JournalDirectory directory = open())
        {
            directory.writeCheckpoints(List.of(new PartitionCheckpoint("orders", 0, 5, 100, 9)), -1);
            for (final String text : List.of("", "1\n0\n", "0\n2\norders 0 100 9\n", "0\n1\norders zero 100 9\n"))
            {
                Files.writeString(directory.path().resolve("digest-checkpoint"), text);
                assertThrows(java.io.IOException.class, () -> JournalCheckpoints.digests(directory.path()), text);
            }
        }
        try (JournalDirectory directory = open())
        {
            assertEquals(1, directory.warnings().size());
            assertNull(directory.checkpoint("orders", 0));
        }
    }

    @Test
    void aShadowThatWasPromotedDoesNotFollowItsOwnCluster() throws Exception
    {
        final UUID id = UUID.randomUUID();
        try (JournalDirectory directory = open())
        {
            final Promotions promotions = new Promotions(directory.path());
            assertEquals(List.of(), promotions.list());
            final Promotion some = new Promotion(
                "promoted-1", 1_000, dir.resolve("target"), false, List.of(new Promotion.Topic("orders", id)));
            final Promotion all = new Promotion("promoted-2", 2_000, dir.resolve("target 2"), true, List.of());
            promotions.add(some);
            directory.refuseIfPromoted();
            promotions.add(all);
            assertEquals(List.of(some, all), promotions.list());

            assertEquals(some, Promotions.of(List.of(some), "orders", id));
            assertNull(Promotions.of(List.of(some), "orders", UUID.randomUUID()));
            assertEquals(some, Promotions.of(List.of(some), "orders", new UUID(0, 0)));
            assertEquals(all, Promotions.of(List.of(all), "payments", UUID.randomUUID()));

            final String refused = assertThrows(
                JournalException.class, () -> directory.bindClusterId("promoted-1")).getMessage();
            assertTrue(refused.contains("promoted from this very shadow at 1970-01-01T00:00:01Z"), refused);
            final String over = assertThrows(JournalException.class, directory::refuseIfPromoted).getMessage();
            assertTrue(over.contains("into cluster promoted-2 under " + dir.resolve("target 2")), over);

            promotions.remove("promoted-2");
            directory.refuseIfPromoted();
            Files.writeString(promotions.file("promoted-1"), "cluster.id=promoted-1\ntime.ms=soon\n");
            assertThrows(JournalException.class, directory::refuseIfPromoted);
        }
    }

    @Test
    void theHighestProducerIdNeverFalls() throws Exception
    {
        final Path journal;
        try (JournalDirectory directory = open())
        {
            journal = directory.path();
            assertEquals(-1, directory.highestProducerId());
            directory.writeCheckpoints(List.of(), 4711);
            directory.writeCheckpoints(List.of(), 12);
            assertEquals(4711, directory.highestProducerId());
            assertEquals("0\n4711\n", Files.readString(journal.resolve("highest-producer-id")));
            assertEquals(4711, JournalDirectory.readHighestProducerId(journal));
        }
        try (JournalDirectory directory = open())
        {
            directory.writeCheckpoints(List.of(), -1);
            assertEquals(4711, directory.highestProducerId());
        }
    }

    @Test
    void withoutTheFileTheHighestProducerIdIsThatOfTheSnapshots() throws Exception
    {
        final Path journal;
        try (JournalDirectory directory = open())
        {
            journal = directory.path();
            for (int i = 0; i < 2; i++)
            {
                final PartitionLog log = PartitionLog.open(new PartitionLogContext()
                    .journalDir(journal).partition("orders", i).topicId(TestLogs.TOPIC_ID));
                TestLogs.append(log, TestBatches.transactional(0, 0, 900 + i, 3));
                assertEquals(900 + i, log.highestProducerId());
                log.close();
            }
            Files.deleteIfExists(journal.resolve("highest-producer-id"));
        }
        assertEquals(901, JournalDirectory.readHighestProducerId(journal));
        for (final String text : List.of("", "0\n", "0\nmany\n", "1\n5\n"))
        {
            Files.writeString(journal.resolve("highest-producer-id"), text);
            assertThrows(
                java.io.IOException.class, () -> JournalDirectory.readHighestProducerId(journal), text);
            try (JournalDirectory directory = open())
            {
                assertEquals(901, directory.highestProducerId());
                assertEquals(1, directory.warnings().size());
                directory.writeCheckpoints(List.of(), -1);
            }
            assertEquals(901, JournalDirectory.readHighestProducerId(journal));
        }
    }

    @Test
    void partitionsAreTheDirectoriesWithATopicId() throws Exception
    {
        try (JournalDirectory directory = open())
        {
            for (final String name : List.of("b-0", "a-10", "a-2", "x-y-1"))
            {
                final int dash = name.lastIndexOf('-');
                PartitionLog.open(new PartitionLogContext()
                    .journalDir(directory.path())
                    .partition(name.substring(0, dash), Integer.parseInt(name.substring(dash + 1)))
                    .topicId(UUID.randomUUID())).close();
            }
            Files.createDirectories(directory.path().resolve("ledger/shard-0"));
            Files.createDirectories(directory.path().resolve("damaged/a-2"));
            Files.createDirectories(directory.path().resolve("empty-3"));
            assertEquals(
                List.of(
                    new PartitionKey("a", 2), new PartitionKey("a", 10),
                    new PartitionKey("b", 0), new PartitionKey("x-y", 1)),
                directory.partitions());
            assertFalse(directory.partitions().isEmpty());
        }
        assertEquals(List.of(), JournalDirectory.partitions(dir.resolve("nowhere")));
    }
}
