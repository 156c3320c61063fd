package io.umbra.engine.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A strict reader of Prometheus' text format, version 0.0.4: of each metric HELP and TYPE once and before its samples,
 * samples of a metric together, names and escapes as the format has them, no series twice.
 */
final class PrometheusText
{
    private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)");
    private static final Pattern SAMPLE = Pattern.compile(
        "([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)");
    private static final Pattern LABEL =
        Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\"\\\\n])*)\"(?:,|$)");
    private static final Set<String> TYPES = Set.of("counter", "gauge", "summary", "histogram", "untyped");

    private final Map<String, String> types = new HashMap<>();
    private final Set<String> helps = new HashSet<>();
    private final List<String> families = new ArrayList<>();
    private final Map<String, Double> samples = new TreeMap<>();
    private final Set<String> names = new HashSet<>();

    static PrometheusText parse(final String text)
    {
        if (!text.endsWith("\n"))
        {
            throw new AssertionError("the last line does not end");
        }
        final PrometheusText parsed = new PrometheusText();
        text.lines().forEach(parsed::line);
        return parsed;
    }

    /** By name and sorted labels, {@code name{a="1",b="2"}}. */
    Map<String, Double> samples()
    {
        return samples;
    }

    /** Names of the samples. */
    Set<String> names()
    {
        return names;
    }

    String type(final String family)
    {
        return types.get(family);
    }

    double value(final String series)
    {
        final Double value = samples.get(series);
        if (null == value)
        {
            throw new AssertionError("no " + series + " in " + samples.keySet());
        }
        return value;
    }

    private void line(final String line)
    {
        final Matcher comment = COMMENT.matcher(line);
        if (comment.matches())
        {
            comment(line, comment.group(1), comment.group(2), comment.group(3));
            return;
        }
        final Matcher sample = SAMPLE.matcher(line);
        if (!sample.matches())
        {
            throw new AssertionError("neither comment nor sample: " + line);
        }
        sample(line, sample.group(1), sample.group(2), sample.group(3));
    }

    private void comment(final String line, final String kind, final String family, final String rest)
    {
        if ("HELP".equals(kind) && !helps.add(family))
        {
            throw new AssertionError("twice: " + line);
        }
        if ("TYPE".equals(kind))
        {
            if (!TYPES.contains(rest) || null != types.put(family, rest))
            {
                throw new AssertionError("no type, or twice: " + line);
            }
            families.add(family);
        }
    }

    private void sample(final String line, final String name, final String labels, final String value)
    {
        final String family = families.isEmpty() ? "" : families.get(families.size() - 1);
        final String type = types.get(family);
        final boolean isOfFamily = name.equals(family) ||
            "summary".equals(type) && (name.equals(family + "_sum") || name.equals(family + "_count"));
        if (!isOfFamily || !helps.contains(family))
        {
            throw new AssertionError("not below its own HELP and TYPE: " + line);
        }
        if ("counter".equals(type) && !name.endsWith("_total"))
        {
            throw new AssertionError("a counter without _total: " + line);
        }
        final Map<String, String> sorted = new TreeMap<>();
        final Matcher label = LABEL.matcher(null == labels ? "" : labels);
        int at = 0;
        while (null != labels && at < labels.length())
        {
            if (!label.find(at) || label.start() != at || null != sorted.put(label.group(1), label.group(2)))
            {
                throw new AssertionError("labels: " + line);
            }
            at = label.end();
        }
        final StringBuilder series = new StringBuilder(name);
        sorted.forEach((key, text) -> series.append(series.length() == name.length() ? '{' : ',')
            .append(key).append("=\"").append(text).append('"'));
        if (!sorted.isEmpty())
        {
            series.append('}');
        }
        names.add(name);
        if (null != samples.put(series.toString(), "NaN".equals(value) ? Double.NaN : Double.parseDouble(
            value.replace("Inf", "Infinity"))))
        {
            throw new AssertionError("twice: " + line);
        }
    }
}
