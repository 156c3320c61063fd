package org.apache.kafka.clients.admin;

import org.apache.kafka.clients.KafkaClient;
import org.apache.kafka.clients.admin.internals.AdminMetadataManager;
import org.apache.kafka.common.utils.Time;

/**
 * Kafka's admin client over a network client of the caller's. In Kafka's package, since Kafka keeps the way to make
 * one for its own tests, and its public way has no limit for the size of a response: whoever answers in another
 * protocol makes it allocate a gigabyte.
 */
public final class AdminOverClient
{
    private AdminOverClient()
    {
    }

    /**
     * Makes an admin client, and starts its thread.
     *
     * @param config   settings of the admin client; those of the network are the network client's affair.
     * @param metadata with the bootstrap addresses.
     * @param client   to send and receive with, which updates that metadata; the admin client closes it.
     * @return the admin client, the caller's to close.
     */
    public static Admin create(
        final AdminClientConfig config, final AdminMetadataManager metadata, final KafkaClient client)
    {
        return KafkaAdminClient.createInternal(config, metadata, client, Time.SYSTEM);
    }
}
