package io.umbra.engine.command;

import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.control.LinkRules;
import io.umbra.engine.status.StatusReader;
import io.umbra.engine.status.StatusReport;
import io.umbra.engine.status.TopicState;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Adds a rule to a link's, and sees to it that a running engine follows.
 */
final class LinkRuleChange
{
    private static final long FOLLOW_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long LOOK_AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final UmbraConfig config;

    LinkRuleChange(final UmbraConfig config)
    {
        this.config = config;
    }

    /** Changes the file. */
    void add(final LinkRules.Kind kind, final long bytes, final Pattern topics)
    {
        try
        {
            LinkRules.read(config.journalDir())
                .with(kind, bytes, null == topics ? Pattern.compile(LinkRules.ALL) : topics)
                .write(config.journalDir());
        }
        catch (final IOException ex)
        {
            throw new CommandFailedException(
                Umbra.ANSWER_IS_NO, "the rule cannot be written: " + ex.getMessage(), ex);
        }
    }

    /**
     * Waits until each partition is as it should be.
     *
     * @param topics   that are meant; null for all.
     * @param isAsMeant whether a partition follows.
     * @return a line for the operator.
     */
    String await(final Pattern topics, final Predicate<StatusReport.Partition> isAsMeant)
    {
        final StatusReader reader = new StatusReader(config.journalDir(), config.linkName());
        final long deadlineNs = System.nanoTime() + FOLLOW_TIMEOUT_NS;
        while (true)
        {
            final StatusReport report = reader.read(System.currentTimeMillis()).report();
            if (!"running".equals(report.engine()))
            {
                return "noted; the engine is not running and will follow when it starts";
            }
            final long matching = count(report, topics, (partition) -> true);
            final long following = count(report, topics, isAsMeant);
            if (matching == following)
            {
                return matching + " partitions";
            }
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new CommandFailedException(Umbra.ANSWER_IS_NO, "noted, but " + (matching - following) + " of " +
                    matching + " partitions do not follow yet: see umbra status", null);
            }
            LockSupport.parkNanos(LOOK_AGAIN_NS);
        }
    }

    private static long count(
        final StatusReport report, final Pattern topics, final Predicate<StatusReport.Partition> which)
    {
        return report.topics().stream()
            .filter((topic) -> null == topics || topics.matcher(topic.name()).matches())
            // What has left the link follows nothing any more.
            .filter((topic) -> TopicState.PROMOTED != topic.state())
            .flatMap((topic) -> topic.partitions().stream())
            .filter(which)
            .count();
    }
}
