package io.umbra.engine.control;

import io.umbra.engine.source.ClusterMetadata;
import io.umbra.engine.source.LeaderQuestion;
import io.umbra.engine.source.SourceClient;
import io.umbra.engine.source.SourcePartitionReader;
import io.umbra.engine.source.SourceUnavailableException;
import io.umbra.engine.source.TopicPolicies;
import io.umbra.engine.verify.CleanupPolicy;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.ListOffsetsRequest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Finds out what is behind a fetch response that is not to be believed by itself, from what the leader itself has.
 * Asked from any thread, answered on the control thread. What could not be answered is asked again by the FetchAgent,
 * but for log starts, which wait for the next time.
 * <p>
 * OFFSET_OUT_OF_RANGE:
 * <ul>
 * <li>The leader's log begins above the offset: retention has won, what is between is lost.</li>
 * <li>It ends below: the source was truncated. The leader epoch tells where both histories agree.</li>
 * <li>Neither: whoever answered was stale. Nothing is done.</li>
 * </ul>
 * Offsets that are missing:
 * <ul>
 * <li>The topic is compacted: so be it, from now on.</li>
 * <li>It is not, and the leader does not have them: they are lost.</li>
 * <li>It has them: whoever answered was wrong. Nothing is done.</li>
 * <li>Nobody says whether it is compacted: the first of them are called lost, and from then on so be it.</li>
 * </ul>
 * A log start: where the leader's log begins. It is followed as far as all replicas have it that are there: one that
 * has not heard of it yet may lead next, and then the source has again what was dropped. Until they have it, they are
 * asked at each look.
 * <p>
 * Most of it is asked by the topic's name. What was found out counts only if the leader says afterwards that the name
 * still stands for the same topic.
 */
final class LeaderQuestions
{
    private final SourceClient client;
    private final Leaders leaders;
    private final ShadowPartitions partitions;
    private final TopicPolicies policies;
    private final ManyToOneConcurrentLinkedQueue<LeaderQuestion> questions = new ManyToOneConcurrentLinkedQueue<>();
    private final Map<TopicPartition, LeaderQuestion> logStarts = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    /** An answer, and what it leads to. */
    private record Finding(LeaderQuestion asked, Runnable action)
    {
    }

    LeaderQuestions(final SourceClient client, final Leaders leaders, final ShadowPartitions partitions)
    {
        this.client = client;
        this.leaders = leaders;
        this.partitions = partitions;
        policies = new TopicPolicies(client);
    }

    void ask(final LeaderQuestion question)
    {
        questions.offer(question);
    }

    /**
     * Answer all that have been asked, as far as leaders answer.
     *
     * @param metadata fresh.
     */
    void answer(final ClusterMetadata metadata)
    {
        final List<LeaderQuestion> outOfRange = new ArrayList<>();
        final List<LeaderQuestion> gaps = new ArrayList<>();
        LeaderQuestion question;
        while (null != (question = questions.poll()))
        {
            switch (question.kind())
            {
                case OUT_OF_RANGE -> outOfRange.add(question);
                case GAP -> gaps.add(question);
                default -> logStarts.put(question.topicPartition(), question);
            }
        }
        findings.clear();
        outOfRange.forEach(this::answerOutOfRange);
        answerGaps(gaps, metadata);
        answerLogStarts();
        conclude(metadata.clusterId());
    }

    private void found(final LeaderQuestion asked, final Runnable action)
    {
        findings.add(new Finding(asked, action));
    }

    private void conclude(final String clusterId)
    {
        final Map<Node, List<Finding>> byLeader = new LinkedHashMap<>();
        findings.forEach((finding) -> byLeader
            .computeIfAbsent(leaders.of(finding.asked.topicPartition()), (node) -> new ArrayList<>())
            .add(finding));
        byLeader.forEach((leader, found) ->
        {
            final ClusterMetadata now = leaders.metadata(leader, found.stream()
                .map((finding) -> finding.asked.topicPartition().topic()).collect(Collectors.toSet()));
            if (null != now)
            {
                found.forEach((finding) -> conclude(
                    finding, Objects.equals(clusterId, now.clusterId()) && isSame(finding.asked, now)));
            }
        });
    }

