package io.umbra.jmh.rig;

import io.umbra.engine.status.PartitionTable;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Umbra as a user starts it, {@code bin/umbra run}, until every record is journaled and durable as configured.
 *
 * @param name   as it stands in the results.
 * @param source that is copied.
 * @param load   to copy.
 * @param folder for the journal, which is deleted again.
 * @param setup  of Umbra.
 */
record UmbraContender(String name, Source source, Source.Load load, Path folder, UmbraSetup setup) implements Contender
{
    private static final long POLL_MS = 5;
    /** Looking at the table costs processor time that all share. */
    private static final int PARTITIONS_PER_POLL_MS = 200;

    @Override
    public Measurement run() throws IOException
    {
        final Path home = Files.createTempDirectory(folder, "umbra");
        try (Child child = start(source, load.topic(), home, setup))
        {
            return load.span(Math.max(POLL_MS, load.partitions() / PARTITIONS_PER_POLL_MS))
                .measure(child, () -> durableRecords(home.resolve("journal")));
        }
        finally
        {
            Folders.delete(home);
        }
    }

    /**
     * Starts the engine for one topic.
     *
     * @param source of the link.
     * @param topic  to shadow.
     * @param home   for configuration, journal and log.
     * @param setup  besides.
     * @return the process.
     * @throws IOException if it does not start.
     */
    static Child start(final Source source, final String topic, final Path home, final UmbraSetup setup)
        throws IOException
    {
        final Properties properties = new Properties();
        properties.setProperty("link.name", "bench");
        properties.setProperty("source.bootstrap.servers", source.bootstrapServers());
        properties.setProperty("topics.include", topic);
        properties.setProperty("journal.dir", home.resolve("journal").toString());
        properties.putAll(setup.settings());
        final Path config = home.resolve("umbra.properties");
        try (Writer writer = Files.newBufferedWriter(config))
        {
            properties.store(writer, null);
        }
        return Child.start(home.resolve("umbra.log"), setup.command("run", config.toString()));
    }

    private static long durableRecords(final Path journal) throws IOException
    {
        if (!Files.exists(PartitionTable.file(journal)))
        {
            return 0;
        }
        long records = 0;
        try (PartitionTable table = PartitionTable.openReadOnly(journal))
        {
            final int rows = table.rowCount();
            for (int row = 0; row < rows; row++)
            {
                records += Math.max(0, table.journalDurableOffset(row));
            }
        }
        return records;
    }
}
