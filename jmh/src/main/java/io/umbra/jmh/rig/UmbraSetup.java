package io.umbra.jmh.rig;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An Umbra to be measured.
 *
 * @param root       working copy that it is run from.
 * @param settings   of the link, besides source, topic and directory.
 * @param jvmOptions for its JVM.
 */
record UmbraSetup(Path root, Map<String, String> settings, List<String> jvmOptions)
{
    /**
     * The same but for one setting.
     *
     * @param key   of the setting.
     * @param value of it.
     * @return the other.
     */
    UmbraSetup with(final String key, final String value)
    {
        final Map<String, String> others = new LinkedHashMap<>(settings);
        others.put(key, value);
        return new UmbraSetup(root, others, jvmOptions);
    }

    /**
     * The same but for some items.
     *
     * @param items with semicolons between them: KEY=VALUE, a JVM option, or the directory of a working copy.
     * @return the other.
     */
    UmbraSetup with(final String items)
    {
        UmbraSetup setup = this;
        for (final String item : items.split(";"))
        {
            final int equals = item.indexOf('=');
            if (item.startsWith("-"))
            {
                final List<String> options = new ArrayList<>(setup.jvmOptions);
                options.add(item);
                setup = new UmbraSetup(setup.root, setup.settings, options);
            }
            else if (equals > 0)
            {
                setup = setup.with(item.substring(0, equals), item.substring(equals + 1));
            }
            else if (Files.isExecutable(Path.of(item, "bin", "umbra")))
            {
                setup = new UmbraSetup(Path.of(item).toAbsolutePath(), setup.settings, setup.jvmOptions);
            }
            else
            {
                throw new IllegalArgumentException("'" + item + "' is neither KEY=VALUE, nor a JVM option, which " +
                    "begins with -, nor a directory with bin/umbra in it");
            }
        }
        return setup;
    }

    /**
     * One more Umbra to measure.
     *
     * @param name  as it stands in the results.
     * @param setup of it.
     */
    record Variant(String name, UmbraSetup setup)
    {
    }

    /**
     * The same but for what a variant says.
     *
     * @param text NAME:ITEM[;ITEM...], see {@link #with(String)}.
     * @return the other, with its name.
     */
    Variant variant(final String text)
    {
        final int colon = text.indexOf(':', 1);
        return new Variant(text.substring(0, Math.max(0, colon)), with(text.substring(colon + 1)));
    }

    /**
     * The command line of this Umbra.
     *
     * @param arguments of {@code bin/umbra}.
     * @return to be started.
     */
    List<String> command(final String... arguments)
    {
        final List<String> command = new ArrayList<>();
        command.add("env");
        if (!jvmOptions.isEmpty())
        {
            command.add("UMBRA_OPTS=" + String.join(" ", jvmOptions));
        }
        command.add(root.resolve("bin/umbra").toString());
        command.addAll(List.of(arguments));
        return command;
    }
}
