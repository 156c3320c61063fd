package io.umbra.engine.config;

/**
 * What happens to the shadow of a topic that the source has deleted: {@code on.topic.delete}.
 */
public enum OnTopicDelete
{
    /** It stays. */
    KEEP,
    /** It is deleted too. */
    MIRROR
}
