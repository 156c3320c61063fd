package io.umbra.engine.control;

import io.umbra.engine.source.SourceEvents;
import io.umbra.engine.source.TokenBucket;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Makes the agents follow the {@link LinkRules}: looks now and then whether the file has changed, and tells each
 * partition that has begun what is new for it. For the control thread.
 */
final class OperatorWishes
{
    private static final long LOOK_INTERVAL_MS = 100;

    private final Path journalDir;
    private final ShadowPartitions partitions;
    private final SourceEvents events;
    private final Map<Integer, String> begun = new HashMap<>();
    private final Set<Integer> paused = new HashSet<>();
    private final Map<Integer, String> limited = new HashMap<>();
    private final Map<String, TokenBucket> buckets = new HashMap<>();
    private LinkRules rules;
    private Object seen;
    private long nextLookMs;

    OperatorWishes(final Path journalDir, final ShadowPartitions partitions, final SourceEvents events)
    {
        this.journalDir = journalDir;
        this.partitions = partitions;
        this.events = events;
    }

    /** Look whether the operator has said something new. */
    void look(final long nowMs)
    {
        if (nowMs < nextLookMs)
        {
            return;
        }
        nextLookMs = nowMs + LOOK_INTERVAL_MS;
        final Object found = fingerprint(LinkRules.file(journalDir));
        if (null != rules && found.equals(seen))
        {
            return;
        }
        seen = found;
        try
        {
            rules = LinkRules.read(journalDir);
        }
        catch (final IOException ex)
        {
            events.warn("what was said of the link is not followed: " + ex.getMessage());
            return;
        }
        partitions.linkRate(rules.linkRate());
        partitions.linkPaused(rules.isAllPaused());
        begun.forEach(this::apply);
    }

    void begun(final int partitionIndex, final String topic)
    {
        begun.put(partitionIndex, topic);
        if (null != rules)
        {
            apply(partitionIndex, topic);
        }
    }

    void forget(final int partitionIndex)
    {
        begun.remove(partitionIndex);
        paused.remove(partitionIndex);
        limited.remove(partitionIndex);
    }

    private void apply(final int partitionIndex, final String topic)
    {
        final boolean isPaused = rules.isPaused(topic);
        if (isPaused ? paused.add(partitionIndex) : paused.remove(partitionIndex))
        {
            partitions.wanted(partitionIndex, !isPaused);
        }
        final LinkRules.Rule limit = rules.limit(topic);
        final String key = null == limit ? null : limit.bytes() + " " + limit.topics();
        if (null == key)
        {
            if (null != limited.remove(partitionIndex))
            {
                partitions.limit(partitionIndex, null);
            }
        }
        else if (!key.equals(limited.put(partitionIndex, key)))
        {
            partitions.limit(
                partitionIndex, buckets.computeIfAbsent(key, (ignore) -> new TokenBucket(limit.bytes())));
        }
    }

    /** Differs whenever the file was replaced. */
    private static Object fingerprint(final Path file)
    {
        try
        {
            final BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.fileKey() + " " + attributes.lastModifiedTime() + " " + attributes.size();
        }
        catch (final IOException ex)
        {
            return "none";
        }
    }
}
