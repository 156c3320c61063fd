package io.umbra.engine.status;

/**
 * State of the link as a whole, as {@code umbra status} shows it.
 */
public enum LinkState
{
    /** The source cannot be reached, or has not been reached yet. */
    SOURCE_UNAVAILABLE,
    /** Partitions are being fetched. */
    ACTIVE,
    /** Stopped by the operator; positions are kept. */
    PAUSED,
    /** The engine cannot go on; the error text says why. */
    FAULTED,
    /** The shadow has taken over. */
    PROMOTED;

    private static final LinkState[] VALUES = values();

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
    public static LinkState get(final int code)
    {
        return code >= 0 && code < VALUES.length ? VALUES[code] : FAULTED;
    }
}
