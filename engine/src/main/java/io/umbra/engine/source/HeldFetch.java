package io.umbra.engine.source;

import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An answer to a fetch by topic names, as brokers before Kafka 3.1 want them. It does not say which generation of a
 * topic it is of, nor which cluster. The broker is asked for that on the same connection before anything of it is
 * looked at: an id does not come back when its topic is gone, so what has the right id afterwards had it before.
 *
 * @param response to the fetch.
 * @param received memory that it lies in.
 */
record HeldFetch(ClientResponse response, ByteBuffer received)
{
    /**
     * Whether an answer has to be held: it has something that would be acted upon.
     *
     * @param response to a fetch.
     * @param version  of it.
     * @return false for one by topic ids, and for one without news.
     */
    static boolean isNeeded(final FetchResponse response, final short version)
    {
        return version <= FetchLimits.LAST_VERSION_WITHOUT_TOPIC_IDS && response.data().responses().stream()
            .anyMatch((topic) -> topic.partitions().stream().anyMatch(HeldFetch::isNews));
    }

    private static boolean isNews(final FetchResponseData.PartitionData data)
    {
        return FetchResponse.recordsSize(data) > 0 || FetchResponse.isDivergingEpoch(data) ||
            Errors.OFFSET_OUT_OF_RANGE.code() == data.errorCode();
    }

    /**
     * What to ask the broker: the ids of the topics that there is news of.
     *
     * @return the request.
     */
    MetadataRequest.Builder question()
    {
        final List<MetadataRequestData.MetadataRequestTopic> topics = new ArrayList<>();
        ((FetchResponse)response.responseBody()).data().responses().stream()
            .filter((topic) -> topic.partitions().stream().anyMatch(HeldFetch::isNews))
            .forEach((topic) -> topics.add(new MetadataRequestData.MetadataRequestTopic().setName(topic.topic())));
        return new MetadataRequest.Builder(
            new MetadataRequestData().setTopics(topics).setAllowAutoTopicCreation(false));
    }

    /**
     * Whether a topic is another than the one that was meant. Sources without topic ids cannot tell more than whether
     * there is one of that name.
     *
     * @param answer  of the broker.
     * @param topic   name.
     * @param topicId that was meant.
     * @return false also for topics that were not asked about.
     */
    static boolean isOther(final MetadataResponse answer, final String topic, final Uuid topicId)
    {
        return answer.topicMetadata().stream().anyMatch((found) -> topic.equals(found.topic()) &&
            (Errors.NONE != found.error() && Errors.LEADER_NOT_AVAILABLE != found.error() ||
            !Uuid.ZERO_UUID.equals(found.topicId()) && !Uuid.ZERO_UUID.equals(topicId) &&
            !found.topicId().equals(topicId)));
    }
}
