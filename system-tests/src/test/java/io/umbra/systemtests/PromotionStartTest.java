package io.umbra.systemtests;

import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.journal.JournalDirectory;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code umbra promote --move --start} of a shadow whose source has access rules: one command, and it serves. */
class PromotionStartTest
{
    /** More than a controller puts into one batch of its log. */
    private static final int RULES = 11_000;
    private static final int RULES_PER_REQUEST = 2_000;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @Test
    void oneCommandAndItServes() throws Exception
    {
        final LinkConfig link = new LinkConfig(dir).set("acls.sync.interval.ms", "200");
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))
            .property("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
            .property("super.users", "User:ANONYMOUS")))
        {
            source.admin().createTopics(List.of(new NewTopic("orders", 1, (short)1))).all().get();
            final List<AclBinding> rules = rules();
            for (int from = 0; from < RULES; from += RULES_PER_REQUEST)
            {
                source.admin().createAcls(rules.subList(from, Math.min(RULES, from + RULES_PER_REQUEST))).all().get();
            }
            SourceRecords.write(source, "orders", 0, 40);
            try (EngineProcess engine = new EngineLauncher(dir).start(link.source(source).write()))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(source, link);
                Await.until(() -> RULES == MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).acls().size(),
                    () -> "the access rules");
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
        final PromotedNode node = new PromotedNode(dir.resolve("promoted"), 4);
        final List<String> arguments = new ArrayList<>(List.of("promote", "--start", "--move"));
        arguments.addAll(node.arguments(link.write()));
        try (EngineProcess command = new EngineProcess(
            JavaCommand.umbra(List.of(), arguments), dir.resolve("promote.err")))
        {
            Await.until(() -> !command.isAlive() || isStarted(command), () -> command.stdout() + command.stderrTail());
            assertTrue(isStarted(command), () -> command.stdout() + command.stderrTail());
            assertServes(node);
            // What has moved is no longer there; the ledger is.
            assertEquals(List.of(), JournalDirectory.partitions(link.journalDir()));
            assertTrue(Files.isDirectory(link.journalDir().resolve("ledger")));
            assertEquals(0, command.terminate(), command::stderrTail);
        }
        try (Admin admin = node.admin())
        {
            assertFalse(isThere(admin));
        }
    }

    private static List<AclBinding> rules()
    {
        return IntStream.range(0, RULES)
            .mapToObj((i) -> new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, "ord", PatternType.PREFIXED),
                new AccessControlEntry("User:user-" + i, "*", AclOperation.READ, AclPermissionType.ALLOW)))
            .toList();
    }

    private static boolean isStarted(final EngineProcess command)
    {
        return command.stdout().stream().anyMatch((line) -> line.startsWith("started"));
    }

    private static void assertServes(final PromotedNode node) throws Exception
    {
        try (Admin admin = node.admin();
            KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
        {
            assertEquals(40, Reading.all(consumer, "orders").size());
            assertEquals(Set.copyOf(rules()), Set.copyOf(admin.describeAcls(AclBindingFilter.ANY).values().get()));
        }
    }

    private static boolean isThere(final Admin admin) throws InterruptedException
    {
        try
        {
            return !admin.describeCluster(new DescribeClusterOptions()
                .timeoutMs(1_000)).nodes().get().isEmpty();
        }
        catch (final ExecutionException ex)
        {
            return false;
        }
    }
}