    private void conclude(final Finding finding, final boolean isOfTheSameTopic)
    {
        if (isOfTheSameTopic)
        {
            finding.action.run();
        }
        else
        {
            logStarts.remove(finding.asked.topicPartition(), finding.asked);
        }
    }

    private static boolean isSame(final LeaderQuestion asked, final ClusterMetadata now)
    {
        return now.topics().stream().anyMatch((topic) -> topic.name().equals(asked.topicPartition().topic()) &&
            (topic.id().equals(asked.topicId()) ||
            Uuid.ZERO_UUID.equals(topic.id()) || Uuid.ZERO_UUID.equals(asked.topicId())));
    }

    private void answerLogStarts()
    {
        leaders.logStarts(logStarts.keySet()).forEach((partition, logStart) ->
        {
            final LeaderQuestion asked = logStarts.get(partition);
            found(asked, () ->
            {
                if (logStart.leader() < asked.offset() || logStart.lowest() >= asked.offset())
                {
                    logStarts.remove(partition);
                }
                partitions.logStart(asked, logStart.lowest());
            });
        });
    }

    private void answerOutOfRange(final LeaderQuestion question)
    {
        final TopicPartition partition = question.topicPartition();
        final Long earliest = leaders.offset(partition, ListOffsetsRequest.EARLIEST_TIMESTAMP);
        if (null != earliest && earliest > question.offset())
        {
            found(question, () -> partitions.offsetsLost(question, earliest));
            return;
        }
        final Long latest = leaders.offset(partition, ListOffsetsRequest.LATEST_TIMESTAMP);
        if (null == earliest || null == latest || latest >= question.offset())
        {
            return;
        }
        if (question.lastEpoch() < 0)
        {
            // Nothing was journaled: nothing can disagree but the offset at which to begin.
            found(question, () -> partitions.diverged(question, question.lastEpoch(), latest));
            return;
        }
        final SourceClient.EpochEnd end = leaders.endOfEpoch(partition, question.lastEpoch());
        if (null != end && end.endOffset() < question.offset())
        {
            found(question, () -> partitions.diverged(
                question, end.leaderEpoch(), end.endOffset() < 0 ? earliest : end.endOffset()));
        }
    }

    private void answerGaps(final List<LeaderQuestion> gaps, final ClusterMetadata metadata)
    {
        final Map<String, CleanupPolicy> policyOf;
        try
        {
            policyOf = policies.ask(
                metadata, gaps.stream().map((gap) -> gap.topicPartition().topic()).collect(Collectors.toSet()));
        }
        catch (final SourceUnavailableException ex)
        {
            return;
        }
        for (final LeaderQuestion gap : gaps)
        {
            try
            {
                answerGap(gap, policyOf.get(gap.topicPartition().topic()), metadata);
            }
            catch (final SourceUnavailableException ex)
            {
                // That leader is gone or leads no more, as the fetches will show; the others are asked all the same.
            }
        }
    }

    private void answerGap(
        final LeaderQuestion gap, final CleanupPolicy policy, final ClusterMetadata metadata)
        throws SourceUnavailableException
    {
        if (!policy.isCompacted())
        {
            // One that does not answer is not waited for again with each gap.
            if (null == leaders.offset(gap.topicPartition(), ListOffsetsRequest.EARLIEST_TIMESTAMP))
            {
                return;
            }
            final long next = new SourcePartitionReader(client, metadata, gap.topicPartition(), gap.topicId())
                .firstOffset(gap.offset());
            if (next <= gap.offset())
            {
                return;
            }
            found(gap, () -> partitions.offsetsLost(gap, next));
        }
        if (policy.isCompacted() || null == policy.value())
        {
            found(gap, () -> partitions.gapsExpected(gap));
        }
    }
}
