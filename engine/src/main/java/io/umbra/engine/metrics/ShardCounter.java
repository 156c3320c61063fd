package io.umbra.engine.metrics;

import java.util.function.LongSupplier;

/**
 * A counter of a shard, as it is shown to the outside.
 *
 * @param typeId of the counter, see {@link io.umbra.transport.CounterTypes}.
 * @param shard  that counts, or {@link #NO_SHARD} where it is not about one of them alone.
 * @param broker id of the source broker that it is about, or {@link #NO_BROKER}.
 * @param agent  {@code fetch} or {@code journal}, or null where it is not about one of them alone.
 * @param value  as of now; may be asked by any thread while the engine runs.
 */
public record ShardCounter(int typeId, int shard, int broker, String agent, LongSupplier value)
{
    /** In place of a shard's index. */
    public static final int NO_SHARD = -1;
    /** In place of a broker's id. */
    public static final int NO_BROKER = -1;
}
