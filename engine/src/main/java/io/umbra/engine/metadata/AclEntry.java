package io.umbra.engine.metadata;

/**
 * An access rule. Words are those of Kafka's enumerations.
 *
 * @param resourceType such as {@code TOPIC}.
 * @param resourceName such as a topic's name, or {@code *}.
 * @param patternType  {@code LITERAL} or {@code PREFIXED}.
 * @param principal    such as {@code User:alice}.
 * @param host         address, or {@code *}.
 * @param operation    such as {@code READ}.
 * @param permission   {@code ALLOW} or {@code DENY}.
 */
public record AclEntry(
    String resourceType,
    String resourceName,
    String patternType,
    String principal,
    String host,
    String operation,
    String permission)
{
}
