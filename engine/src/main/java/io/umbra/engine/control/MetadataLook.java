package io.umbra.engine.control;

import io.umbra.engine.metadata.MetadataTask;
import org.apache.kafka.common.KafkaException;

/**
 * Reads one part of the source's metadata. For the metadata thread, where it may block.
 */
interface MetadataLook
{
    MetadataTask task();

    /** Permissions of the link's user without which the look fails as a whole, in Kafka's words. */
    String permission();

    /**
     * Look at the source.
     *
     * @param cluster as just seen.
     * @param found   takes what there is. What is not complete says so, and nothing is removed for it.
     * @throws KafkaException if the source refuses, or does not answer.
     */
    void look(SourceAdmin.Cluster cluster, FoundMetadata found);
}
