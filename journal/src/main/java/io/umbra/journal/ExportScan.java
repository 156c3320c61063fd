package io.umbra.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Finds out what of a partition's directory an export takes, without changing anything. Walks over batch headers from
 * the newest producer snapshot on, and checks CRCs above the recovery point if no engine is writing. What recovery
 * would find beyond that, it finds when the export opens its copy.
 */
final class ExportScan
{
    private final LogExport.Context ctx;
    private final SegmentFiles readOnly;
    private final SegmentScanner scanner = SegmentScanner.forThisThread();
    private final DigestAnchors anchors = new DigestAnchors();
    /** Those that begin below the cut and have something in them, above the log start. */
    private final List<LogSegment> segments = new ArrayList<>();
    private final NavigableSet<Long> snapshots = new TreeSet<>();
    private boolean isLastSealed;
    /** Where the last segment begins, if it is empty: -1 otherwise. */
    private long emptyBase = -1;
    private long firstBase;
    private Path firstFile;
    private boolean isFirstThere;

    private ProducerState producers;
    private long producersFrom;
    private long digest;
    private long digestFrom;

    /** No batch that ends at or above goes along; lowered where the log is found to be no good. */
    private long cut;
    private boolean isMoreAbove;
    private boolean isAgain;
    private String fault;

    private int taken;
    private int lastLength;
    private boolean isAnyRead;
    private boolean isWhole;
    private long previousBase;
    private long batchesEnd;
    private long endOffset;
    private int lastEpoch;
    private long lastTimestamp;
    private long highestProducerId;

    ExportScan(final LogExport.Context ctx)
    {
        this.ctx = ctx;
        this.cut = ctx.cutOffset();
        // An export plans with channels that cannot write.
        this.readOnly = (path, options) -> openToRead(path);
    }

    private FileChannel openToRead(final Path path) throws IOException
    {
        return ctx.segmentFiles().open(path, StandardOpenOption.READ);
    }

    /** Segments that go along, ascending; all of them wholly except perhaps the last. */
    List<LogSegment> taken()
    {
        return segments.subList(0, taken);
    }

    /** How many bytes of the last segment go along. */
    int lastLength()
    {
        return lastLength;
    }

    /** Whether the log of the last segment can be shared: nothing but what goes along is in it or will be. */
    boolean isLastWhole()
    {
        return isWhole;
    }

    /** Whether there is something above the cut. */
    boolean isCut()
    {
        return isMoreAbove;
    }

    /** Next offset after the last batch; the log ends above it if a gap follows. */
    long batchesEnd()
    {
        return batchesEnd;
    }

    /** Offset below which all that belongs to the log is good; recovery of a copy begins here. */
    long recoveryPoint()
    {
        return ctx.isLive() ? batchesEnd : Math.min(batchesEnd, ctx.recoveryPoint());
    }

    /** Offsets of the producer snapshots that there are. */
    NavigableSet<Long> snapshots()
    {
        return snapshots;
    }

    DigestAnchors anchors()
    {
        return anchors;
    }

    static List<OpenTransaction> openTransactions(final List<ProducerState.Entry> producers)
    {
        return producers.stream()
            .map((entry) -> new OpenTransaction(entry.producerId, entry.epoch, entry.currentTxnFirstOffset))
            .toList();
    }

    ExportPlan run() throws IOException
    {
        try
        {
            load();
            long limit = ctx.isLive() ? cut : Math.max(firstBase, ctx.recoveryPoint());
            do
            {
                isAgain = false;
                limit = Math.min(limit, cut);
                walk(limit);
                if (producersFrom > endOffset || digestFrom > endOffset)
                {
                    // The log is shorter than it was once.
                    limit = endOffset;
                    isAgain = true;
                }
            }
            while (isAgain);
            return plan();
        }
        finally
        {
            for (final LogSegment segment : segments)
            {
                segment.closeQuietly();
            }
        }
    }

