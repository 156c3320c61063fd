package io.umbra.journal;

import io.umbra.journal.InvalidBatchException.Reason;
import io.umbra.journal.RecoveryReport.Kind;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The one walk over a log that recovery takes, from where the {@link RecoveryPlan} begins to the end. Headers only;
 * CRCs from the recovery point or the start of the tail on. On the way it feeds epochs, producers, transaction index,
 * digest and indexes. At the first thing that is not what was written it cuts the log and stops.
 */
final class RecoveryScan
{
    private final PartitionLogContext ctx;
    private final RecoveryReport report;
    private final LogState state;
    private final List<LogSegment> segments;
    private final RecoveryPlan plan;
    private final boolean anchorsTrusted;
    private final SegmentScanner scanner = SegmentScanner.forThisThread();

    private boolean epochsContradict;
    private boolean digestUnusable;
    private boolean anchorsAdded;

    // Where the walk is.
    private long previousEnd = -1;
    private long expectedOffset = -1;
    private int lastEpoch = -2;
    private BatchLocation previousBatch;
    /** The last place at which the digest was what it was known to be. */
    private BatchLocation verified;

    RecoveryScan(
        final PartitionLogContext ctx,
        final RecoveryReport report,
        final LogState state,
        final Set<Integer> badIndexes,
        final boolean anchorsTrusted)
    {
        this.ctx = ctx;
        this.report = report;
        this.state = state;
        this.segments = new ArrayList<>(state.segments.values());
        this.plan = new RecoveryPlan(ctx, report, state, segments, badIndexes);
        this.anchorsTrusted = anchorsTrusted;
    }

    /** The leader epochs on file contradict the log: they have to be rebuilt. */
    boolean epochsContradict()
    {
        return epochsContradict;
    }

    /** No digest was known at or below the log's end: it has to begin anew. */
    boolean digestUnusable()
    {
        return digestUnusable;
    }

    boolean anchorsAdded()
    {
        return anchorsAdded;
    }

    /** The first segment that was looked at. */
    LogSegment firstSegment()
    {
        int first = plan.start().segment();
        for (final int bad : plan.badIndexes())
        {
            first = Math.min(first, bad);
        }
        return segments.get(first);
    }

    /**
     * Walks.
     *
     * @return false if the log was cut or something has to be rebuilt: recovery starts over.
     */
    boolean run(final boolean rebuildEpochs, final boolean restartDigest) throws IOException
    {
        plan.choose(rebuildEpochs, restartDigest);
        for (int i = 0; i < plan.start().segment(); i++)
        {
            if (plan.badIndexes().contains(i) && !rebuildIndexes(i))
            {
                return false;
            }
        }
        for (int i = plan.start().segment(); i < segments.size(); i++)
        {
            if (!enter(i) || !walk(i))
            {
                return false;
            }
        }
        final int last = segments.size() - 1;
        return checkDigests(new BatchLocation(last, segments.get(last).size(), expectedOffset)) && conclude(last);
    }

    private boolean conclude(final int last) throws IOException
    {
        final LogSegment active = segments.get(last);
        state.empty = previousBatch == null;
        state.endOffset = state.empty ? Math.max(ctx.logStartOffset(), active.baseOffset()) : endOfBatches(active);
        final long highest = Math.max(state.endOffset, active.baseOffset());
        if (plan.producersFrom() > highest)
        {
            final String name = LogSegment.fileName(plan.producersFrom(), ProducerSnapshot.SUFFIX);
            report.add(
                Kind.CORRUPT_SNAPSHOT,
                ctx.directory().resolve(name),
                plan.producersFrom(),
                -1,
                0,
                "above the end of the log, " + state.endOffset + "; removed");
            Files.deleteIfExists(ctx.directory().resolve(name));
            return false;
        }
        if (plan.digestFrom() > highest)
        {
            digestUnusable = true;
            return false;
        }
        plan.suspectIndexes().forEach((i, text) -> corruptIndex(i, text));
        return true;
    }

    /**
     * Behind a gap that was passed over, an empty last segment begins where the next batch is expected; but only if
     * nothing is missing before it.
     */
    private long endOfBatches(final LogSegment active)
    {
        final DigestAnchors.Anchor anchor = state.anchors.at(active.baseOffset());
        final boolean isBehindGap = active.size() == 0 && active.baseOffset() > expectedOffset && anchor != null &&
            anchor.behindGap() && !plan.digestRestarted() && anchor.digest() == state.digest;
        return isBehindGap ? active.baseOffset() : expectedOffset;
    }

    private void corruptIndex(final int i, final String text)
    {
        report.add(Kind.CORRUPT_INDEX, segments.get(i).indexes().offsets().path(), -1, -1, 0, text + "; rebuilt");
    }

