package io.umbra.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The commands of {@code docs/failover-runbook.md}, as they stand in it, with its names and addresses replaced by those
 * of a test. Whatever it has between fences is a command, and so is what it has between back quotes that begins with a
 * program and goes on.
 */
final class Runbook
{
    private static final Pattern FENCED = Pattern.compile("```\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern QUOTED = Pattern.compile("`((?:umbra \\w+|kafka-[a-z-]+\\.sh|sha256sum|rm) [^`]+)`");
    private static final Pattern HEADING = Pattern.compile("(?m)^## (.*)$");

    private final Map<String, String> sections = new LinkedHashMap<>();
    private final Map<String, String> names;
    private final Set<String> untried = new LinkedHashSet<>();

    /**
     * Reads the document.
     *
     * @param names by those of the document.
     */
    Runbook(final Map<String, String> names) throws IOException
    {
        this.names = Map.copyOf(names);
        final String text = Files.readString(JavaCommand.root().resolve("docs").resolve("failover-runbook.md"));
        final String[] bodies = HEADING.split(text);
        int section = 1;
        for (final Matcher heading = HEADING.matcher(text); heading.find(); section++)
        {
            sections.put(heading.group(1), bodies[section]);
            untried.addAll(commands(bodies[section]));
        }
        for (final String name : names.keySet())
        {
            if (!text.contains(name))
            {
                throw new AssertionError("the runbook does not speak of " + name);
            }
        }
    }

    private static List<String> commands(final String section)
    {
        final List<String> commands = new ArrayList<>();
        FENCED.matcher(section).results().forEach((fenced) ->
            commands.add(fenced.group(1).replaceAll("\\\\\\n", " ").trim().replaceAll("\\s+", " ")));
        QUOTED.matcher(FENCED.matcher(section).replaceAll("")).results()
            .forEach((quoted) -> commands.add(quoted.group(1)));
        return commands;
    }

    /** The one command of a section that begins like this, ready to be run. */
    String command(final String section, final String begin)
    {
        final List<String> found = commands(text(section)).stream()
            .filter((command) -> command.startsWith(begin))
            .distinct()
            .toList();
        if (1 != found.size())
        {
            throw new AssertionError("commands '" + begin + "' under '" + section + "': " + found);
        }
        untried.remove(found.get(0));
        return replaced(found.get(0));
    }

    /** An option that a section gives between back quotes, ready to be used. */
    String option(final String section, final String name)
    {
        final Matcher option = Pattern.compile("`(" + name + " [^`]+)`").matcher(text(section));
        if (!option.find())
        {
            throw new AssertionError("no option " + name + " under '" + section + "'");
        }
        return replaced(option.group(1));
    }

    private String text(final String section)
    {
        if (!sections.containsKey(section))
        {
            throw new AssertionError("no section '" + section + "' among " + sections.keySet());
        }
        return sections.get(section);
    }

    private String replaced(final String command)
    {
        String replaced = command;
        for (final Map.Entry<String, String> name : names.entrySet())
        {
            replaced = replaced.replace(name.getKey(), name.getValue());
        }
        return replaced;
    }

    /** Commands that nobody has asked for yet. */
    Set<String> untried()
    {
        return untried;
    }
}
