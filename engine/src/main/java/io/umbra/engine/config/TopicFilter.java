package io.umbra.engine.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which topics are shadowed: those whose whole name matches an included expression and no excluded one. Groups are
 * chosen by their ids in the same way. Immutable.
 */
public final class TopicFilter
{
    /** Kafka's own topics, as expressions. Group offsets come over by other means than a copy of their topic. */
    public static final String INTERNAL_TOPICS =
        "__consumer_offsets,__transaction_state,__share_group_state,__cluster_metadata";

    private final List<Pattern> includes;
    private final List<Pattern> excludes;

    TopicFilter(final List<Pattern> includes, final List<Pattern> excludes)
    {
        this.includes = List.copyOf(includes);
        this.excludes = List.copyOf(excludes);
    }

    /**
     * A filter from two lists of expressions, as the configuration file has them.
     *
     * @param includes comma-separated regular expressions.
     * @param excludes comma-separated regular expressions; may be empty.
     * @return the filter.
     * @throws PatternSyntaxException when one is not a regular expression.
     */
    public static TopicFilter of(final String includes, final String excludes)
    {
        return new TopicFilter(parse(includes), parse(excludes));
    }

    /**
     * Whether a topic is shadowed.
     *
     * @param topic name of the topic.
     * @return true when it is.
     */
    public boolean matches(final String topic)
    {
        return matchesAny(includes, topic) && !matchesAny(excludes, topic);
    }

    /**
     * Takes a comma-separated list apart. A comma inside brackets, braces or parentheses, or after a backslash, belongs
     * to the expression.
     */
    static List<Pattern> parse(final String list)
    {
        final List<Pattern> patterns = new ArrayList<>();
        final StringBuilder expression = new StringBuilder();
        int depth = 0;
        for (int i = 0; i < list.length(); i++)
        {
            final char c = list.charAt(i);
            if (',' == c && 0 == depth)
            {
                addPattern(patterns, expression);
                continue;
            }
            expression.append(c);
            if ('\\' == c && i + 1 < list.length())
            {
                expression.append(list.charAt(++i));
            }
            else if ("([{".indexOf(c) >= 0)
            {
                depth++;
            }
            else if (")]}".indexOf(c) >= 0)
            {
                depth = Math.max(0, depth - 1);
            }
        }
        addPattern(patterns, expression);

        return patterns;
    }

    private static void addPattern(final List<Pattern> patterns, final StringBuilder expression)
    {
        final String trimmed = expression.toString().trim();
        expression.setLength(0);
        if (!trimmed.isEmpty())
        {
            patterns.add(Pattern.compile(trimmed));
        }
    }

    private static boolean matchesAny(final List<Pattern> patterns, final String topic)
    {
        for (final Pattern pattern : patterns)
        {
            if (pattern.matcher(topic).matches())
            {
                return true;
            }
        }

        return false;
    }

    /**
     * {@inheritDoc}
     */
    @Override
    public String toString()
    {
        return "include=" + includes + " exclude=" + excludes;
    }
}
