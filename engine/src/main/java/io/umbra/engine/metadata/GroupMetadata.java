package io.umbra.engine.metadata;

/**
 * A group as the source lists it.
 *
 * @param groupId      of the group.
 * @param type         {@code classic}, {@code consumer} (KIP-848), {@code share} (KIP-932), {@code streams} (KIP-1071).
 * @param protocolType {@code consumer} for groups of consumers, other words for others; may be empty.
 * @param state        such as {@code Stable} or {@code Empty}; empty when the source did not say.
 */
public record GroupMetadata(String groupId, String type, String protocolType, String state)
{
    /** Of groups that the group protocol before KIP-848 runs. */
    public static final String CLASSIC = "classic";
    /** Of groups of KIP-848. */
    public static final String CONSUMER = "consumer";
    /** Of share groups. */
    public static final String SHARE = "share";
    /** Of streams groups. */
    public static final String STREAMS = "streams";
}
