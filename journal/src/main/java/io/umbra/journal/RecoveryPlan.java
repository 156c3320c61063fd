package io.umbra.journal;

import io.umbra.journal.RecoveryReport.Kind;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where recovery's walk over a log begins: at the smallest offset that something needs. That is the recovery point, the
 * tail whose CRCs are checked, the newest good producer snapshot, a digest anchor at or below all that is checked; or
 * the first batch of the log when there is no snapshot or the leader epochs have to be rebuilt.
 */
final class RecoveryPlan
{
    private final PartitionLogContext ctx;
    private final RecoveryReport report;
    private final LogState state;
    private final List<LogSegment> segments;
    private final Set<Integer> badIndexes;
    private final Map<Integer, String> suspectIndexes = new HashMap<>();
    private final SegmentScanner scanner = SegmentScanner.forThisThread();

    private BatchLocation start;
    private BatchLocation crcStart;
    private long producersFrom;
    private long digestFrom;
    private boolean digestRestarted;

    RecoveryPlan(
        final PartitionLogContext ctx,
        final RecoveryReport report,
        final LogState state,
        final List<LogSegment> segments,
        final Set<Integer> badIndexes)
    {
        this.ctx = ctx;
        this.report = report;
        this.state = state;
        this.segments = segments;
        this.badIndexes = badIndexes;
    }

    /** Where the walk begins. */
    BatchLocation start()
    {
        return start;
    }

    /** From where on CRCs are computed. */
    BatchLocation crcStart()
    {
        return crcStart;
    }

    /** Base offset from which batches change the producer state that was loaded; the smallest long for all. */
    long producersFrom()
    {
        return producersFrom;
    }

    /** Base offset from which batches change the digest that was loaded. */
    long digestFrom()
    {
        return digestFrom;
    }

    /** Whether the digest begins anew, so that none that was noted can be compared with it. */
    boolean digestRestarted()
    {
        return digestRestarted;
    }

    /** Segments whose index has to be rebuilt from the first batch on. */
    Set<Integer> badIndexes()
    {
        return badIndexes;
    }

    /** Of those the ones that were found out by following an entry, with what is wrong. */
    Map<Integer, String> suspectIndexes()
    {
        return suspectIndexes;
    }

    /** Chooses where the walk begins, and loads what it starts with. */
    void choose(final boolean rebuildEpochs, final boolean restartDigest) throws IOException
    {
        final BatchLocation origin = new BatchLocation(0, 0, segments.get(0).baseOffset());
        // The batch below the recovery point may end a segment: the entry that closes its time index came after.
        crcStart = BatchLocation.min(locate(ctx.recoveryPoint() - 1), tailStart());

        long producersAt = chooseSnapshot(Long.MAX_VALUE);
        for (int i = 0; i < segments.size(); i++)
        {
            if (!txnIndexIsSound(i, producersAt))
            {
                producersAt = chooseSnapshot(Math.min(producersAt, segments.get(i).baseOffset()));
            }
        }
        producersFrom = producersAt;

        final Map.Entry<Long, DigestAnchors.Anchor> anchor = state.anchors.floor(crcStart.offset());
        if (anchor != null)
        {
            digestFrom = anchor.getKey();
            state.digest = anchor.getValue().digest();
        }
        else
        {
            chooseDigestWithoutAnchor(restartDigest);
        }

        start = crcStart;
        if (producersFrom > Long.MIN_VALUE)
        {
            start = BatchLocation.min(start, locate(producersFrom));
        }
        start = BatchLocation.min(start, locate(digestFrom));
        if (rebuildEpochs || producersFrom == Long.MIN_VALUE)
        {
            start = origin;
        }
        if (rebuildEpochs)
        {
            state.epochs.clear();
        }
        final LogSegment first = segments.get(start.segment());
        final String fault = first.indexes().fault(first.size(), true);
        if (fault != null && badIndexes.add(start.segment()))
        {
            suspectIndexes.put(start.segment(), fault);
        }
        if (badIndexes.contains(start.segment()))
        {
            start = new BatchLocation(start.segment(), 0, segments.get(start.segment()).baseOffset());
        }
        for (int i = start.segment(); i < segments.size(); i++)
        {
            final LogSegment segment = segments.get(i);
            if (segment.baseOffset() >= producersFrom)
            {
                // Whatever the entries say of themselves: all are made anew.
                segment.transactions().file().truncate(0);
            }
            else
            {
                segment.transactions().truncateTo(producersFrom);
            }
        }
    }

