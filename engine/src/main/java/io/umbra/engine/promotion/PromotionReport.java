package io.umbra.engine.promotion;

import java.util.List;
import java.util.Map;

/**
 * What a promotion does or has done, field by field as in its JSON document. Numbers that are not known are -1, texts
 * null; what only a promotion that was carried out has is null in a plan.
 *
 * @param link            name of the link.
 * @param isDryRun        whether it is a plan only.
 * @param mode            {@code failover}, {@code planned}, {@code point in time}, {@code drill}.
 * @param time            of the cut, in ISO 8601.
 * @param asOf            moment at which all partitions were cut; null for their ends.
 * @param sourceClusterId of the source.
 * @param clusterId       of the new cluster.
 * @param engine          {@code running} or {@code stopped}, when it began.
 * @param metadataVersion of KRaft.
 * @param transfer        {@code link}, {@code copy} or {@code move}.
 * @param nodes           of the new cluster.
 * @param loss            what the source is known to have had, and the new cluster has not.
 * @param nextProducerId  first one that the new cluster gives away.
 * @param topics          by name.
 * @param transactions    that are aborted.
 * @param groups          that are carried over.
 * @param movedOffsets    of groups, that are not as they were.
 * @param configChanges   of topics.
 * @param accessRules     number of them.
 * @param quotas          number of clients that have some.
 * @param notCarried      what stays behind, in a line each.
 * @param bytes           of logs.
 * @param durationsMs     of each phase.
 * @param checksums       SHA-256 of the files that were written, by name.
 */
public record PromotionReport(
    String link,
    boolean isDryRun,
    String mode,
    String time,
    String asOf,
    String sourceClusterId,
    String clusterId,
    String engine,
    String metadataVersion,
    String transfer,
    List<Node> nodes,
    Loss loss,
    long nextProducerId,
    List<Topic> topics,
    List<Transaction> transactions,
    List<Group> groups,
    List<MovedOffset> movedOffsets,
    List<ConfigChange> configChanges,
    int accessRules,
    int quotas,
    List<String> notCarried,
    Bytes bytes,
    Map<String, Long> durationsMs,
    Map<String, String> checksums)
{
    /**
     * A node.
     *
     * @param nodeId           of it.
     * @param target           its directory.
     * @param journalDir       that its logs come from.
     * @param serverProperties with what its broker starts.
     * @param bootstrapServers where clients find it.
     */
    public record Node(int nodeId, String target, String journalDir, String serverProperties, String bootstrapServers)
    {
    }

    /**
     * What is missing, as far as it is known: what the source took in after it was last asked for, nobody knows.
     *
     * @param records   that the source had when it was last asked.
     * @param ms        age that the oldest of them had then; 0 when none is missing.
     * @param unknownMs from the last answer of the source until the cut.
     * @param lastSeen  when the source last answered for every partition, in ISO 8601.
     */
    public record Loss(long records, long ms, long unknownMs, String lastSeen)
    {
    }

    /**
     * A topic.
     *
     * @param name       of the topic.
     * @param id         of the topic.
     * @param configs    its settings in the new cluster.
     * @param partitions by number.
     */
    public record Topic(String name, String id, Map<String, String> configs, List<Partition> partitions)
    {
    }

    /**
     * A partition.
     *
     * @param partition           number within the topic.
     * @param node                id of the node that has it.
     * @param logStartOffset      first offset.
     * @param endOffset           next offset after the last batch of the source.
     * @param promotedEndOffset   the same behind the ABORT markers.
     * @param lastEpoch           leader epoch of the last batch of the source.
     * @param leaderEpoch         that the new cluster begins with.
     * @param digest              rolling digest at the end offset, hexadecimal.
     * @param sourceHighWatermark as last sampled.
     * @param sampledAt           when that was, in ISO 8601.
     * @param lossRecords         records that the source had then and that are missing.
     * @param lossMs              age that the oldest of them had then.
     * @param damage              why less is there than was durable once; null if all is.
     */
    public record Partition(
        int partition,
        int node,
        long logStartOffset,
        long endOffset,
        long promotedEndOffset,
        int lastEpoch,
        int leaderEpoch,
        String digest,
        long sourceHighWatermark,
        String sampledAt,
        long lossRecords,
        long lossMs,
        String damage)
    {
    }

    /**
     * A group.
     *
     * @param group   id of it.
     * @param type    {@code classic}, {@code consumer} or {@code streams}.
     * @param offsets number of its offsets.
     */
    public record Group(String group, String type, int offsets)
    {
    }

    /**
     * How much.
     *
     * @param linked of files that the journal has too.
     * @param copied of files that only the new directory has.
     */
    public record Bytes(long linked, long copied)
    {
    }
}
