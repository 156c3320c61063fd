package io.umbra.journal.ledger;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads at a start what the ledgers of the last run say about the partitions, so that the ledger of the new run can
 * tell where the logs hold more or less. {@link Ledger#openPartition} takes the answer.
 *
 * <p>All shards' ledgers are read, also of those no longer in use: a partition may have belonged to another shard
 * before. Files are read from the newest back, whole, until no older one can tell more: every file names at its
 * beginning all partitions that were open then, so that mostly the last file of each shard is enough.
 */
public final class LedgerReconciler
{
    private static final String PARTITION_METADATA = "partition.metadata";

    private final List<ShardScan> shards = new ArrayList<>();
    private int files;

    private LedgerReconciler()
    {
    }

    /**
     * Reads the ledgers of a journal, as far back as the partitions need that have a log there. Changes nothing; what a
     * crash left unfinished or damaged is not read, {@link Ledger#open} tells of it and repairs it.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; may be missing.
     * @return what the ledgers say of the journal's partitions, and of others that were come by.
     * @throws LedgerException if a ledger or the journal's directory cannot be read.
     */
    public static LedgerState read(final Path ledgerDirectory)
    {
        final Path journalDirectory = ledgerDirectory.toAbsolutePath().getParent();
        final Set<String> logs = new HashSet<>();
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(journalDirectory))
        {
            for (final Path directory : directories)
            {
                if (Files.exists(directory.resolve(PARTITION_METADATA)))
                {
                    logs.add(directory.getFileName().toString());
                }
            }
        }
        catch (final NoSuchFileException ex)
        {
            return new LedgerState(Map.of(), 0);
        }
        catch (final IOException | DirectoryIteratorException ex)
        {
            throw new LedgerException(journalDirectory, "cannot be read: " + ex, ex);
        }
        return read(ledgerDirectory, logs);
    }

    /**
     * Reads the ledgers.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; may be missing.
     * @param partitions      for which older files are read when newer ones do not know them: {@code
     *                        <topic>-<partition>}.
     * @return what the ledgers say of these partitions, and of others that were come by.
     */
    static LedgerState read(final Path ledgerDirectory, final Set<String> partitions)
    {
        final LedgerReconciler reconciler = new LedgerReconciler();
        ShardDirectories.list(ledgerDirectory).forEach(
            (shard, directory) -> reconciler.shards.add(new ShardScan(shard, directory)));
        return reconciler.read(partitions);
    }

    private LedgerState read(final Set<String> partitions)
    {
        while (true)
        {
            final Map<LedgerPartition, LedgerState.End> ends = latest();
            final long known = knownSince(ends, partitions);
            // A file tells of nothing after the beginning of the next one.
            final ShardScan next = shards.stream()
                .filter((shard) -> shard.hasMore() && shard.firstTimeNs() > known)
                .max(Comparator.comparingLong(ShardScan::firstTimeNs))
                .orElse(null);
            if (next == null)
            {
                return new LedgerState(ends, files);
            }
            try
            {
                next.scanOlder();
            }
            catch (final IOException ex)
            {
                throw new LedgerException(next.directory(), "cannot be read: " + ex, ex);
            }
            files++;
        }
    }

    /**
     * The latest word on each partition over all shards.
     */
    private Map<LedgerPartition, LedgerState.End> latest()
    {
        final Map<LedgerPartition, LedgerState.End> ends = new HashMap<>();
        for (final ShardScan shard : shards)
        {
            shard.ends().forEach((partition, end) -> ends.merge(
                partition, end, (one, other) -> one.timeNs() >= other.timeNs() ? one : other));
        }
        return ends;
    }

    /**
     * The time since when all partitions are known: what ended before it says nothing new.
     */
    private static long knownSince(
        final Map<LedgerPartition, LedgerState.End> ends, final Set<String> partitions)
    {
        final Map<String, Long> times = new HashMap<>();
        ends.forEach((partition, end) -> times.merge(partition.toString(), end.timeNs(), Math::max));
        long since = Long.MAX_VALUE;
        for (final String partition : partitions)
        {
            since = Math.min(since, times.getOrDefault(partition, Long.MIN_VALUE));
        }
        return since;
    }
}
