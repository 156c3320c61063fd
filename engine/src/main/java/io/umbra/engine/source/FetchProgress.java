package io.umbra.engine.source;

/**
 * What flows backwards, and to the onlookers: counters. A FetchAgent reads here what the journal has, and writes how
 * far it is itself. All methods are called by the FetchAgent's thread and do not block.
 */
public interface FetchProgress
{
    /**
     * Whether the journal has refused a frame of this partition and waits for a new assignment epoch.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param assignmentEpoch that the FetchAgent works in.
     * @return true if fetching must begin anew at the journal's end.
     */
    boolean isRefused(int partitionIndex, int assignmentEpoch);

    /**
     * Whether the journal takes nothing more of this partition until the engine is started again.
     *
     * @param partitionIndex the engine's index of the partition.
     * @return true if it is of no use to fetch.
     */
    boolean isHalted(int partitionIndex);

    /**
     * Whether the journal has refused the partition because of a fault, not to begin anew at once.
     *
     * @param partitionIndex the engine's index of the partition.
     * @return true if it should be tried again only after a while, or not at all.
     */
    boolean isFaulted(int partitionIndex);

    /**
     * Where the partition's journal begins.
     *
     * @param partitionIndex the engine's index of the partition.
     * @return first offset that is not dropped.
     */
    long journalLogStartOffset(int partitionIndex);

    /**
     * End of the partition's journal. Stable while {@link #isRefused} says true.
     *
     * @param partitionIndex the engine's index of the partition.
     * @return next offset to be journaled.
     */
    long journalEndOffset(int partitionIndex);

    /**
     * Leader epoch of the last journaled batch.
     *
     * @param partitionIndex the engine's index of the partition.
     * @return the epoch, or -1 if there is none.
     */
    int journalLastEpoch(int partitionIndex);

    /**
     * A leader serves the partition.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param leaderId        broker that is asked.
     * @param leaderEpoch     epoch it is asked with, or -1.
     * @param assignmentEpoch that the FetchAgent works in.
     */
    void onFetching(int partitionIndex, int leaderId, int leaderEpoch, int assignmentEpoch);

    /**
     * A response named the partition.
     *
     * @param partitionIndex the engine's index of the partition.
     * @param fetchPosition  next offset that will be asked for.
     * @param highWatermark  in the response.
     * @param logStartOffset in the response.
     * @param timeMs         wall clock.
     */
    void onFetched(int partitionIndex, long fetchPosition, long highWatermark, long logStartOffset, long timeMs);

    /**
     * The partition is not fetched for now, and need not be.
     *
     * @param partitionIndex the engine's index of the partition.
     * @param isDeleted      true if the source has deleted it, false if the operator wants it so.
     */
    void onSuspended(int partitionIndex, boolean isDeleted);

    /**
     * The partition cannot be fetched for now; it is tried again.
     *
     * @param partitionIndex the engine's index of the partition.
     * @param isFault        true if it needs help, false if it should pass by itself.
     * @param reason         one line.
     */
    void onError(int partitionIndex, boolean isFault, String reason);
}
