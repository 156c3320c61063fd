package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Offsets that the source does not have in the middle of a log: nothing to speak of in a compacted topic, and in any
 * other one something that the operator has to know.
 */
class GapTest
{
    private static final String TOPIC = "once-compacted";
    private static final int RECORDS = 1_200;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    /** As {@code from-to}, to excluded. */
    private static List<String> gaps(final Path directory) throws Exception
    {
        final List<String> gaps = new ArrayList<>();
        long next = 0;
        for (final Path segment : SegmentFile.of(directory))
        {
            try (FileRecords records = FileRecords.open(segment.toFile()))
            {
                for (final RecordBatch batch : records.batches())
                {
                    if (batch.baseOffset() > next)
                    {
                        gaps.add(next + "-" + batch.baseOffset());
                    }
                    next = batch.lastOffset() + 1;
                }
            }
        }
        return gaps;
    }

    private static List<String> incidents(final LinkConfig link) throws Exception
    {
        return StatusView.of(link).incidents("GAP").stream()
            .map((incident) -> incident.get("fromOffset").asLong() + "-" + incident.get("toOffset").asLong())
            .toList();
    }

    private static void hideThePolicy(final KafkaCluster cluster) throws Exception
    {
        cluster.admin().createAcls(List.of(new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, TOPIC, PatternType.LITERAL),
            new AccessControlEntry("User:*", "*", AclOperation.READ, AclPermissionType.ALLOW)))).all().get();
        final List<ConfigResource> policy = List.of(new ConfigResource(ConfigResource.Type.TOPIC, TOPIC));
        Await.until(() ->
        {
            try
            {
                cluster.admin().describeConfigs(policy).all().get();
                return false;
            }
            catch (final ExecutionException ex)
            {
                return ex.getCause() instanceof TopicAuthorizationException;
            }
        }, () -> "the ACL");
    }

    private LinkConfig shadow(final KafkaCluster cluster, final String name, final int told) throws Exception
    {
        final Path work = Files.createDirectory(dir.resolve(name));
        final LinkConfig link = new LinkConfig(work).source(cluster);
        try (EngineProcess engine = new EngineLauncher(work).start(link.write()))
        {
            engine.awaitReady();
            Shadowed.assertIdentical(cluster, link);
            Told.assertTold(link, "GAP", told, told);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        UmbraCommand.assertVerified(work.resolve("umbra.properties"));
        return link;
    }

    @Test
    void aGapInATopicThatIsNotCompactedIsAnIncidentWithItsRange() throws Exception
    {
        final TopicSpec topic = Cleaner.topic(TOPIC, 1, "compact");
        try (KafkaCluster cluster = KafkaCluster.launch(
            Cleaner.eager(new KafkaCluster.Context().baseDir(dir.resolve("cluster")))
                .property("authorizer.class.name", StandardAuthorizer.class.getName())
                .property("allow.everyone.if.no.acl.found", "true")))
        {
            try (Workload workload = new Workload(new Workload.Context().cluster(cluster).topic(topic)))
            {
                workload.createTopics();
            }
            new KeyedWriter(cluster.internalProperties()).writeIdempotent(TOPIC, 1, RECORDS, null);
            final Cleaner cleaner = new Cleaner(cluster, List.of(topic));
            cleaner.begin();
            cleaner.finish();
            final List<String> gaps = gaps(cleaner.directory(new TopicPartition(TOPIC, 0)));
            assertTrue(gaps.size() > 1, gaps::toString);

            final LinkConfig compacted = shadow(cluster, "compacted", 0);
            assertEquals(List.of(), incidents(compacted));

            cleaner.set(TOPIC, "cleanup.policy", "delete");
            final LinkConfig deleting = shadow(cluster, "deleting", gaps.size());
            assertEquals(gaps, incidents(deleting));
            final Path config = deleting.write();
            final LedgerView ledger = LedgerView.read(config);
            assertEquals(gaps, ledger.ofType("Gap")
                .map((entry) -> entry.get("fromOffset").asLong() + "-" + entry.get("toOffset").asLong())
                .toList());
            ledger.assertContiguous();
            final UmbraCommand.Result noted = UmbraCommand.run("acknowledge", config.toString());
            assertEquals(0, noted.exit(), noted::toString);
            assertEquals(List.of(), incidents(deleting));

            hideThePolicy(cluster);
            // For all that is known it is compacted, so that it is said once.
            assertEquals(gaps.subList(0, 1), incidents(shadow(cluster, "hidden", 1)));
        }
    }
}
