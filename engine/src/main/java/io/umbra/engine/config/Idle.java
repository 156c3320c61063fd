package io.umbra.engine.config;

/**
 * What an agent does that has nothing to do: {@code idle}.
 */
public enum Idle
{
    /** Spins, yields, then parks for longer and longer. */
    BACKOFF,
    /** Yields the core. */
    YIELD,
    /** Spins. For machines that have the cores. */
    SPIN
}
