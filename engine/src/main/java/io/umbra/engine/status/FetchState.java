package io.umbra.engine.status;

/**
 * State of a partition on its way from the source, written by the shard's FetchAgent.
 */
public enum FetchState
{
    /** Assigned; no response has come yet. */
    STARTING(2),
    /** Being fetched. */
    ACTIVE(0),
    /** Stopped by the operator; the position is kept. */
    PAUSED(1),
    /** An error that passes, such as an election: tried again after a while. */
    RETRYING(3),
    /** No connection to the broker that leads it. */
    SOURCE_UNAVAILABLE(4),
    /** The source has deleted it. */
    SOURCE_DELETED(6),
    /** Stopped by an error that does not pass by itself; the error text says which. */
    FAULTED(7);

    private static final FetchState[] VALUES = values();
    private final int severity;

    FetchState(final int severity)
    {
        this.severity = severity;
    }

    /** The code in the table: never changes for a state. */
    public int code()
    {
        return ordinal();
    }

    /** How bad it is, on one scale with {@link JournalState#severity()}; 0 is well. */
    public int severity()
    {
        return severity;
    }

    /**
     * The state of a code.
     *
     * @param code from the table.
     * @return the state; {@link #FAULTED} for a code that this version does not know.
     */
    public static FetchState get(final int code)
    {
        return code >= 0 && code < VALUES.length ? VALUES[code] : FAULTED;
    }
}
