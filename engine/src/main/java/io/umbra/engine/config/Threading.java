package io.umbra.engine.config;

/**
 * How agents are put onto threads: {@code threading}.
 */
public enum Threading
{
    /** The engine chooses by the number of cores. */
    AUTO,
    /** A thread for every agent. */
    DEDICATED,
    /** A thread for the two agents of a shard. */
    PAIRED,
    /** One thread for all agents. */
    SINGLE
}
