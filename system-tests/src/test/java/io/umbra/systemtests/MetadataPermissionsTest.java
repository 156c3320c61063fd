package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import io.umbra.engine.metadata.AclEntry;
import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.engine.metadata.QuotaEntry;
import io.umbra.engine.metadata.ScramUser;
import io.umbra.engine.metadata.SourceMetadata;
import io.umbra.rig.ClusterSecurity;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.Resource;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A source with an authorizer: rules, quotas and users are kept, and each task names the permission that it lacks. */
class MetadataPermissionsTest
{
    private static final String USER = "limited";
    private static final String PASSWORD = "limited-secret";
    private static final String TOPIC = "orders";
    private static final int ITERATIONS = 4096;
    private static final int MORE_ITERATIONS = 8192;
    private static final Set<String> TASKS = Set.of("topics", "groups", "acls", "quotas", "scram");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    private KafkaCluster launch()
    {
        return KafkaCluster.launch(new KafkaCluster.Context()
            .baseDir(dir.resolve("cluster"))
            .security(ClusterSecurity.SASL_SSL)
            .property("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
            .property("super.users", "User:ANONYMOUS;User:umbra"));
    }

    private LinkConfig link(final KafkaCluster cluster)
    {
        final LinkConfig link = new LinkConfig(dir).source(cluster);
        link.set("source.sasl.jaas.config", link.get("source.sasl.jaas.config")
            .replaceAll("username=\"[^\"]*\"", "username=\"" + USER + '"')
            .replaceAll("password=\"[^\"]*\"", "password=\"" + PASSWORD + '"'));
        for (final String task : List.of("groups", "acls", "quotas", "scram"))
        {
            link.set(task + ".sync.interval.ms", "200");
        }
        return link;
    }

    private static AclBinding allow(
        final ResourceType type, final String name, final PatternType patternType, final AclOperation operation)
    {
        return new AclBinding(new ResourcePattern(type, name, patternType),
            new AccessControlEntry("User:" + USER, "*", operation, AclPermissionType.ALLOW));
    }

    private static AclBinding allowOnCluster(final AclOperation operation)
    {
        return allow(ResourceType.CLUSTER, Resource.CLUSTER_NAME, PatternType.LITERAL, operation);
    }

    private static void create(final KafkaCluster cluster, final AclBinding... acls) throws Exception
    {
        cluster.admin().createAcls(List.of(acls)).all().get();
    }

    private static void delete(final KafkaCluster cluster, final AclBinding... acls) throws Exception
    {
        cluster.admin().deleteAcls(List.of(acls).stream().map(AclBinding::toFilter).toList()).all().get();
    }

    private static void upsert(final KafkaCluster cluster, final String user, final int iterations) throws Exception
    {
        cluster.admin().alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
            user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, iterations), PASSWORD))).all().get();
    }

    private static void commit(final KafkaCluster cluster, final String group, final long offset) throws Exception
    {
        cluster.admin().alterConsumerGroupOffsets(
            group, Map.of(new TopicPartition(TOPIC, 0), new OffsetAndMetadata(offset))).all().get();
    }

    private static void limit(final KafkaCluster cluster, final String user, final String clientId) throws Exception
    {
        final Map<String, String> entity = new HashMap<>();
        entity.put(ClientQuotaEntity.USER, user);
        entity.put(ClientQuotaEntity.CLIENT_ID, clientId);
        cluster.admin().alterClientQuotas(List.of(new ClientQuotaAlteration(new ClientQuotaEntity(entity),
            List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", 1e9))))).all().get();
    }

    private static void write(final KafkaCluster cluster)
    {
        try (KafkaProducer<byte[], byte[]> producer = Producers.create(cluster, Map.of()))
        {
            for (int i = 0; i < 100; i++)
            {
                producer.send(new ProducerRecord<>(TOPIC, i % 3, null, new byte[100]));
            }
        }
    }

    private static Map<String, String> states(final StatusView status)
    {
        final Map<String, String> states = new TreeMap<>();
        status.document().get("metadata").forEach((task) ->
            states.put(task.get("task").asText(), task.get("state").asText()));
        return states;
    }

    private static void awaitStates(final LinkConfig link, final Set<String> faulted) throws Exception
    {
        final Map<String, String> wanted = TASKS.stream().collect(
            Collectors.toMap((task) -> task, (task) -> faulted.contains(task) ? "FAULTED" : "OK"));
        StatusView.await(link.write(), (status) -> wanted.equals(states(status)));
    }

    private static String error(final LinkConfig link, final String task) throws Exception
    {
        final JsonNode error = StatusView.of(link).metadata(task).get("error");
        return error.isNull() ? null : error.asText();
    }

    private static SourceMetadata awaitMetadata(final LinkConfig link, final Predicate<SourceMetadata> condition)
        throws Exception
    {
        final SourceMetadata[] last = new SourceMetadata[1];
        Await.until(() ->
        {
            last[0] = MetadataHistory.read(link.journalDir(), Long.MAX_VALUE);
            return condition.test(last[0]);
        }, () -> String.valueOf(last[0]));
        return last[0];
    }

    @Test
    void eachTaskNamesThePermissionThatItLacks() throws Exception
    {
        try (KafkaCluster cluster = launch())
        {
            upsert(cluster, USER, ITERATIONS);
            cluster.admin().createTopics(List.of(new NewTopic(TOPIC, 3, (short) 1))).all().get();
            final AclBinding describeConfigs =
                allow(ResourceType.TOPIC, "*", PatternType.LITERAL, AclOperation.DESCRIBE_CONFIGS);
            create(cluster,
                allow(ResourceType.TOPIC, "*", PatternType.LITERAL, AclOperation.READ),
                describeConfigs,
                allow(ResourceType.GROUP, "mine-", PatternType.PREFIXED, AclOperation.DESCRIBE));
            commit(cluster, "mine-1", 1);
            commit(cluster, "theirs", 2);
            final LinkConfig link = link(cluster);
            try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
            {
                engine.awaitReady();
                awaitStates(link, Set.of("groups", "acls", "quotas", "scram"));
                assertTrue(error(link, "groups").startsWith("needs DESCRIBE on CLUSTER: "), error(link, "groups"));
                assertTrue(error(link, "acls").startsWith("needs DESCRIBE on CLUSTER: "), error(link, "acls"));
                assertTrue(error(link, "scram").startsWith("needs DESCRIBE on CLUSTER: "), error(link, "scram"));
                assertTrue(error(link, "quotas").startsWith("needs DESCRIBE_CONFIGS on CLUSTER: "),
                    error(link, "quotas"));
                assertEquals(Set.of("mine-1"), awaitMetadata(link, (metadata) -> !metadata.groups().isEmpty())
                    .groups().keySet(), "what may be seen is kept");
                write(cluster);
                Shadowed.assertIdentical(cluster, link);

                final AclBinding describeCluster = allowOnCluster(AclOperation.DESCRIBE);
                create(cluster,
                    describeCluster,
                    allowOnCluster(AclOperation.DESCRIBE_CONFIGS),
                    allow(ResourceType.GROUP, "*", PatternType.LITERAL, AclOperation.DESCRIBE));
                awaitStates(link, Set.of());
                final SourceMetadata all =
                    awaitMetadata(link, (metadata) -> metadata.groups().containsKey("theirs"));
                assertEquals(2, all.groupOffsets().size());

                delete(cluster, describeConfigs);
                awaitStates(link, Set.of("topics"));
                assertEquals("needs DESCRIBE_CONFIGS on TOPIC " + TOPIC, error(link, "topics"));
                assertEquals(Set.of(TOPIC), awaitMetadata(link, (metadata) -> true).topics().keySet());

                // The source lists one group less, and does not say that it may have others: nothing is taken for gone.
                delete(cluster, describeCluster,
                    allow(ResourceType.GROUP, "*", PatternType.LITERAL, AclOperation.DESCRIBE));
                awaitStates(link, Set.of("topics", "groups", "acls", "scram"));
                cluster.admin().deleteConsumerGroups(List.of("mine-1")).all().get();
                commit(cluster, "mine-2", 5);
                assertEquals(Set.of("mine-1", "mine-2", "theirs"), awaitMetadata(link, (metadata) ->
                    metadata.groups().containsKey("mine-2")).groups().keySet());

                write(cluster);
                Shadowed.assertIdentical(cluster, link);
                create(cluster, describeConfigs, describeCluster,
                    allow(ResourceType.GROUP, "*", PatternType.LITERAL, AclOperation.DESCRIBE));
                awaitStates(link, Set.of());
                assertEquals(Set.of("mine-2", "theirs"), awaitMetadata(link, (metadata) ->
                    !metadata.groups().containsKey("mine-1")).groups().keySet());
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
                assertTrue(engine.said("metadata, acls: needs DESCRIBE on CLUSTER"), engine::stderr);
                assertTrue(engine.said("metadata, acls: in order again"), engine::stderr);
            }
        }
    }

    @Test
    void accessRulesQuotasAndUsersAreKept() throws Exception
    {
        try (KafkaCluster cluster = launch())
        {
            upsert(cluster, USER, ITERATIONS);
            cluster.admin().createTopics(List.of(new NewTopic(TOPIC, 3, (short) 1))).all().get();
            final AclBinding denied = new AclBinding(
                new ResourcePattern(ResourceType.TRANSACTIONAL_ID, "tx-", PatternType.PREFIXED),
                new AccessControlEntry("User:CN=x, OU=\"y\"", "10.0.0.7", AclOperation.WRITE, AclPermissionType.DENY));
            create(cluster,
                denied,
                allow(ResourceType.TOPIC, "*", PatternType.LITERAL, AclOperation.READ),
                allow(ResourceType.TOPIC, "*", PatternType.LITERAL, AclOperation.DESCRIBE_CONFIGS),
                allow(ResourceType.GROUP, "*", PatternType.LITERAL, AclOperation.DESCRIBE),
                allowOnCluster(AclOperation.DESCRIBE),
                allowOnCluster(AclOperation.DESCRIBE_CONFIGS));
            limit(cluster, null, null);
            limit(cluster, USER, null);
            limit(cluster, USER, "reporting");
            final LinkConfig link = link(cluster);
            final Path config = link.write();
            try (EngineProcess engine = new EngineLauncher(dir).start(config))
            {
                engine.awaitReady();
                awaitStates(link, Set.of());
                final SourceMetadata metadata = MetadataHistory.read(link.journalDir(), Long.MAX_VALUE);
                assertEquals(6, metadata.acls().size());
                assertTrue(metadata.acls().contains(new AclEntry("TRANSACTIONAL_ID", "tx-", "PREFIXED",
                    "User:CN=x, OU=\"y\"", "10.0.0.7", "WRITE", "DENY")), metadata.acls()::toString);
                assertTrue(metadata.acls().contains(new AclEntry(
                    "CLUSTER", "kafka-cluster", "LITERAL", "User:" + USER, "*", "DESCRIBE", "ALLOW")));
                assertEquals(Set.of(quota(null, null), quota(USER, null), quota(USER, "reporting")),
                    Set.copyOf(metadata.quotas()));
                assertEquals(Set.of("umbra", USER),
                    metadata.scramUsers().stream().map(ScramUser::user).collect(Collectors.toSet()));
                assertTrue(metadata.scramUsers().contains(new ScramUser(USER, "SCRAM-SHA-512", ITERATIONS)));

                delete(cluster, denied);
                awaitMetadata(link, (changed) -> 5 == changed.acls().size());
                upsert(cluster, "newcomer", ITERATIONS);
                Await.until(() -> engine.said("\\[\"newcomer\",\"SCRAM-SHA-512\"] is new at the source"),
                    engine::stderr);
                upsert(cluster, "newcomer", MORE_ITERATIONS);
                Await.until(() -> engine.said("newcomer.* has changed at the source: .*" + MORE_ITERATIONS),
                    engine::stderr);
                cluster.admin().alterUserScramCredentials(List.of(
                    new UserScramCredentialDeletion("newcomer", ScramMechanism.SCRAM_SHA_512))).all().get();
                Await.until(() -> engine.said("newcomer.* is gone at the source"), engine::stderr);
                assertEquals(2, awaitMetadata(link, (changed) -> true).scramUsers().size());
                assertEquals(0, engine.terminate(), engine::stderrTail);
                assertEquals(List.of(), engine.unexpectedLines());
                assertTrue(!engine.said(PASSWORD) && !engine.said(USER + ".* is new"), engine::stderr);
            }
        }
    }

    private static QuotaEntry quota(final String user, final String clientId)
    {
        final TreeMap<String, String> entity = new TreeMap<>();
        entity.put("user", user);
        entity.put("client-id", clientId);
        return new QuotaEntry(entity, new TreeMap<>(Map.of("consumer_byte_rate", 1e9)));
    }
}
