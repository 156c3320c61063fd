package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.codecs.ledger.EngineEventDecoder;
import io.umbra.codecs.ledger.GapDecoder;
import io.umbra.codecs.ledger.LogStartDecoder;
import io.umbra.codecs.ledger.PartitionOpenedDecoder;
import io.umbra.codecs.ledger.PartitionStateDecoder;
import io.umbra.codecs.ledger.RecoveredDecoder;
import io.umbra.codecs.ledger.TruncatedDecoder;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;

/**
 * Reads one shard's files from the newest back and collects the end of each partition.
 */
final class ShardScan
{
    private final int shard;
    private final Path directory;
    private final NavigableMap<Long, Path> files;
    private final Map<LedgerPartition, LedgerState.End> ends = new HashMap<>();
    private long firstTimeNs = Long.MAX_VALUE;

    ShardScan(final int shard, final Path directory)
    {
        this.shard = shard;
        this.directory = directory;
        try
        {
            files = CycleName.list(directory);
        }
        catch (final IOException ex)
        {
            throw new LedgerException(directory, "cannot be read: " + ex, ex);
        }
    }

    Path directory()
    {
        return directory;
    }

    Map<LedgerPartition, LedgerState.End> ends()
    {
        return ends;
    }

    boolean hasMore()
    {
        return !files.isEmpty();
    }

    /**
     * Time of the first entry in the files read so far.
     *
     * @return nanoseconds since 1970; the greatest number when nothing was read yet.
     */
    long firstTimeNs()
    {
        return firstTimeNs;
    }

    /**
     * Reads the newest file that was not read yet.
     *
     * @throws IOException if that is not possible.
     */
    void scanOlder() throws IOException
    {
        final Ends inFile = new Ends();
        final EntryDispatcher dispatcher = new EntryDispatcher();
        final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
        CycleFile.scan(files.pollLastEntry().getValue(), (entry, offset, length) ->
        {
            buffer.wrap(entry);
            if (dispatcher.isEntry(buffer, offset, length))
            {
                dispatcher.dispatch(buffer, offset, 0, inFile);
            }
        });
        if (firstTimeNs == Long.MAX_VALUE)
        {
            inFile.forgetUnfinishedOpening();
        }
        inFile.ends.forEach(ends::putIfAbsent);
        firstTimeNs = Math.min(firstTimeNs, inFile.firstTimeNs);
    }

    /**
     * In a file the later entry counts, whatever the clock said.
     */
    private final class Ends implements LedgerEntryHandler
    {
        private final Map<LedgerPartition, LedgerState.End> ends = new HashMap<>();
        private long firstTimeNs = Long.MAX_VALUE;
        private LedgerPartition lastOpened;
        private LedgerState.End endBefore;

        /**
         * A kill may have come between PartitionOpened and the Recovered or Truncated that belongs to it. Then it is
         * the ledger's last entry, and is passed over, so that the next start writes both again.
         */
        void forgetUnfinishedOpening()
        {
            if (lastOpened != null)
            {
                ends.remove(lastOpened);
                if (endBefore != null)
                {
                    ends.put(lastOpened, endBefore);
                }
            }
        }

        @Override
        public void onEngineEvent(final long index, final EngineEventDecoder entry)
        {
            time(entry.timeNs());
        }

        @Override
        public void onPartitionOpened(
            final long index, final LedgerPartition partition, final PartitionOpenedDecoder entry)
        {
            final LedgerState.End before = ends.get(partition);
            end(partition, entry.endOffset(), entry.digest(), entry.timeNs());
            lastOpened = partition;
            endBefore = before;
        }

        @Override
        public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
        {
            end(partition, entry.lastOffset() + 1, entry.digest(), entry.commitTimeNs());
        }

        @Override
        public void onRecovered(final long index, final LedgerPartition partition, final RecoveredDecoder entry)
        {
            end(partition, entry.lastOffset() + 1, entry.digest(), entry.timeNs());
        }

        @Override
        public void onTruncated(final long index, final LedgerPartition partition, final TruncatedDecoder entry)
        {
            end(partition, entry.toOffset(), entry.digest(), entry.timeNs());
        }

        @Override
        public void onPartitionState(
            final long index, final LedgerPartition partition, final PartitionStateDecoder entry)
        {
            time(entry.timeNs());
        }

        @Override
        public void onLogStart(final long index, final LedgerPartition partition, final LogStartDecoder entry)
        {
            time(entry.timeNs());
        }

        @Override
        public void onGap(final long index, final LedgerPartition partition, final GapDecoder entry)
        {
            // The digest stays what it was: there is no batch in a gap.
            final LedgerState.End before = ends.get(partition);
            time(entry.timeNs());
            if (before != null)
            {
                end(partition, entry.toOffset(), before.digest(), entry.timeNs());
            }
        }

        @Override
        public void onUnknown(final long index, final int templateId)
        {
            lastOpened = null;
        }

        private void end(
            final LedgerPartition partition, final long endOffset, final long digest, final long timeNs)
        {
            time(timeNs);
            if (partition != null)
            {
                ends.put(partition, new LedgerState.End(endOffset, digest, timeNs, shard));
            }
        }

        private void time(final long timeNs)
        {
            lastOpened = null;
            if (firstTimeNs == Long.MAX_VALUE)
            {
                firstTimeNs = timeNs;
            }
        }
    }
}