    private void load() throws IOException
    {
        final Path directory = ctx.sourceDirectory();
        final PartitionLogContext source = ctx.logContext(directory.toAbsolutePath().getParent(), readOnly);
        // Before the segments: one that the anchors list exists.
        anchors.load(directory);
        final TreeSet<Long> bases = PartitionFiles.offsets(directory, LogSegment.LOG_SUFFIX);
        snapshots.addAll(PartitionFiles.offsets(directory, ProducerSnapshot.SUFFIX));
        firstBase = bases.isEmpty() ? ctx.logStartOffset() : bases.first();
        for (final long base : bases)
        {
            final Long next = bases.higher(base);
            if (next != null && next <= ctx.logStartOffset())
            {
                continue;
            }
            final LogSegment segment = new LogSegment(source, base);
            segment.load();
            if (segment.size() > 0 && base >= cut)
            {
                isMoreAbove = true;
                break;
            }
            if (segment.size() > 0)
            {
                segments.add(segment);
                isLastSealed = next != null;
            }
            else if (next == null && base <= cut)
            {
                emptyBase = base;
            }
        }
        if (!segments.isEmpty())
        {
            firstBase = segments.get(0).baseOffset();
            firstFile = segments.get(0).indexes().offsets().path();
            isFirstThere = Files.exists(firstFile);
        }
    }

    /** A live log deletes the oldest segment first, and of that the indexes first: a half one must not go along. */
    void checkNothingWasDeleted() throws NoSuchFileException
    {
        if (isFirstThere && !Files.exists(firstFile))
        {
            throw new NoSuchFileException(firstFile.toString());
        }
    }

    private void walk(final long limit) throws IOException
    {
        loadSnapshot(limit);
        loadDigest(limit);
        begin();
        if (!segments.isEmpty())
        {
            BatchLocation start = locate(limit - 1);
            start = BatchLocation.min(start, producersFrom == Long.MIN_VALUE ? origin(0) : locate(producersFrom));
            start = BatchLocation.min(start, locate(digestFrom));
            batchesEnd = start.offset();
            taken = start.segment();
            lastLength = taken == 0 ? 0 : segments.get(taken - 1).size();
            int i = start.segment();
            while (i < segments.size() && walk(i, i == start.segment() ? start.position() : 0))
            {
                i++;
            }
            if (!isAnyRead && start.compareTo(origin(0)) > 0)
            {
                // Where the log ends only the batch before can tell.
                cut = start.offset();
                isAgain = true;
            }
        }
        isWhole = taken > 0 && lastLength == segments.get(taken - 1).size() &&
            (!ctx.isLive() || taken < segments.size() || isLastSealed);
        endOffset = batchesEnd;
        final DigestAnchors.Anchor behind = anchors.at(emptyBase);
        if (!isMoreAbove && fault == null && behind != null && behind.behindGap() && behind.digest() == digest)
        {
            endOffset = Math.max(endOffset, emptyBase);
        }
    }

    private void begin()
    {
        taken = 0;
        lastLength = 0;
        isAnyRead = false;
        previousBase = 0;
        batchesEnd = Math.min(cut, Math.max(firstBase, ctx.logStartOffset()));
        lastEpoch = -1;
        lastTimestamp = -1;
        highestProducerId = producers.highestProducerId();
    }

    private void loadSnapshot(final long limit) throws IOException
    {
        Long offset = snapshots.floor(limit);
        while (offset != null)
        {
            producers = readSnapshot(offset);
            if (producers != null)
            {
                producersFrom = offset;
                return;
            }
            offset = snapshots.lower(offset);
        }
        producers = new ProducerState();
        producersFrom = Long.MIN_VALUE;
    }

    /** Null if it is corrupt, or not there any more. */
    ProducerState readSnapshot(final long offset) throws IOException
    {
        try
        {
            return ProducerSnapshot.read(
                ctx.sourceDirectory().resolve(LogSegment.fileName(offset, ProducerSnapshot.SUFFIX)));
        }
        catch (final NoSuchFileException ex)
        {
            return null;
        }
    }

    private void loadDigest(final long limit)
    {
        final Map.Entry<Long, DigestAnchors.Anchor> anchor = anchors.floor(limit);
        if (anchor != null)
        {
            digestFrom = anchor.getKey();
            digest = anchor.getValue().digest();
        }
        else
        {
            final boolean known = ctx.recoveryPoint() >= firstBase && ctx.recoveryPoint() <= limit;
            digestFrom = known ? ctx.recoveryPoint() : Math.min(firstBase, limit);
            digest = known ? ctx.recoveryDigest() : RollingDigest.SEED;
        }
    }

