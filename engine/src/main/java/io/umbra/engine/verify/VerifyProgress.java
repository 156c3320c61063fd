package io.umbra.engine.verify;

/**
 * Is told how a verification goes on, on the thread that verifies.
 */
@FunctionalInterface
public interface VerifyProgress
{
    /** Tells nobody. */
    VerifyProgress NONE = (partition, done, partitions, bytes) ->
    {
    };

    /**
     * Called for every partition, and every few MiB.
     *
     * @param partition  that is being compared, as {@code topic-partition}.
     * @param done       partitions that are done.
     * @param partitions in all.
     * @param bytes      compared so far, over all partitions.
     */
    void onProgress(String partition, int done, int partitions, long bytes);
}
