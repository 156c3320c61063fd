package io.umbra.engine.control;

import io.umbra.codecs.ledger.MetadataTaskState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/**
 * How a look at the source ended.
 *
 * @param state      of the task from now on.
 * @param message    for the operator, empty when there is nothing to say.
 * @param isAnswered false if the source did not answer, which is no fault of the task.
 */
record MetadataOutcome(MetadataTaskState state, String message, boolean isAnswered)
{
    static final MetadataOutcome OK = new MetadataOutcome(MetadataTaskState.OK, "", true);
    static final MetadataOutcome NOT_WANTED =
        new MetadataOutcome(MetadataTaskState.DISABLED, "the configuration switches it off", true);

    static MetadataOutcome faulted(final String message)
    {
        return new MetadataOutcome(MetadataTaskState.FAULTED, message, true);
    }

    /**
     * What the source's refusal means.
     *
     * @param refusal    that Kafka's client gave.
     * @param permission that the look takes.
     * @return the outcome.
     */
    static MetadataOutcome of(final KafkaException refusal, final String permission)
    {
        if (refusal instanceof UnsupportedVersionException)
        {
            return new MetadataOutcome(
                MetadataTaskState.UNSUPPORTED, "the source is too old for it: " + refusal.getMessage(), true);
        }
        if (refusal instanceof SecurityDisabledException)
        {
            return new MetadataOutcome(MetadataTaskState.DISABLED, "the source has no authorizer", true);
        }
        if (refusal instanceof AuthorizationException)
        {
            return faulted("needs " + permission + ": " + refusal.getMessage());
        }
        return refusal instanceof RetriableException ?
            new MetadataOutcome(MetadataTaskState.FAULTED, "the source does not answer", false) :
            faulted(String.valueOf(refusal.getMessage()));
    }
}