    /** Walks over a segment; false if what goes along ends in it. */
    private boolean walk(final int i, final int from) throws IOException
    {
        final LogSegment segment = segments.get(i);
        scanner.wrap(segment.open(), segment.size(), from);
        while (scanner.advance(isChecked()))
        {
            final BatchHeader header = scanner.header();
            if (header.lastOffset() >= cut)
            {
                isMoreAbove |= fault == null;
                return false;
            }
            if (header.baseOffset < batchesEnd || header.leaderEpoch < lastEpoch ||
                !segment.holds(header.baseOffset, header.lastOffset()))
            {
                // Either of the two may be the wrong one: what orders them is in fields that no CRC covers.
                cut = previousBase;
                isAgain = true;
                fault = segment.logPath() + " at position " + scanner.position() + ": batch " + header.baseOffset +
                    " of leader epoch " + header.leaderEpoch + " after offset " + batchesEnd + " of epoch " + lastEpoch;
                return false;
            }
            feed(header);
            taken = i + 1;
            lastLength = (int)scanner.nextPosition();
        }
        if (scanner.fault() != null)
        {
            fault = segment.logPath() + " at position " + scanner.position() + ": " + scanner.text();
            // What precedes the place at which the walk began goes along.
            taken = scanner.position() > 0 ? i + 1 : taken;
            lastLength = scanner.position() > 0 ? (int)scanner.position() : lastLength;
        }
        return fault == null;
    }

    /** Whether the next batch may be one that a crash has torn. */
    private boolean isChecked()
    {
        return !ctx.isLive() && batchesEnd >= ctx.recoveryPoint();
    }

    private void feed(final BatchHeader header)
    {
        if (header.baseOffset >= producersFrom)
        {
            producers.onBatch(header, scanner.marker(), (producerId, first, last, lastStable) -> { });
        }
        if (header.baseOffset >= digestFrom)
        {
            digest = RollingDigest.update(digest, header);
        }
        highestProducerId = Math.max(highestProducerId, header.producerId);
        isAnyRead = true;
        previousBase = header.baseOffset;
        batchesEnd = header.lastOffset() + 1;
        lastEpoch = header.leaderEpoch;
        lastTimestamp = header.maxTimestamp;
    }

    private BatchLocation origin(final int i)
    {
        return new BatchLocation(i, 0, segments.get(i).baseOffset());
    }

    /** A batch at or below an offset, by the index if that points at one. */
    private BatchLocation locate(final long offset) throws IOException
    {
        int i = segments.size() - 1;
        while (i > 0 && segments.get(i).baseOffset() > offset)
        {
            i--;
        }
        final LogSegment segment = segments.get(i);
        final SegmentIndexes.Entry entry = segment.indexes().floorByOffset(offset);
        if (entry != null && entry.position() >= 0 && entry.position() < segment.size())
        {
            scanner.wrap(segment.open(), segment.size(), entry.position());
            if (scanner.advance(false) && scanner.header().lastOffset() == entry.lastOffset())
            {
                return new BatchLocation(i, entry.position(), scanner.header().baseOffset);
            }
        }
        return origin(i);
    }

    private String damage()
    {
        final long promised = !ctx.isLive() ? Math.min(ctx.recoveryPoint(), ctx.cutOffset()) :
            ctx.cutOffset() == Long.MAX_VALUE ? 0 : ctx.cutOffset();
        if (endOffset >= promised || fault == null && isMoreAbove)
        {
            return null;
        }
        return fault != null ? fault :
            "the log ends at offset " + endOffset + " though it was durable up to " + promised;
    }

    private ExportPlan plan()
    {
        long toLink = 0;
        long toCopy = 0;
        for (int i = 0; i < taken; i++)
        {
            final boolean isLast = i == taken - 1;
            if (ctx.transfer() == LogExport.Transfer.COPY || isLast && !isWhole)
            {
                toCopy += isLast ? lastLength : segments.get(i).size();
            }
            else
            {
                toLink += segments.get(i).size();
            }
        }
        return new ExportPlan(
            Math.min(Math.max(ctx.logStartOffset(), firstBase), endOffset),
            endOffset,
            lastEpoch,
            digest,
            highestProducerId,
            openTransactions(producers.openTransactions()),
            lastTimestamp,
            taken,
            toLink,
            toCopy,
            damage());
    }
}
