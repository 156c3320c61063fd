package io.umbra.engine.scrub;

import io.umbra.engine.verify.CleanupPolicy;
import io.umbra.engine.verify.Difference;
import io.umbra.engine.verify.PartitionVerdict;
import io.umbra.engine.verify.SourcePartition;
import io.umbra.engine.verify.Verifier;
import io.umbra.engine.verify.VerifySettings;
import io.umbra.engine.verify.VerifySource;
import io.umbra.journal.PartitionKey;
import io.umbra.journal.SegmentAudit;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Compares sealed segments with what the source has at their offsets, as far as it still has it. What it cannot compare
 * it says, and does not ask again before some time has passed when the source does not answer. For one thread.
 */
final class SourceCheck
{
    private static final long RETRY_MS = 30_000;
    /** Differences of which the engine itself takes care are none of ours. */
    private static final Set<Difference.Kind> REPORTED = EnumSet.of(
        Difference.Kind.CONTENT, Difference.Kind.CORRUPT, Difference.Kind.UNREADABLE, Difference.Kind.MISSING,
        Difference.Kind.EXTRA);

    private final VerifySettings settings;
    private final VerifySource source;
    private final Pace diskPace;
    private final Map<PartitionKey, SourcePartition> partitions = new HashMap<>();
    private Map<String, CleanupPolicy> policies;
    private long nextTryMs;
    private long comparedBytes;
    private String problem;

    /**
     * A check against a source.
     *
     * @param journalDir of the journal.
     * @param source     to compare with.
     * @param diskPace   of reading the journal.
     * @param sourcePace of reading the source.
     */
    SourceCheck(final Path journalDir, final VerifySource source, final Pace diskPace, final Pace sourcePace)
    {
        settings = new VerifySettings(journalDir, (topic) -> true, false, false);
        this.source = new PacedSource(source, sourcePace);
        this.diskPace = diskPace;
    }

    /** A pass begins: what the source has is asked anew. */
    void begin()
    {
        policies = null;
        problem = null;
        comparedBytes = 0;
    }

    /** Bytes that were compared since the pass began. */
    long comparedBytes()
    {
        return comparedBytes;
    }

    /** What the pass could not compare, and why; null if nothing. */
    String problem()
    {
        return problem;
    }

    /**
     * Compares a segment that is sound in itself. When something differs, it is compared once more: either side may
     * have changed meanwhile.
     *
     * @param key     of the partition.
     * @param topicId that the shadow is of.
     * @param segment to compare.
     * @return what differs both times.
     * @throws IOException if the shadow cannot be read.
     */
    List<Difference> compare(final PartitionKey key, final UUID topicId, final SegmentAudit.Segment segment)
        throws IOException
    {
        final SourcePartition partition = partition(key, topicId);
        if (null == partition)
        {
            return List.of();
        }
        try
        {
            final CleanupPolicy policy = policies.get(key.topic());
            final List<Difference> first = differences(partition, policy, segment, true);
            return first.isEmpty() ? first :
                first.stream().filter(differences(partition, policy, segment, false)::contains).toList();
        }
        catch (final NoSuchFileException ex)
        {
            // Retired or deleted just now.
            return List.of();
        }
    }

    private List<Difference> differences(
        final SourcePartition partition,
        final CleanupPolicy policy,
        final SegmentAudit.Segment segment,
        final boolean isCounted) throws IOException
    {
        final PartitionVerdict verdict = Verifier.verify(
            settings, source, partition, policy, segment.baseOffset(), segment.nextBaseOffset(),
            (bytes) ->
            {
                comparedBytes += isCounted ? bytes : 0;
                diskPace.take(bytes);
            });
        if (null != verdict.error())
        {
            failed(verdict.error());
            return List.of();
        }
        // The comparison looks one batch ahead. Replicas are cleaned one by one: a new leader may have again what was
        // gone when it was copied.
        return verdict.differences().stream()
            .filter((difference) -> REPORTED.contains(difference.kind()))
            .filter((difference) -> difference.offset() < segment.nextBaseOffset())
            .filter((difference) -> Difference.Kind.MISSING != difference.kind() || !policy.isCompacted())
            .toList();
    }

    /** The partition at the source; null when it cannot be compared. */
    private SourcePartition partition(final PartitionKey key, final UUID topicId)
    {
        if (!isKnown())
        {
            return null;
        }
        final SourcePartition partition = partitions.get(key);
        final boolean isAnother = null == partition || !isNone(partition.topicId()) &&
            !topicId.equals(partition.topicId());
        if (isAnother)
        {
            return null;
        }
        final CleanupPolicy policy = policies.get(key.topic());
        if (null == policy || null != policy.problem())
        {
            problem = key.topic() + " is not compared with the source: its cleanup.policy is not known: " +
                (null == policy ? "created just now" : policy.problem());
            return null;
        }
        return partition;
    }

    private boolean isKnown()
    {
        final long nowMs = System.currentTimeMillis();
        if (nowMs < nextTryMs)
        {
            return false;
        }
        if (null == policies)
        {
            try
            {
                partitions.clear();
                source.partitions().forEach((partition) ->
                    partitions.put(new PartitionKey(partition.topic(), partition.partition()), partition));
                policies = source.cleanupPolicies(partitions.keySet().stream()
                    .map(PartitionKey::topic)
                    .collect(Collectors.toCollection(TreeSet::new)));
            }
            catch (final IOException ex)
            {
                failed(ex.getMessage());
                return false;
            }
        }
        return true;
    }

    private void failed(final String reason)
    {
        problem = "some segments are not compared with the source: " + reason;
        nextTryMs = System.currentTimeMillis() + RETRY_MS;
    }

    private static boolean isNone(final UUID id)
    {
        return 0 == id.getMostSignificantBits() && 0 == id.getLeastSignificantBits();
    }
}
