package io.umbra.engine.config;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds keys that nobody knows: a typo must not be silent.
 */
final class KnownKeys
{
    /** Kafka's configuration providers have names that the operator chooses. */
    private static final String CONFIG_PROVIDERS_PREFIX = "config.providers.";

    private KnownKeys()
    {
    }

    /**
     * Checks all keys, and returns the source's settings without their prefix.
     */
    static Map<String, String> check(final Map<String, String> entries, final Set<String> clientSettings)
    {
        final Map<String, String> source = new TreeMap<>();
        final Set<String> known = new TreeSet<>();
        for (final ConfigKey key : ConfigKey.values())
        {
            known.add(key.key());
        }
        entries.forEach((key, value) ->
        {
            final boolean isSource = key.startsWith(ConfigKey.SOURCE_PREFIX);
            final String name = isSource ? key.substring(ConfigKey.SOURCE_PREFIX.length()) : null;
            final boolean isKnown = isSource ?
                clientSettings.contains(name) || name.startsWith(CONFIG_PROVIDERS_PREFIX) || known.contains(key) :
                known.contains(key);
            if (!isKnown)
            {
                throw ConfigException.unknownKey(key, value, nearest(key, known, clientSettings));
            }
            if (isSource)
            {
                source.put(name, value);
            }
        });

        return source;
    }

    private static String nearest(final String key, final Set<String> known, final Set<String> clientSettings)
    {
        final Set<String> candidates = new TreeSet<>(known);
        clientSettings.forEach((name) -> candidates.add(ConfigKey.SOURCE_PREFIX + name));
        String nearest = null;
        int best = Math.max(2, key.length() / 3) + 1;
        for (final String candidate : candidates)
        {
            // A client's setting without the prefix is one mistake, not seven.
            final int distance = candidate.startsWith(ConfigKey.SOURCE_PREFIX) ?
                Math.min(
                    distance(key, candidate),
                    1 + distance(key, candidate.substring(ConfigKey.SOURCE_PREFIX.length()))) :
                distance(key, candidate);
            if (distance < best)
            {
                best = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /** Levenshtein's: how many characters must be put in, left out or exchanged. */
    private static int distance(final String a, final String b)
    {
        int[] previous = new int[b.length() + 1];
        int[] current = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++)
        {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.length(); j++)
            {
                final int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(change, 1 + Math.min(previous[j], current[j - 1]));
            }
            final int[] swap = previous;
            previous = current;
            current = swap;
        }

        return previous[b.length()];
    }
}
