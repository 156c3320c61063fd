package io.umbra.engine.source;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.FetchRequest;

import java.util.Optional;

/**
 * Where the fetching of one partition stands. Belongs to its FetchAgent's thread.
 * <p>
 * Two positions: {@link #fetchPosition} runs ahead, it is what the next request asks for; {@link #publishPosition} is
 * what the journal has been sent. A slice is published only at the publish position, so that what two brokers sent
 * around a change of leader cannot overtake each other.
 */
final class PartitionFetch
{
    private static final long FAULT_BACKOFF_MS = 1_000;
    private static final long FAULT_BACKOFF_MAX_MS = 60_000;

    enum State
    {
        /** No leader known, or it is not in the topology. */
        WAITING_FOR_LEADER,
        /** In its leader's requests. */
        FETCHING,
        /** Left out until {@link #retryAtMs}, after an error that passes by itself. */
        BACKING_OFF,
        /** Left out until {@link #retryAtMs}, after an error that needs help; the journal has been told. */
        FAULTED,
        /** Left out until the journal has dealt with what the source said; then fetching begins anew at its end. */
        AWAITING_JOURNAL,
        /** Left out until the operator wants it again, or the source has it again. */
        SUSPENDED,
        /** Left out for good: the journal takes nothing more of it. */
        HALTED
    }

    final int index;
    final TopicPartition topicPartition;
    final Uuid topicId;
    State state = State.WAITING_FOR_LEADER;
    int assignmentEpoch = 1;
    long fetchPosition;
    long publishPosition;
    /** That the leader was last asked about, or confirmed. */
    long sourceLogStartOffset = -1;
    /** Whether the source's cleaner removes records from between others, or may do so. */
    boolean areGapsExpected;
    /** Of the last response. */
    long highWatermark = -1;
    /** Where a batch was left that lay beyond the high watermark of its response. */
    long beyondPosition = -1;
    int leaderId = -1;
    int leaderEpoch = -1;
    /** Whether the leader was named by a response, and metadata have not confirmed it yet. */
    boolean isLeaderHinted;
    int maxBytes;
    long retryAtMs;
    /** Why the source side faulted it, as the journal was told; null when it is not. */
    String sourceFault;
    /** Whether a response has shown since the assignment that the leader serves it. */
    boolean isConfirmed;
    /** Shared with other partitions of the same rule; null for none. */
    TokenBucket rateLimit;
    private final int ordinaryMaxBytes;
    private final BackOff retries = new BackOff();
    private final BackOff faults = new BackOff(FAULT_BACKOFF_MS, FAULT_BACKOFF_MAX_MS);
    private long faultPosition = -1;
    private Optional<Integer> currentLeaderEpoch = Optional.empty();
    private Optional<Integer> lastFetchedEpoch = Optional.empty();
    private int lastEpoch = -1;

    PartitionFetch(final FetchAssignment assignment, final int maxBytes)
    {
        index = assignment.partitionIndex();
        topicPartition = assignment.topicPartition();
        topicId = assignment.topicId();
        this.maxBytes = maxBytes;
        ordinaryMaxBytes = maxBytes;
        startAt(assignment.fetchOffset(), assignment.lastFetchedEpoch());
    }

    /** Whatever was fetched before is void: go on at the journal's end. */
    void startAt(final long offset, final int lastFetchedEpoch)
    {
        fetchPosition = offset;
        publishPosition = offset;
        lastEpoch(lastFetchedEpoch);
        sourceLogStartOffset = -1;
        isConfirmed = false;
    }

    void leader(final int id, final int epoch)
    {
        leaderId = id;
        leaderEpoch = epoch;
        currentLeaderEpoch = epoch < 0 ? Optional.empty() : Optional.of(epoch);
    }

    /** The leader that a response named is not one: metadata say who is, even if of an earlier epoch. */
    void doubtHint()
    {
        if (isLeaderHinted)
        {
            isLeaderHinted = false;
            leader(leaderId, -1);
        }
    }

    void lastEpoch(final int epoch)
    {
        if (epoch != lastEpoch)
        {
            lastEpoch = epoch;
            lastFetchedEpoch = epoch < 0 ? Optional.empty() : Optional.of(epoch);
        }
    }

    void backOff(final long nowMs, final long atLeastMs)
    {
        state = State.BACKING_OFF;
        retryAtMs = nowMs + retries.failed(atLeastMs);
    }

    /** Tried again ever more seldom while it faults at the same place. */
    void fault(final long nowMs, final long position)
    {
        state = State.FAULTED;
        if (faultPosition != position)
        {
            faultPosition = position;
            faults.succeeded();
        }
        retryAtMs = nowMs + faults.failed();
    }

    /** A response has shown that the leader serves it. */
    void confirmed()
    {
        isConfirmed = true;
        retries.succeeded();
    }

    /** Whether all went well until the last response. */
    boolean isFirstRetry()
    {
        return retries.failures() <= 1;
    }

    void succeeded()
    {
        retries.succeeded();
        maxBytes = ordinaryMaxBytes;
    }

    /** Only the beginning of a batch came: ask for all of it. */
    void askForMore(final long claimedSize)
    {
        maxBytes = (int)Math.min(Integer.MAX_VALUE, 2L * Math.max(maxBytes, claimedSize));
    }

    /** Whether it belongs into a request now. */
    boolean isDue(final long nowMs)
    {
        return State.FETCHING == state && (null == rateLimit || rateLimit.isPositive(nowMs));
    }

    int lastEpoch()
    {
        return lastEpoch;
    }

    LeaderQuestion question(final LeaderQuestion.Kind kind, final long offset)
    {
        return new LeaderQuestion(kind, index, topicPartition, topicId, assignmentEpoch, offset, lastEpoch);
    }

    FetchRequest.PartitionData requestData()
    {
        return new FetchRequest.PartitionData(
            topicId, fetchPosition, FetchRequest.INVALID_LOG_START_OFFSET, maxBytes, currentLeaderEpoch,
            lastFetchedEpoch);
    }
}
