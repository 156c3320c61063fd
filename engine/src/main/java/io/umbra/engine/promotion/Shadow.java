package io.umbra.engine.promotion;

import io.umbra.engine.UmbraEngine;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.StatusReader;
import io.umbra.journal.JournalCheckpoints;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.LogReader;
import io.umbra.journal.PartitionKey;
import io.umbra.journal.RollingDigest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A node's journal, and what its engine last wrote down about it. Read-only, save for the lock that is taken when no
 * engine has it.
 */
final class Shadow implements AutoCloseable
{
    private final UmbraConfig config;
    private final NodeTarget target;
    private final StatusReader status;
    private JournalDirectory lock;

    Shadow(final UmbraConfig config, final NodeTarget target)
    {
        this.config = config;
        this.target = target;
        this.status = new StatusReader(config.journalDir(), config.linkName());
        if (!Files.exists(journalDir().resolve(JournalDirectory.PROPERTIES)))
        {
            throw new PromotionRefusedException(
                config.file() + ": journal.dir=" + journalDir() + " is no journal: there is nothing to promote");
        }
    }

    UmbraConfig config()
    {
        return config;
    }

    /** The node that it becomes. */
    NodeTarget target()
    {
        return target;
    }

    Path journalDir()
    {
        return config.journalDir();
    }

    /** Id of the source cluster, null when the journal never learnt it. */
    String clusterId() throws IOException
    {
        return JournalDirectory.readClusterId(journalDir());
    }

    /** Whether an engine is at work on it at this moment. */
    boolean isEngineRunning()
    {
        return null == lock && status.isEngineRunning(System.currentTimeMillis());
    }

    /** Keeps engines out; to be called when none runs. */
    void lock()
    {
        if (null == lock)
        {
            lock = JournalDirectory.open(journalDir(), config.linkName(), UmbraEngine.NODE_ID);
        }
    }

    /** Topic id of every partition that has a directory. */
    SortedMap<PartitionKey, UUID> partitions() throws IOException
    {
        final SortedMap<PartitionKey, UUID> partitions = new TreeMap<>();
        for (final PartitionKey key : JournalDirectory.partitions(journalDir()))
        {
            try (LogReader log = LogReader.open(directory(key)))
            {
                partitions.put(key, log.topicId());
            }
            catch (final NoSuchFileException ex)
            {
                // Retired just now.
                continue;
            }
        }

        return partitions;
    }

    /** Partitions of earlier generations of their topics, by topic id. */
    Map<UUID, List<PartitionKey>> retired() throws IOException
    {
        return JournalDirectory.retired(journalDir());
    }

    Path directory(final PartitionKey key)
    {
        return journalDir().resolve(key.toString());
    }

    Map<PartitionKey, Long> logStartOffsets() throws IOException
    {
        return JournalCheckpoints.logStartOffsets(journalDir());
    }

    /** Points of each log at which the digest is known and all before is durable. */
    Map<PartitionKey, JournalCheckpoints.DigestPoint> digestPoints() throws IOException
    {
        return JournalCheckpoints.digests(journalDir());
    }

    static JournalCheckpoints.DigestPoint noDigestPoint()
    {
        return new JournalCheckpoints.DigestPoint(0, RollingDigest.SEED);
    }

    /** What is known of the source by partition and topic id; nothing when no engine has run. */
    Map<PartitionKey, Map<UUID, SourceSample>> samples() throws IOException
    {
        final Map<PartitionKey, Map<UUID, SourceSample>> samples = new TreeMap<>();
        if (Files.exists(PartitionTable.file(journalDir())))
        {
            try (PartitionTable table = PartitionTable.openReadOnly(journalDir()))
            {
                for (int index = 0, rows = table.rowCount(); index < rows; index++)
                {
                    samples.computeIfAbsent(
                        new PartitionKey(table.topic(index), table.partition(index)), (key) -> new TreeMap<>())
                        .put(table.topicId(index), SourceSample.of(table, index));
                }
            }
        }

        return samples;
    }

    /** Gives the lock back. */
    @Override
    public void close()
    {
        if (null != lock)
        {
            lock.close();
            lock = null;
        }
    }
}
