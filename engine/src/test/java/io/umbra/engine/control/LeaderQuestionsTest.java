package io.umbra.engine.control;

import io.umbra.engine.source.ClusterMetadata;
import io.umbra.engine.source.LeaderQuestion;
import io.umbra.engine.source.SourceClient;
import io.umbra.engine.source.SourceTopology;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.junit.jupiter.api.Test;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What is made of what a leader says, of a partition of which offset 20 was asked for. */
class LeaderQuestionsTest
{
    private static final TopicPartition NAME = new TopicPartition("topic", 0);
    private static final long OFFSET = 20;
    private static final int EPOCH = 3;
    private static final Uuid TOPIC_ID = new Uuid(1, 2);
    private static final ClusterMetadata METADATA = metadata("cluster", TOPIC_ID);

    private final ScriptedLeaders leaders = new ScriptedLeaders();
    private final List<String> calls = new ArrayList<>();
    private final ShadowPartitions partitions = (ShadowPartitions)Proxy.newProxyInstance(
        ShadowPartitions.class.getClassLoader(), new Class<?>[]{ShadowPartitions.class},
        (proxy, method, arguments) ->
        {
            // The first one is the question.
            calls.add(method.getName() + Arrays.asList(arguments).subList(1, arguments.length));
            return null;
        });
    private final LeaderQuestions questions = new LeaderQuestions(null, leaders, partitions);

    private static ClusterMetadata metadata(final String clusterId, final Uuid topicId)
    {
        return new ClusterMetadata(clusterId, new SourceTopology(Map.of(), Map.of()),
            List.of(new ClusterMetadata.Topic(NAME.topic(), topicId, false, List.of(0))));
    }

    private void assertOutOfRange(final int lastEpoch, final String... expected)
    {
        assertAnswers(LeaderQuestion.Kind.OUT_OF_RANGE, lastEpoch, expected);
    }

    private void assertAnswers(final LeaderQuestion.Kind kind, final int lastEpoch, final String... expected)
    {
        questions.ask(new LeaderQuestion(kind, 0, NAME, TOPIC_ID, 1, OFFSET, lastEpoch));
        questions.answer(METADATA);
        assertEquals(List.of(expected), calls);
        calls.clear();
    }

    @Test
    void whatLiesBelowTheLogStartIsLost()
    {
        leaders.earliest = 30L;
        assertOutOfRange(EPOCH, "offsetsLost[30]");
    }

    @Test
    void aStaleReplicaIsNotFollowed()
    {
        leaders.earliest = 0L;
        leaders.latest = OFFSET;
        assertOutOfRange(EPOCH);
        leaders.latest = 25L;
        assertOutOfRange(EPOCH);
    }

    @Test
    void aLogThatEndsBelowIsCutToWhereItsLastEpochEnds()
    {
        leaders.earliest = 0L;
        leaders.latest = 15L;
        leaders.end = new SourceClient.EpochEnd(EPOCH, 15);
        assertOutOfRange(EPOCH, "diverged[3, 15]");
        leaders.end = new SourceClient.EpochEnd(EPOCH - 1, 12);
        assertOutOfRange(EPOCH, "diverged[2, 12]");
    }

    @Test
    void nothingIsLeftWhereTheLeaderHasNoneOfItsHistory()
    {
        leaders.earliest = 7L;
        leaders.latest = 15L;
        leaders.end = new SourceClient.EpochEnd(-1, -1);
        assertOutOfRange(EPOCH, "diverged[-1, 7]");
    }

    @Test
    void withoutABatchTheEndIsWhereToBegin()
    {
        leaders.earliest = 0L;
        leaders.latest = 15L;
        assertOutOfRange(-1, "diverged[-1, 15]");
    }

    /** An answer that makes no sense, and those that are missing. */
    @Test
    void whatIsNotKnownChangesNothing()
    {
        assertOutOfRange(EPOCH);
        leaders.earliest = 0L;
        assertOutOfRange(EPOCH);
        leaders.latest = 15L;
        assertOutOfRange(EPOCH);
        leaders.end = new SourceClient.EpochEnd(EPOCH, OFFSET);
        assertOutOfRange(EPOCH);
    }

    @Test
    void anAnswerOfAnotherTopicOrClusterCountsForNothing()
    {
        leaders.earliest = 30L;
        for (final ClusterMetadata now : Arrays.asList(
            metadata("cluster", new Uuid(3, 4)), metadata("other", TOPIC_ID), null))
        {
            leaders.now = now;
            assertOutOfRange(EPOCH);
        }
    }

    @Test
    void aLogStartIsAskedForUntilItIsKnownAndHoldsNoOtherQuestionUp()
    {
        assertAnswers(LeaderQuestion.Kind.LOG_START, EPOCH);
        leaders.earliest = 30L;
        assertOutOfRange(EPOCH, "offsetsLost[30]", "logStart[30]");
        assertOutOfRange(EPOCH, "offsetsLost[30]");
    }

    /** Says what a test wants. */
    private static final class ScriptedLeaders extends Leaders
    {
        private Long earliest;
        private Long latest;
        private SourceClient.EpochEnd end;
        private ClusterMetadata now = METADATA;

        ScriptedLeaders()
        {
            super(null, null);
        }

        @Override
        Map<TopicPartition, Long> offsets(final Map<TopicPartition, Long> times)
        {
            final Map<TopicPartition, Long> offsets = new HashMap<>();
            times.forEach((partition, time) -> offsets.put(
                partition, ListOffsetsRequest.EARLIEST_TIMESTAMP == time ? earliest : latest));
            offsets.values().removeIf((offset) -> null == offset);
            return offsets;
        }

        @Override
        SourceClient.EpochEnd endOfEpoch(final TopicPartition partition, final int leaderEpoch)
        {
            return end;
        }

        @Override
        Map<TopicPartition, List<Node>> replicas(final Collection<TopicPartition> asked)
        {
            return asked.stream().collect(Collectors.toMap((partition) -> partition, (partition) -> List.of()));
        }

        @Override
        ClusterMetadata metadata(final Node leader, final Collection<String> topics)
        {
            return now;
        }
    }
}