    private boolean rebuildIndexes(final int i) throws IOException
    {
        final LogSegment segment = segments.get(i);
        segment.indexes().clear();
        scanner.wrap(segment.open(), segment.size(), 0);
        long expected = segment.baseOffset();
        while (scanner.advance(false))
        {
            final BatchHeader header = scanner.header();
            if (header.baseOffset < expected || !segment.holds(header.baseOffset, header.lastOffset()))
            {
                return cut(
                    new BatchLocation(i, (int)scanner.position(), expected),
                    Kind.CORRUPT_BATCH,
                    "base offset " + header.baseOffset + " where " + expected + " is the next");
            }
            segment.indexes().onBatch(header, (int)scanner.position());
            expected = header.lastOffset() + 1;
        }
        if (scanner.fault() != null)
        {
            return cutAtFault(new BatchLocation(i, (int)scanner.position(), expected));
        }
        segment.indexes().seal();
        return true;
    }

    /** Before the first batch of a segment: does it follow the one before? */
    private boolean enter(final int i) throws IOException
    {
        final LogSegment segment = segments.get(i);
        final long base = segment.baseOffset();
        if (i == plan.start().segment())
        {
            if (base == plan.digestFrom() && state.anchors.at(base) == null)
            {
                addAnchor(base, 0);
            }
            return true;
        }
        final BatchLocation boundary = new BatchLocation(i - 1, segments.get(i - 1).size(), expectedOffset);
        if (!checkDigests(boundary))
        {
            return false;
        }
        final boolean gap = expectedOffset >= 0 && base > expectedOffset;
        final DigestAnchors.Anchor anchor = state.anchors.at(base);
        final boolean comparable = anchor != null && base > plan.digestFrom() && !plan.digestRestarted();
        // Where anchors begin there are anchors for all segments.
        final boolean unknown = anchorsTrusted && anchor == null && base > state.anchors.all().firstKey();
        if (unknown && gap)
        {
            return cut(
                boundary, Kind.TORN_BATCH, "the end of the segment is missing: the next one begins at " + base);
        }
        if (comparable && anchor.digest() != state.digest)
        {
            // With a gap it is likely that the segment lost its end; but a changed header can make a gap too.
            return cut(
                verified == null ? boundary : verified,
                gap ? Kind.TORN_BATCH : Kind.DIGEST_MISMATCH,
                digestText(base) + (gap ? ", or the segment lost its end" : ""));
        }
        if (comparable)
        {
            verified = boundary;
        }
        if ((anchor == null || !anchor.segmentBase()) && base >= plan.digestFrom())
        {
            addAnchor(base, segments.get(i - 1).transactions().crc(Long.MAX_VALUE));
        }
        if (base >= plan.producersFrom() && state.snapshots.add(base))
        {
            final String name = LogSegment.fileName(base, ProducerSnapshot.SUFFIX);
            ProducerSnapshot.write(ctx.segmentFiles(), ctx.directory().resolve(name), state.producers);
        }
        return true;
    }

    private void addAnchor(final long base, final int txnIndexCrc)
    {
        state.anchors.addSegment(base, state.digest, txnIndexCrc);
        anchorsAdded = true;
    }

    private boolean walk(final int i) throws IOException
    {
        final LogSegment segment = segments.get(i);
        final BatchLocation start = plan.start();
        final boolean first = i == start.segment();
        final int from = first ? start.position() : 0;
        final IndexAudit audit = plan.badIndexes().contains(i) ? null : new IndexAudit(segment, from);
        if (audit == null)
        {
            segment.indexes().clear();
        }
        else
        {
            segment.indexes().rewind(from, first ? start.offset() : segment.baseOffset());
        }
        scanner.wrap(segment.open(), segment.size(), from);
        boolean check = isChecked(i);
        while (scanner.advance(check))
        {
            final BatchLocation here = here(i);
            if (check)
            {
                report.batchChecked();
            }
            final String disorder = disorder(segment);
            if (disorder != null)
            {
                // Either of the two may be the wrong one: what orders them is in fields that no CRC covers.
                return cut(previousBatch == null ? here : previousBatch, Kind.CORRUPT_BATCH, disorder);
            }
            if (!checkDigests(here) || !feed(segment, here))
            {
                return false;
            }
            if (audit != null)
            {
                audit.onBatch(scanner.header(), here.position());
            }
            check = isChecked(i);
        }
        if (scanner.fault() != null)
        {
            return cutAtFault(here(i));
        }
        if (audit != null && audit.fault() != null)
        {
            corruptIndex(i, audit.fault());
        }
        if (i < segments.size() - 1)
        {
            segment.indexes().seal();
        }
        return true;
    }

    /**
     * Where the scanner is. The offset is that which must come next, or the file's name, or the index: not what the
     * batch says of itself, since just that may be wrong.
     */
    private BatchLocation here(final int i)
    {
        final int position = (int)scanner.position();
        final long offset;
        if (position == 0)
        {
            offset = Math.max(expectedOffset, segments.get(i).baseOffset());
        }
        else
        {
            offset = expectedOffset >= 0 ? expectedOffset : plan.start().offset();
        }
        return new BatchLocation(i, position, offset);
    }

    /** Whether the CRC of the next batch is to be computed. */
    private boolean isChecked(final int i)
    {
        final BatchLocation crcStart = plan.crcStart();
        return i > crcStart.segment() || i == crcStart.segment() && scanner.nextPosition() >= crcStart.position();
    }

