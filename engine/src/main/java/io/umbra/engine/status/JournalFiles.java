package io.umbra.engine.status;

import io.umbra.journal.JournalCheckpoints;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.LogReader;
import io.umbra.journal.PartitionKey;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The partitions of a journal that no engine is working on, read from their files without a lock.
 */
final class JournalFiles
{
    private static final long UNKNOWN = -1;

    private JournalFiles()
    {
    }

    /**
     * All partitions that have a directory.
     *
     * @param journalDir directory of the journal; need not exist.
     * @return the partitions; what is wrong with one of them is told with it.
     * @throws IOException when the directory cannot be read.
     */
    static List<JournalPartition> partitions(final Path journalDir) throws IOException
    {
        final Map<PartitionKey, Long> recoveryPoints = checkpoints(JournalCheckpoints::recoveryPoints, journalDir);
        final Map<PartitionKey, Long> logStarts = checkpoints(JournalCheckpoints::logStartOffsets, journalDir);
        final List<JournalPartition> partitions = new ArrayList<>();
        for (final PartitionKey key : JournalDirectory.partitions(journalDir))
        {
            try (LogReader log = LogReader.open(journalDir.resolve(key.toString())))
            {
                partitions.add(partition(
                    key, log, recoveryPoints.getOrDefault(key, 0L), logStarts.getOrDefault(key, 0L)));
            }
            catch (final NoSuchFileException ex)
            {
                // An engine has begun to work and deleted it just now.
                continue;
            }
        }

        return partitions;
    }

    private static JournalPartition partition(
        final PartitionKey key, final LogReader log, final long recoveryPoint, final long checkpointedStart)
        throws IOException
    {
        final long logStart = Math.max(checkpointedStart, log.startOffset());
        try
        {
            return new JournalPartition(
                key.topic(), key.partition(), log.topicId(), logStart, log.endOffset(), recoveryPoint, null);
        }
        catch (final IOException ex)
        {
            return new JournalPartition(
                key.topic(), key.partition(), log.topicId(), logStart, UNKNOWN, recoveryPoint, ex.getMessage());
        }
    }

    /** The engine goes without a damaged checkpoint and says so at its next start; then so can a status. */
    private static Map<PartitionKey, Long> checkpoints(final CheckpointFile file, final Path journalDir)
    {
        try
        {
            return file.read(journalDir);
        }
        catch (final IOException ex)
        {
            return Map.of();
        }
    }

    private interface CheckpointFile
    {
        Map<PartitionKey, Long> read(Path journalDir) throws IOException;
    }
}
