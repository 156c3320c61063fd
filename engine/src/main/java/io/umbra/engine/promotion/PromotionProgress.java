package io.umbra.engine.promotion;

/**
 * Is told how a promotion goes on, for a person who looks on.
 */
@FunctionalInterface
public interface PromotionProgress
{
    /** Tells nobody. */
    PromotionProgress NONE = (line) ->
    {
    };

    /**
     * Something has begun or gone on.
     *
     * @param line what it is.
     */
    void onProgress(String line);
}
