package io.umbra.engine.control;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataTaskState;
import io.umbra.engine.metadata.MetadataTask;
import io.umbra.engine.status.StatusReport;
import io.umbra.journal.ledger.MetadataState;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Where a task of the metadata sync is. For the metadata thread.
 */
final class MetadataProgress
{
    private static final Map<MetadataTask, Map<String, MetadataKind>> COUNTS = Map.of(
        MetadataTask.TOPICS, Map.of("topics", MetadataKind.TOPIC),
        MetadataTask.GROUPS, Map.of("groups", MetadataKind.GROUP, "offsets", MetadataKind.GROUP_OFFSET),
        MetadataTask.ACLS, Map.of("acls", MetadataKind.ACL),
        MetadataTask.QUOTAS, Map.of("quotas", MetadataKind.QUOTA),
        MetadataTask.SCRAM, Map.of("credentials", MetadataKind.SCRAM_USER));
    private static final String WAITING = "WAITING";
    /** An answer takes time that others may need: so many times as much goes by before the next question. */
    private static final int REST_FACTOR = 4;
    private static final int MAX_DOUBLINGS = 10;
    private static final long MAX_WAIT_MS = 30_000;

    private final MetadataLook look;
    private final long intervalMs;
    private final boolean isWanted;
    private long completeNs;
    private long nextMs;
    private int failures;
    private MetadataOutcome outcome;
    private MetadataOutcome told;

    MetadataProgress(final MetadataLook look, final long intervalMs, final boolean isWanted, final long completeNs)
    {
        this.look = look;
        this.intervalMs = intervalMs;
        this.isWanted = isWanted;
        this.completeNs = completeNs;
    }

    MetadataLook look()
    {
        return look;
    }

    boolean isWanted()
    {
        return isWanted;
    }

    /** End of the last complete look, of earlier runs too; 0 when there was none. */
    long completeNs()
    {
        return completeNs;
    }

    /** What the operator knows; null when that is nothing. */
    MetadataOutcome told()
    {
        return told;
    }

    void told(final MetadataOutcome news)
    {
        told = news;
    }

    boolean isDue(final long nowMs)
    {
        return nowMs >= nextMs && (isWanted || null == outcome);
    }

    void ended(final MetadataOutcome how, final long lastCompleteNs)
    {
        outcome = how;
        completeNs = lastCompleteNs;
        // A source that answers again is asked at once, a refusal will hardly change so soon.
        failures = MetadataTaskState.OK == how.state() || !how.isAnswered() ? 0 : failures + 1;
    }

    /**
     * Find out when to look again.
     *
     * @param nowMs  the time, milliseconds since 1970.
     * @param tookMs how long the look took.
     */
    void next(final long nowMs, final long tookMs)
    {
        final long backOffMs = intervalMs << Math.min(failures, MAX_DOUBLINGS);
        final long restMs = outcome.isAnswered() ? tookMs * REST_FACTOR : 0;
        nextMs = nowMs + Math.max(intervalMs, Math.min(MAX_WAIT_MS, Math.max(backOffMs, restMs)));
    }

    StatusReport.Metadata report(final MetadataState state)
    {
        final Map<String, Integer> counts = new TreeMap<>();
        COUNTS.get(look.task()).forEach((name, kind) -> counts.put(name, state.values(kind).size()));
        return new StatusReport.Metadata(
            look.task().label(),
            null == outcome ? WAITING : outcome.state().name(),
            0 == completeNs ? null : Instant.ofEpochMilli(TimeUnit.NANOSECONDS.toMillis(completeNs)).toString(),
            counts,
            null == outcome || outcome.message().isEmpty() ? null : outcome.message());
    }
}
