package io.umbra.engine.source;

import io.umbra.engine.verify.CleanupPolicy;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Asks the source for the {@code cleanup.policy} of topics, which takes the permission to describe their settings. Any
 * broker answers for any topic.
 */
public final class TopicPolicies
{
    private final SourceClient client;

    /**
     * Nothing is asked yet.
     *
     * @param client to ask with.
     */
    public TopicPolicies(final SourceClient client)
    {
        this.client = client;
    }

    /**
     * Ask for several topics with one request.
     *
     * @param metadata of the source.
     * @param topics   names.
     * @return policy by topic; where the source does not tell it, why not.
     * @throws SourceUnavailableException if no broker answers.
     */
    public Map<String, CleanupPolicy> ask(final ClusterMetadata metadata, final Collection<String> topics)
        throws SourceUnavailableException
    {
        final Map<String, CleanupPolicy> policies = new HashMap<>();
        topics.forEach((topic) -> policies.put(topic, CleanupPolicy.unknown("the source did not say")));
        if (!topics.isEmpty())
        {
            read((DescribeConfigsResponse)client.sendToAny(
                metadata.topology().nodes().values(), request(topics)), policies);
        }
        return policies;
    }

    private static DescribeConfigsRequest.Builder request(final Collection<String> topics)
    {
        return new DescribeConfigsRequest.Builder(new DescribeConfigsRequestData().setResources(topics.stream()
            .map((topic) -> new DescribeConfigsRequestData.DescribeConfigsResource()
                .setResourceType(ConfigResource.Type.TOPIC.id())
                .setResourceName(topic)
                .setConfigurationKeys(List.of(TopicConfig.CLEANUP_POLICY_CONFIG)))
            .toList()));
    }

    private static void read(final DescribeConfigsResponse response, final Map<String, CleanupPolicy> policies)
    {
        for (final DescribeConfigsResponseData.DescribeConfigsResult result : response.data().results())
        {
            final Errors error = Errors.forCode(result.errorCode());
            if (Errors.NONE != error)
            {
                policies.put(result.resourceName(), CleanupPolicy.unknown("the source answered " + error.name()));
                continue;
            }
            for (final DescribeConfigsResponseData.DescribeConfigsResourceResult config : result.configs())
            {
                if (TopicConfig.CLEANUP_POLICY_CONFIG.equals(config.name()) && null != config.value())
                {
                    policies.put(result.resourceName(), CleanupPolicy.of(config.value()));
                }
            }
        }
    }
}
