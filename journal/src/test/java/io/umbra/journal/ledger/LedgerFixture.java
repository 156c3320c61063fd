package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.codecs.ledger.EngineEventDecoder;
import io.umbra.codecs.ledger.EngineEventType;
import io.umbra.codecs.ledger.LogStartDecoder;
import io.umbra.codecs.ledger.PartitionOpenedDecoder;
import io.umbra.codecs.ledger.PartitionStateDecoder;
import io.umbra.codecs.ledger.RecoveredDecoder;
import io.umbra.codecs.ledger.TruncatedDecoder;
import org.agrona.concurrent.CachedEpochClock;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What tests of the ledger share: a directory, a clock driven by hand, entries as short texts.
 */
final class LedgerFixture
{
    static final LedgerPartition ORDERS = new LedgerPartition("orders", 3, new UUID(17, 4));
    static final LedgerPartition PAYMENTS = new LedgerPartition("payments", 0, new UUID(17, 5));
    static final int ORDERS_INDEX = 7;
    static final int PAYMENTS_INDEX = 9;
    /** 2026-11-23T10:00:00Z. */
    static final long TEN_O_CLOCK_MS = 1_795_428_000_000L;
    static final long MINUTE_MS = 60_000;
    static final int BATCH_RECORDS = 10;

    final Path directory;
    final CachedEpochClock clock = new CachedEpochClock();
    LedgerRoll roll = LedgerRoll.HOURLY;
    long maxBytes = LedgerContext.DEFAULT_MAX_BYTES;
    int shard;

    LedgerFixture(final Path directory)
    {
        this.directory = directory;
        clock.update(TEN_O_CLOCK_MS);
    }

    Path shardDirectory()
    {
        return LedgerContext.shardDirectory(directory, shard);
    }

    LedgerContext context()
    {
        return new LedgerContext().ledgerDirectory(directory).nodeId(1).shard(shard).roll(roll).maxBytes(maxBytes)
            .clock(clock);
    }

    Ledger open()
    {
        return Ledger.open(context());
    }

    long nowNs()
    {
        return clock.time() * 1_000_000L;
    }

    /**
     * Opens the ledger as an engine does at its start.
     */
    Ledger start(final long ordersEnd)
    {
        final Ledger ledger = open();
        ledger.engineEvent(EngineEventType.STARTED, nowNs());
        ledger.partitionOpened(ORDERS_INDEX, ORDERS, 0, ordersEnd, digest(ordersEnd), nowNs());
        return ledger;
    }

    void commit(final Ledger ledger, final int partitionIndex, final long baseOffset)
    {
        final long end = baseOffset + BATCH_RECORDS;
        ledger.commit(
            partitionIndex, 1, 2, 3, baseOffset, end - 1, 0, (int) baseOffset, 100, BATCH_RECORDS, digest(end), end,
            nowNs() - 1, nowNs());
    }

    /**
     * Commits of ten records each.
     */
    void commits(final Ledger ledger, final long fromOffset, final int count)
    {
        for (int i = 0; i < count; i++)
        {
            commit(ledger, ORDERS_INDEX, fromOffset + (long) i * BATCH_RECORDS);
        }
    }

    /** Any function of the offset does. */
    static long digest(final long endOffset)
    {
        return endOffset * 31 + 7;
    }

    List<String> read()
    {
        try (LedgerReader reader = LedgerReader.open(shardDirectory()))
        {
            return read(reader);
        }
    }

    static List<String> read(final LedgerReader reader)
    {
        final Texts texts = new Texts();
        while (reader.poll(texts))
        {
            texts.count++;
        }
        return texts.list;
    }

    /**
     * The offsets of all commits, in their order.
     */
    List<Long> readCommits()
    {
        final List<Long> offsets = new ArrayList<>();
        try (LedgerReader reader = LedgerReader.open(shardDirectory()))
        {
            final LedgerEntryHandler handler = new LedgerEntryHandler()
            {
                @Override
                public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
                {
                    offsets.add(entry.baseOffset());
                }
            };
            while (reader.poll(handler))
            {
                Thread.onSpinWait();
            }
        }
        return offsets;
    }

    List<Path> files() throws IOException
    {
        return new ArrayList<>(CycleName.list(shardDirectory()).values());
    }

    /**
     * Entries as texts.
     */
    static final class Texts implements LedgerEntryHandler
    {
        final List<String> list = new ArrayList<>();
        final List<Long> indexes = new ArrayList<>();
        int count;

        @Override
        public void onEngineEvent(final long index, final EngineEventDecoder entry)
        {
            add(index, entry.eventType().toString());
        }

        @Override
        public void onPartitionOpened(
            final long index, final LedgerPartition partition, final PartitionOpenedDecoder entry)
        {
            add(index, "opened " + partition + ' ' + entry.logStartOffset() + ".." + entry.endOffset() + ' ' +
                entry.topic());
        }

        @Override
        public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
        {
            add(index, "commit " + partition + ' ' + entry.baseOffset() + ".." + entry.lastOffset());
        }

        @Override
        public void onRecovered(final long index, final LedgerPartition partition, final RecoveredDecoder entry)
        {
            add(index, "recovered " + partition + ' ' + entry.baseOffset() + ".." + entry.lastOffset());
        }

        @Override
        public void onTruncated(final long index, final LedgerPartition partition, final TruncatedDecoder entry)
        {
            add(index, "truncated " + partition + ' ' + entry.fromOffset() + " to " + entry.toOffset() + ": " +
                entry.reason());
        }

        @Override
        public void onPartitionState(
            final long index, final LedgerPartition partition, final PartitionStateDecoder entry)
        {
            add(index, entry.state() + " " + partition + ": " + entry.reason());
        }

        @Override
        public void onLogStart(final long index, final LedgerPartition partition, final LogStartDecoder entry)
        {
            add(index, "log start " + partition + ' ' + entry.logStartOffset());
        }

        private void add(final long index, final String text)
        {
            indexes.add(index);
            list.add(text);
        }
    }
}
