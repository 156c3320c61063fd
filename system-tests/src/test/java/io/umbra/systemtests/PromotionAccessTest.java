package io.umbra.systemtests;

import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A cluster that asks for credentials, promoted from a source with access rules: who may do what is as it was. */
class PromotionAccessTest
{
    private static final String LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required";
    private static final int RECORDS = 30;
    private static final List<AclBinding> RULES = List.of(
        rule(ResourceType.TOPIC, "orders", "User:*", AclOperation.READ, AclPermissionType.ALLOW),
        rule(ResourceType.TOPIC, "orders", "User:banned", AclOperation.READ, AclPermissionType.DENY),
        rule(ResourceType.TOPIC, "orders", "User:writer", AclOperation.WRITE, AclPermissionType.ALLOW),
        rule(ResourceType.GROUP, "readers", "User:reader", AclOperation.READ, AclPermissionType.ALLOW));

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private static AclBinding rule(
        final ResourceType type,
        final String name,
        final String user,
        final AclOperation operation,
        final AclPermissionType permission)
    {
        return new AclBinding(
            new ResourcePattern(type, name, PatternType.LITERAL),
            new AccessControlEntry(user, "*", operation, permission));
    }

    private static Map<String, String> login(final String user)
    {
        return Map.of("security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN",
            "sasl.jaas.config", LOGIN + " username=\"" + user + "\" password=\"of-" + user + "\";");
    }

    @Test
    void whoMayDoWhatIsAsItWas() throws Exception
    {
        final LinkConfig link = new LinkConfig(dir).set("acls.sync.interval.ms", "200");
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))
            .property("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
            .property("super.users", "User:ANONYMOUS")))
        {
            for (final String topic : List.of("orders", "secrets"))
            {
                source.admin().createTopics(List.of(new NewTopic(topic, 1, (short)1))).all().get();
                SourceRecords.write(source, topic, 0, RECORDS);
            }
            source.admin().createAcls(RULES).all().get();
            try (EngineProcess engine = new EngineLauncher(dir).start(link.source(source).write()))
            {
                engine.awaitReady();
                Shadowed.assertIdentical(source, link);
                Await.until(() -> RULES.size() == MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).acls().size(),
                    () -> "access rules");
                assertEquals(0, engine.terminate(), engine::stderrTail);
            }
        }
        final Path settings = Files.write(dir.resolve("sasl.properties"), List.of(
            "listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN",
            "sasl.mechanism.inter.broker.protocol=PLAIN",
            "listener.name.client.plain.sasl.jaas.config=" + LOGIN + " username=\"broker\" password=\"of-broker\" " +
                "user_broker=\"of-broker\" user_reader=\"of-reader\" user_banned=\"of-banned\" " +
                "user_writer=\"of-writer\";"));
        try (PromotedNode node = new PromotedNode(dir.resolve("promoted"), 1).secured("CLIENT", login("broker")))
        {
            final UmbraCommand.Result refused = node.promote(link.write(), "--properties", settings.toString());
            assertEquals(2, refused.exit(), refused::toString);
            assertTrue(refused.err().contains("option '--super-users' is missing"), refused::toString);
            final UmbraCommand.Result result = node.promote(link.write(), "--properties", settings.toString(),
                "--super-users", "User:broker;User:ANONYMOUS");
            assertEquals(0, result.exit(), result::toString);
            assertFalse(result.out().contains("force of the"), result.out());
            node.start();
            try (Admin admin = node.admin())
            {
                assertEquals(Set.copyOf(RULES), Set.copyOf(admin.describeAcls(AclBindingFilter.ANY).values().get()));
            }
            assertReads(node);
            assertWrites(node);
        }
    }

    private static void assertReads(final PromotedNode node)
    {
        final Map<String, String> group = new HashMap<>(Reading.group("readers", "classic"));
        group.putAll(login("reader"));
        try (KafkaConsumer<byte[], byte[]> reader = node.consumer(group))
        {
            assertEquals(RECORDS, Reading.take(reader, "orders", RECORDS).size());
            assertEquals(Set.of("orders"), reader.listTopics().keySet());
        }
        try (KafkaConsumer<byte[], byte[]> reader = node.consumer(login("reader")))
        {
            assertThrows(TopicAuthorizationException.class, () -> Reading.all(reader, "secrets"));
        }
        try (KafkaConsumer<byte[], byte[]> banned = node.consumer(login("banned")))
        {
            assertThrows(TopicAuthorizationException.class, () -> Reading.all(banned, "orders"));
        }
        group.putAll(login("writer"));
        try (KafkaConsumer<byte[], byte[]> other = node.consumer(group))
        {
            assertThrows(GroupAuthorizationException.class, () -> Reading.take(other, "orders", RECORDS));
        }
    }

    private static void assertWrites(final PromotedNode node) throws Exception
    {
        try (KafkaProducer<byte[], byte[]> writer = node.producer(login("writer")))
        {
            assertEquals(RECORDS, writer.send(new ProducerRecord<>("orders", 0, null, new byte[1])).get().offset());
        }
        final Map<String, String> plain = new HashMap<>(login("reader"));
        plain.put("enable.idempotence", "false");
        try (KafkaProducer<byte[], byte[]> reader = node.producer(plain))
        {
            assertInstanceOf(TopicAuthorizationException.class, assertThrows(ExecutionException.class,
                () -> reader.send(new ProducerRecord<>("orders", 0, null, new byte[1])).get()).getCause());
        }
    }
}
