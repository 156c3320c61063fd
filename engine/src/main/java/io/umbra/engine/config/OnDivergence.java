package io.umbra.engine.config;

/**
 * What happens to a partition that the source has truncated: {@code on.divergence}.
 */
public enum OnDivergence
{
    /** The losing suffix is kept aside, and the shadow follows. */
    BRANCH,
    /** The partition stops. */
    HALT
}
