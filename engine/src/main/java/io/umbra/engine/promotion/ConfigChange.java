package io.umbra.engine.promotion;

/**
 * A setting of a topic that is not as at the source.
 *
 * @param topic  name of the topic.
 * @param name   of the setting.
 * @param source value at the source.
 * @param value  in the new cluster, null when it has none.
 * @param reason in a few words.
 */
public record ConfigChange(String topic, String name, String source, String value, String reason)
{
}
