package io.umbra.engine.status;

/**
 * State of a partition's journal, written by the shard's JournalAgent.
 */
public enum JournalState
{
    /** Ready to take batches. */
    ACTIVE(0),
    /** The disk is full or nearly so: nothing is written until there is room. */
    WAITING_FOR_SPACE(5),
    /** Stopped by an error that does not pass by itself; the error text says which. */
    FAULTED(7);

    private static final JournalState[] VALUES = values();
    private final int severity;

    JournalState(final int severity)
    {
        this.severity = severity;
    }

    /** The code in the table: never changes for a state. */
    public int code()
    {
        return ordinal();
    }

    /** How bad it is, on one scale with {@link FetchState#severity()}; 0 is well. */
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
    public static JournalState get(final int code)
    {
        return code >= 0 && code < VALUES.length ? VALUES[code] : FAULTED;
    }
}
