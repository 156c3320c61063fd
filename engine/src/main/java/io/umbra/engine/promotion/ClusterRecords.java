package io.umbra.engine.promotion;

import io.umbra.engine.metadata.AclEntry;
import io.umbra.engine.metadata.QuotaEntry;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ClientQuotaRecord;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.ProducerIdsRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.LeaderRecoveryState;
import org.apache.kafka.metadata.authorizer.StandardAcl;
import org.apache.kafka.metadata.authorizer.StandardAclWithId;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The records of KRaft's metadata log from which a promoted cluster begins. A controller that finds its log empty takes
 * them from its bootstrap file, in a metadata transaction (KIP-868), so that there is no limit to their number.
 */
final class ClusterRecords
{
    private static final int NO_LEADER = -1;
    private static final short VERSION = 0;

    private final MetadataVersion metadataVersion;
    private final Map<Integer, Uuid> directoryIds;
    private final List<ApiMessageAndVersion> records = new ArrayList<>();

    /**
     * Begins with no record.
     *
     * @param metadataVersion of the cluster.
     * @param directoryIds    id of each node's log directory.
     */
    ClusterRecords(final MetadataVersion metadataVersion, final Map<Integer, Uuid> directoryIds)
    {
        this.metadataVersion = metadataVersion;
        this.directoryIds = Map.copyOf(directoryIds);
    }

    List<ApiMessageAndVersion> records()
    {
        return records;
    }

    /**
     * Adds a topic, its partitions and its settings. Partitions have no leader: the controller elects one of the
     * in-sync replicas as soon as its broker is there, in the epoch after the one given.
     */
    void add(final PromotedTopic topic)
    {
        final Uuid id = topic.id();
        add(new TopicRecord().setName(topic.name()).setTopicId(id), VERSION);
        for (final PromotedTopic.Partition partition : topic.partitions())
        {
            add(new PartitionRecord()
                .setTopicId(id)
                .setPartitionId(partition.number())
                .setReplicas(partition.nodes())
                .setIsr(partition.nodes())
                .setRemovingReplicas(List.of())
                .setAddingReplicas(List.of())
                .setDirectories(partition.nodes().stream().map(directoryIds::get).toList())
                .setLeader(NO_LEADER)
                .setLeaderRecoveryState(LeaderRecoveryState.RECOVERED.value())
                .setLeaderEpoch(partition.leaderEpoch())
                .setPartitionEpoch(0),
                metadataVersion.partitionRecordVersion());
        }
        topic.configs().forEach((name, value) -> add(new ConfigRecord()
            .setResourceType(ConfigResource.Type.TOPIC.id())
            .setResourceName(topic.name())
            .setName(name)
            .setValue(value),
            VERSION));
    }

    void add(final AclEntry acl)
    {
        final AclBinding binding = new AclBinding(
            new ResourcePattern(
                ResourceType.fromString(acl.resourceType()),
                acl.resourceName(),
                PatternType.fromString(acl.patternType())),
            new AccessControlEntry(
                acl.principal(),
                acl.host(),
                AclOperation.fromString(acl.operation()),
                AclPermissionType.fromString(acl.permission())));
        add(new StandardAclWithId(Uuid.randomUuid(), StandardAcl.fromAclBinding(binding)).toRecord(), VERSION);
    }

    void add(final QuotaEntry quota)
    {
        final List<ClientQuotaRecord.EntityData> entity = new ArrayList<>();
        quota.entity().forEach((type, name) ->
            entity.add(new ClientQuotaRecord.EntityData().setEntityType(type).setEntityName(name)));
        quota.values().forEach((key, value) ->
            add(new ClientQuotaRecord().setEntity(entity).setKey(key).setValue(value), VERSION));
    }

    /** The first producer id that brokers of the cluster give away. */
    void nextProducerId(final int nodeId, final long producerId)
    {
        add(new ProducerIdsRecord().setBrokerId(nodeId).setBrokerEpoch(-1).setNextProducerId(producerId), VERSION);
    }

    private void add(final ApiMessage message, final short version)
    {
        records.add(new ApiMessageAndVersion(message, version));
    }
}
