package io.umbra.journal.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
    private final List<ShardScan> shards = new ArrayList<>();
    private final List<LedgerFinding> findings = new ArrayList<>();
    private int files;

    private LedgerReconciler()
    {
    }

    /**
     * Reads the ledgers. What a crash left behind is repaired first, so that the caller holds the lock of the journal
     * directory, and no {@link Ledger} is open yet.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; may be missing.
     * @param partitions      that are asked for: those that have a log. Older files are read only for them.
     * @return what the ledgers say of these partitions, and of others that were come by.
     * @throws LedgerException if a ledger cannot be read.
     */
    public static LedgerState read(final Path ledgerDirectory, final Collection<LedgerPartition> partitions)
    {
        final LedgerReconciler reconciler = new LedgerReconciler();
        for (final Map.Entry<Integer, Path> shard : ShardDirectories.list(ledgerDirectory).entrySet())
        {
            reconciler.findings.addAll(LedgerRecovery.recover(shard.getValue()));
            reconciler.shards.add(new ShardScan(shard.getKey(), shard.getValue()));
        }
        return reconciler.read(partitions);
    }

    private LedgerState read(final Collection<LedgerPartition> partitions)
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
                return new LedgerState(ends, files, findings);
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
        final Map<LedgerPartition, LedgerState.End> ends, final Collection<LedgerPartition> partitions)
    {
        long since = Long.MAX_VALUE;
        for (final LedgerPartition partition : partitions)
        {
            final LedgerState.End end = ends.get(partition);
            since = Math.min(since, end == null ? Long.MIN_VALUE : end.timeNs());
        }
        return since;
    }
}