    /**
     * Without an anchor: from the oldest digest that is known from elsewhere, or anew from the first batch there is.
     */
    private void chooseDigestWithoutAnchor(final boolean restartDigest)
    {
        digestFrom = segments.get(0).baseOffset();
        state.digest = RollingDigest.SEED;
        PartitionLogContext.KnownDigest oldest = null;
        for (final PartitionLogContext.KnownDigest known : ctx.knownDigests())
        {
            if (known.offset() >= digestFrom && (oldest == null || known.offset() < oldest.offset()))
            {
                oldest = known;
            }
        }
        if (restartDigest)
        {
            digestRestarted = true;
        }
        else if (oldest != null)
        {
            digestFrom = oldest.offset();
            state.digest = oldest.digest();
        }
    }

    /** Whether the transaction index of a segment can be kept, as far as it is not made anew from the snapshot on. */
    private boolean txnIndexIsSound(final int i, final long producersAt) throws IOException
    {
        final LogSegment segment = segments.get(i);
        if (producersAt <= segment.baseOffset())
        {
            return true;
        }
        final Path path = segment.transactions().file().path();
        final long size = Files.exists(path) ? Files.size(path) : 0;
        if (size % TransactionIndex.ENTRY_SIZE != 0)
        {
            report.add(
                Kind.TORN_INDEX,
                path,
                segment.baseOffset(),
                size,
                0,
                size + " bytes are not a multiple of " + TransactionIndex.ENTRY_SIZE + "; rebuilt from the log");
            return false;
        }
        // What counts is the part below the snapshot: in a full segment all of it, unless the snapshot lies within.
        final boolean full = i + 1 < segments.size() && segments.get(i + 1).baseOffset() <= producersAt;
        final long upTo = full ? segments.get(i + 1).baseOffset() : producersAt;
        final DigestAnchors.Anchor anchor = state.anchors.at(upTo);
        if (anchor == null && full && segment.transactions().isPossible(segment.baseOffset()))
        {
            return true;
        }
        if (anchor != null && anchor.txnIndexCrc() == segment.transactions().crc(upTo))
        {
            return true;
        }
        if (anchor != null && upTo <= ctx.recoveryPoint())
        {
            report.add(
                Files.exists(path) ? Kind.CORRUPT_INDEX : Kind.MISSING_INDEX,
                path,
                segment.baseOffset(),
                -1,
                0,
                "not the aborted transactions that were noted; rebuilt from the log");
        }
        return false;
    }

    /** Loads the newest good snapshot at or below an offset; smallest long if there is none. */
    private long chooseSnapshot(final long atMost) throws IOException
    {
        Long offset = state.snapshots.floor(atMost);
        while (offset != null)
        {
            final Path path = ctx.directory().resolve(LogSegment.fileName(offset, ProducerSnapshot.SUFFIX));
            final ProducerState producers = ProducerSnapshot.read(path);
            if (producers != null)
            {
                state.producers = producers;
                state.highestProducerId = Math.max(state.highestProducerId, producers.highestProducerId());
                return offset;
            }
            report.add(Kind.CORRUPT_SNAPSHOT, path, offset, -1, 0, "removed; producer state rebuilt from the log");
            Files.deleteIfExists(path);
            state.snapshots.remove(offset);
            offset = state.snapshots.floor(atMost);
        }
        state.producers = new ProducerState();
        return Long.MIN_VALUE;
    }

    private BatchLocation tailStart() throws IOException
    {
        // Never nothing: the last batch must be seen, since the log ends behind it.
        long bytes = Math.max(1, ctx.tailCheckBytes());
        int i = segments.size() - 1;
        while (i > 0 && bytes > segments.get(i).size())
        {
            bytes -= segments.get(i).size();
            i--;
        }
        final int position = (int)Math.max(0, segments.get(i).size() - bytes);
        return badIndexes.contains(i) ? origin(i) : verify(i, segments.get(i).indexes().floorByPosition(position));
    }

    private BatchLocation locate(final long offset) throws IOException
    {
        int i = segments.size() - 1;
        while (i > 0 && segments.get(i).baseOffset() > offset)
        {
            i--;
        }
        return badIndexes.contains(i) ? origin(i) : verify(i, segments.get(i).indexes().floorByOffset(offset));
    }

    private BatchLocation origin(final int i)
    {
        return new BatchLocation(i, 0, segments.get(i).baseOffset());
    }

    /** An index is believed only if it points at a batch that says the same. */
    private BatchLocation verify(final int i, final SegmentIndexes.Entry entry) throws IOException
    {
        if (entry == null)
        {
            return origin(i);
        }
        final LogSegment segment = segments.get(i);
        scanner.wrap(segment.open(), segment.size(), Math.max(0, entry.position()));
        if (entry.position() >= 0 && entry.position() < segment.size() && scanner.advance(false) &&
            scanner.header().lastOffset() == entry.lastOffset())
        {
            return new BatchLocation(i, entry.position(), scanner.header().baseOffset);
        }
        suspectIndexes.put(
            i, "entry (" + entry.lastOffset() + ", " + entry.position() + ") does not point at such a batch");
        badIndexes.add(i);
        return origin(i);
    }
}
