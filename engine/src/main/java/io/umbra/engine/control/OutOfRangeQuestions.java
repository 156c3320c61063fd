package io.umbra.engine.control;

import io.umbra.engine.source.OutOfRange;
import io.umbra.engine.source.SourceClient;
import io.umbra.engine.source.SourceTopology;
import io.umbra.engine.source.SourceUnavailableException;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.requests.ListOffsetsRequest;

import java.util.Map;

/**
 * Finds out what OFFSET_OUT_OF_RANGE means, from the offsets that the leader itself has. Asked from any thread,
 * answered on the control thread.
 * <ul>
 * <li>The leader's log begins above the offset: retention has won, what is between is lost.</li>
 * <li>It ends below: the source was truncated. The leader epoch tells where both histories agree.</li>
 * <li>Neither: whoever answered was stale. The FetchAgent asks again by itself, and nothing is done.</li>
 * </ul>
 */
final class OutOfRangeQuestions
{
    private final SourceClient client;
    private final ShadowPartitions partitions;
    private final ManyToOneConcurrentLinkedQueue<OutOfRange> questions = new ManyToOneConcurrentLinkedQueue<>();

    OutOfRangeQuestions(final SourceClient client, final ShadowPartitions partitions)
    {
        this.client = client;
        this.partitions = partitions;
    }

    void ask(final OutOfRange question)
    {
        questions.offer(question);
    }

    boolean isEmpty()
    {
        return questions.isEmpty();
    }

    /**
     * Answer all that have been asked.
     *
     * @param topology fresh.
     * @throws SourceUnavailableException if a leader does not answer; its partitions are asked for again.
     */
    void answer(final SourceTopology topology) throws SourceUnavailableException
    {
        OutOfRange question;
        while (null != (question = questions.poll()))
        {
            answer(question, topology);
        }
    }

    private void answer(final OutOfRange question, final SourceTopology topology) throws SourceUnavailableException
    {
        final TopicPartition partition = question.topicPartition();
        final Long earliest = offset(partition, ListOffsetsRequest.EARLIEST_TIMESTAMP, topology);
        if (null != earliest && earliest > question.fetchOffset())
        {
            partitions.offsetsLost(question, earliest);
            return;
        }
        final Long latest = offset(partition, ListOffsetsRequest.LATEST_TIMESTAMP, topology);
        if (null == earliest || null == latest || latest >= question.fetchOffset())
        {
            return;
        }
        if (question.lastEpoch() < 0)
        {
            // Nothing was journaled: nothing can disagree but the offset at which to begin.
            partitions.diverged(question, question.lastEpoch(), latest);
            return;
        }
        final SourceClient.EpochEnd end = client.endOfEpoch(partition, question.lastEpoch(), topology);
        if (null != end && end.endOffset() < question.fetchOffset())
        {
            partitions.diverged(question, end.leaderEpoch(), end.endOffset() < 0 ? earliest : end.endOffset());
        }
    }

    private Long offset(final TopicPartition partition, final long time, final SourceTopology topology)
        throws SourceUnavailableException
    {
        return client.offsets(Map.of(partition, time), topology).get(partition);
    }
}
