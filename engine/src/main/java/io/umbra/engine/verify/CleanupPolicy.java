package io.umbra.engine.verify;

import java.util.Arrays;

/**
 * What the source does with old records of a topic, as its {@code cleanup.policy} says.
 *
 * @param value   of the setting; null when it is not known.
 * @param problem why it is not known; null when it is.
 */
public record CleanupPolicy(String value, String problem)
{
    private static final String COMPACT = "compact";

    /**
     * The policy that the source tells.
     *
     * @param value of {@code cleanup.policy}.
     * @return the policy.
     */
    public static CleanupPolicy of(final String value)
    {
        return new CleanupPolicy(value, null);
    }

    /**
     * A policy that the source does not tell.
     *
     * @param problem why not, in a few words.
     * @return the policy.
     */
    public static CleanupPolicy unknown(final String problem)
    {
        return new CleanupPolicy(null, problem);
    }

    /**
     * Whether the source removes records from the middle of the topic's logs.
     *
     * @return true if it is known to.
     */
    public boolean isCompacted()
    {
        return value != null && Arrays.stream(value.split(",")).map(String::trim).anyMatch(COMPACT::equals);
    }
}
