package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** A configuration file in the making. */
final class LinkConfig
{
    private final Properties properties = new Properties();
    private final Path dir;

    /** A link whose configuration and journal lie in this directory. */
    LinkConfig(final Path dir)
    {
        this.dir = dir;
        set("link.name", "test");
        set("journal.dir", dir.resolve("journal").toString());
        set("aeron.dir", SharedMemory.newDirectory().toString());
        // New topics and moved leaders are seen soon.
        set("topics.refresh.interval.ms", "500");
    }

    LinkConfig source(final KafkaCluster cluster)
    {
        cluster.clientProperties().forEach((key, value) -> set("source." + key, value.toString()));
        return set("source.bootstrap.servers", cluster.bootstrapServers());
    }

    LinkConfig set(final String key, final String value)
    {
        properties.setProperty(key, value);
        return this;
    }

    LinkConfig without(final String key)
    {
        properties.remove(key);
        return this;
    }

    String get(final String key)
    {
        return properties.getProperty(key);
    }

    Path journalDir()
    {
        return Path.of(properties.getProperty("journal.dir"));
    }

    Path write() throws IOException
    {
        return write("umbra.properties");
    }

    Path write(final String name) throws IOException
    {
        final Path file = dir.resolve(name);
        try (Writer writer = Files.newBufferedWriter(file))
        {
            properties.store(writer, null);
        }
        return file;
    }
}
