package io.umbra.engine.source;

/**
 * Gets what the {@link LagSampler} measures, and tells it how far the journal is. Called on the sampler's thread.
 */
public interface LagListener
{
    /**
     * The source's high watermark was sampled.
     *
     * @param partitionIndex the engine's index of the partition.
     * @param highWatermark  that its leader answered.
     * @param timeMs         wall clock of the answer.
     */
    void onSample(int partitionIndex, long highWatermark, long timeMs);

    /**
     * The journal has reached a sampled high watermark.
     *
     * @param partitionIndex the engine's index of the partition.
     * @param delayNs        from the asking until the journal was there; 0 if it was there before.
     */
    void onReached(int partitionIndex, long delayNs);

    /**
     * Bound of the age of the oldest record that is not journaled.
     *
     * @param partitionIndex the engine's index of the partition.
     * @param lagMs          milliseconds; 0 if nothing is known to be missing.
     */
    void onLag(int partitionIndex, long lagMs);

    /**
     * End of the partition's journal.
     *
     * @param partitionIndex the engine's index of the partition.
     * @return next offset to be journaled.
     */
    long journalEndOffset(int partitionIndex);

    /**
     * When the journal's end last moved.
     *
     * @param partitionIndex the engine's index of the partition.
     * @return {@link System#nanoTime()} of then.
     */
    long journaledAtNs(int partitionIndex);
}
