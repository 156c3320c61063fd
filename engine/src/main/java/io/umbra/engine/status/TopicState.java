package io.umbra.engine.status;

/**
 * State of a topic as the control plane sees it.
 */
public enum TopicState
{
    /** It is shadowed. */
    ACTIVE,
    /** Stopped by the operator; positions are kept. */
    PAUSED,
    /** One of its partitions is faulted. */
    FAULTED,
    /** The source has deleted it. */
    SOURCE_DELETED,
    /** The shadow has taken over. */
    PROMOTED;

    private static final TopicState[] VALUES = values();

    /** The code in the table: never changes for a state. */
    public int code()
    {
        return ordinal();
    }

    /**
     * The state of a code.
     *
     * @param code from the table.
     * @return the state; {@link #FAULTED} for a code that this version does not know.
     */
    public static TopicState get(final int code)
    {
        return code >= 0 && code < VALUES.length ? VALUES[code] : FAULTED;
    }
}