    private String disorder(final LogSegment segment)
    {
        final BatchHeader header = scanner.header();
        if (header.baseOffset < expectedOffset || !segment.holds(header.baseOffset, header.lastOffset()))
        {
            return Reason.OFFSET_ORDER + ": batch " + header.baseOffset + ".." + header.lastOffset() +
                " where " + Math.max(expectedOffset, segment.baseOffset()) + " is the next offset";
        }
        if (header.leaderEpoch < lastEpoch)
        {
            return Reason.EPOCH_ORDER + ": leader epoch " + header.leaderEpoch + " after " + lastEpoch;
        }
        return null;
    }

    private boolean feed(final LogSegment segment, final BatchLocation here)
    {
        final BatchHeader header = scanner.header();
        if (previousBatch != null)
        {
            state.epochs.assign(header.leaderEpoch, header.baseOffset);
        }
        else if (!feedFirstEpoch(header, here))
        {
            return false;
        }
        state.highestProducerId = Math.max(state.highestProducerId, header.producerId);
        if (header.baseOffset >= plan.producersFrom())
        {
            state.producers.onBatch(header, scanner.marker(), segment.transactions()::append);
        }
        if (header.baseOffset >= plan.digestFrom())
        {
            if (verified == null)
            {
                verified = here;
            }
            state.digest = RollingDigest.update(state.digest, header);
        }
        if (header.baseOffset >= Math.max(plan.producersFrom(), plan.digestFrom()))
        {
            state.bytesSinceState += header.sizeInBytes();
        }
        segment.indexes().onBatch(header, here.position());
        previousEnd = expectedOffset;
        expectedOffset = header.lastOffset() + 1;
        lastEpoch = header.leaderEpoch;
        previousBatch = here;
        return true;
    }

    private boolean feedFirstEpoch(final BatchHeader header, final BatchLocation here)
    {
        // What lies below a log start has no epochs on file; they are missed only if the log start went back in a
        // crash.
        final long firstStart = state.epochs.firstStart();
        final boolean below = firstStart > header.baseOffset && firstStart != Long.MAX_VALUE;
        final boolean listed = header.leaderEpoch < 0 || state.epochs.contains(header.leaderEpoch) ||
            below && firstStart <= ctx.logStartOffset();
        if (here.segment() == 0 && here.position() == 0)
        {
            state.epochs.clear();
        }
        else
        {
            state.epochs.truncateFromEnd(header.baseOffset);
            if (!listed || state.epochs.lastEpoch() > header.leaderEpoch)
            {
                epochsContradict = true;
                if (!below)
                {
                    report.add(
                        Kind.CORRUPT_EPOCHS,
                        state.epochs.path(),
                        header.baseOffset,
                        -1,
                        0,
                        "does not agree with leader epoch " + header.leaderEpoch +
                            " of the batch; rebuilt from the log");
                }
                return false;
            }
        }
        state.epochs.assign(header.leaderEpoch, header.baseOffset);
        return true;
    }

    /** Compares the digest of all batches before a place with what is known for it; cuts if it differs. */
    private boolean checkDigests(final BatchLocation here) throws IOException
    {
        if (verified == null || plan.digestRestarted())
        {
            return true;
        }
        boolean matches = true;
        boolean compared = false;
        for (final PartitionLogContext.KnownDigest known : ctx.knownDigests())
        {
            if (known.offset() > Math.max(plan.digestFrom(), previousEnd) && known.offset() <= expectedOffset)
            {
                // A known offset at which no batch ends is as wrong as another digest.
                compared = true;
                matches &= known.offset() == expectedOffset && known.digest() == state.digest;
            }
        }
        final DigestAnchors.Anchor anchor = state.anchors.at(expectedOffset);
        if (anchor != null && expectedOffset > plan.digestFrom())
        {
            compared = true;
            matches &= anchor.digest() == state.digest;
        }
        if (!matches)
        {
            return cut(verified, Kind.DIGEST_MISMATCH, digestText(expectedOffset));
        }
        if (compared)
        {
            verified = here;
        }
        return true;
    }

    private String digestText(final long offset)
    {
        return "digest 0x" + Long.toHexString(state.digest) + " at offset " + offset +
            " is not the one that was noted: a header field that no CRC covers has changed";
    }

    private boolean cutAtFault(final BatchLocation at) throws IOException
    {
        return cut(at, scanner.isTorn() ? Kind.TORN_BATCH : Kind.CORRUPT_BATCH, scanner.text());
    }

    private boolean cut(final BatchLocation at, final Kind kind, final String text) throws IOException
    {
        final boolean durable = at.offset() < ctx.recoveryPoint();
        final LogSegment segment = segments.get(at.segment());
        final long bytes = new LogCutter(ctx).cut(
            segments, state.anchors, at.segment(), at.position(), at.offset(), durable);
        report.add(
            kind,
            segment.logPath(),
            at.offset(),
            at.position(),
            bytes,
            text + (durable ?
                "; was durable (recovery point " + ctx.recoveryPoint() + "), set aside in " + LogCutter.DAMAGED_DIR :
                "; cut off"));
        return false;
    }
}
