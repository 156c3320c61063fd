package io.umbra.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Puts the bytes of a partition log on disk: chooses the segment, rolls, writes, takes back what a failed write left,
 * and knows what has not been forced yet. All that can fail comes before or with the write of the log bytes, so that
 * what follows it, in memory alone, cannot.
 */
final class LogWriter
{
    /** Index entries gathered beyond this are written with the next append. */
    private static final int MAX_PENDING_INDEX_BYTES = 64 * 1024;

    private final PartitionLogContext ctx;
    private final LogState state;
    /** Full segments that have not been forced since their last write. */
    private final List<LogSegment> unforcedSegments = new ArrayList<>();
    private final LinkedHashSet<Path> unforcedFiles = new LinkedHashSet<>();
    private boolean directoryChanged;
    /** Length to which the active segment's file has to be cut before it is written again, or -1. */
    private int repairLength = -1;

    LogWriter(final PartitionLogContext ctx, final LogState state)
    {
        this.ctx = ctx;
        this.state = state;
    }

    /** The segment for an append, rolled if it must be. */
    LogSegment segmentFor(final long firstOffset, final long lastOffset, final int length) throws IOException
    {
        repair();
        final LogSegment active = state.active();
        if (active.size() == 0)
        {
            return active.holds(firstOffset, lastOffset) ? active : replaceEmptyActive(firstOffset);
        }
        final long newSize = (long)active.size() + length;
        if (newSize > ctx.segmentBytes() || !active.holds(firstOffset, lastOffset) || active.indexes().isFull() ||
            active.isShared())
        {
            return roll(firstOffset);
        }
        if (active.pendingIndexBytes() > MAX_PENDING_INDEX_BYTES)
        {
            active.flushIndexes();
        }
        return active;
    }

    /** The next batch goes into a segment of this name, whatever room there is in the active one. */
    void beginSegmentAt(final long offset) throws IOException
    {
        repair();
        if (state.active().size() == 0)
        {
            if (state.active().baseOffset() != offset)
            {
                replaceEmptyActive(offset);
            }
        }
        else
        {
            roll(offset);
        }
        state.anchors.all().computeIfPresent(offset, (base, anchor) -> anchor.atSegment(true));
        writeAnchors(false);
    }

    private LogSegment roll(final long baseOffset) throws IOException
    {
        final LogSegment full = state.active();
        full.indexes().seal();
        full.flushIndexes();
        state.producers.expire(ctx.clock().time(), ctx.producerIdExpirationMs());
        writeSnapshot(baseOffset);
        final LogSegment next = new LogSegment(ctx, baseOffset);
        next.create();
        try
        {
            state.anchors.addSegment(baseOffset, state.digest, full.transactions().crc(Long.MAX_VALUE));
            writeAnchors(false);
        }
        catch (final IOException ex)
        {
            state.anchors.all().remove(baseOffset);
            next.delete();
            throw ex;
        }
        state.segments.put(baseOffset, next);
        state.bytesSinceState = 0;
        unforcedSegments.add(full);
        directoryChanged = true;
        removeSnapshotPoints(LogState.SNAPSHOT_POINTS);
        return next;
    }

    /** The active segment has no batch yet, and the first one does not fit its name. */
    LogSegment replaceEmptyActive(final long baseOffset) throws IOException
    {
        final LogSegment old = state.active();
        LogSegment segment = state.segments.get(baseOffset);
        if (segment == null)
        {
            segment = new LogSegment(ctx, baseOffset);
            segment.create();
        }
        final DigestAnchors.Anchor anchor = state.anchors.all().remove(old.baseOffset());
        state.anchors.all().put(baseOffset, anchor.atSegment(false));
        try
        {
            writeAnchors(false);
            old.delete();
        }
        catch (final IOException ex)
        {
            state.anchors.all().remove(baseOffset);
            state.anchors.all().put(old.baseOffset(), anchor);
            segment.delete();
            throw ex;
        }
        state.segments.remove(old.baseOffset());
        state.segments.put(baseOffset, segment);
        directoryChanged = true;
        if (old.baseOffset() > state.endOffset && state.snapshots.remove(old.baseOffset()))
        {
            Files.deleteIfExists(snapshotPath(old.baseOffset()));
        }
        return segment;
    }

    /** Writes at the end of the active segment's file. If that fails the file is cut back to where it was. */
    void write(final LogSegment segment, final BatchBytes bytes, final int position) throws IOException
    {
        try
        {
            segment.write(bytes, position);
        }
        catch (final IOException ex)
        {
            repairLength = position;
            try
            {
                repair();
            }
            catch (final IOException suppressed)
            {
                // Remembered: the next append tries again before it writes.
                ex.addSuppressed(suppressed);
            }
            throw ex;
        }
    }

    /** Cuts the active segment's file back to a length, now or before the next append. */
    void cutTo(final int length) throws IOException
    {
        repairLength = length;
        repair();
    }

    private void repair() throws IOException
    {
        if (repairLength >= 0)
        {
            state.active().truncateFile(repairLength);
            repairLength = -1;
        }
    }

    void writeEpochs() throws IOException
    {
        state.epochs.write();
        replaced(state.epochs.path());
    }

    void writeAnchors(final boolean force) throws IOException
    {
        state.anchors.write(ctx.segmentFiles(), ctx.directory(), force);
        replaced(ctx.directory().resolve(DigestAnchors.FILE_NAME));
    }

    /** A producer snapshot and a digest anchor at the end of the log. */
    void writeState() throws IOException
    {
        writeSnapshot(state.endOffset);
        // Not always the active one: it may be empty and begin above the end, behind a gap.
        final LogSegment containing = state.segments.floorEntry(state.endOffset).getValue();
        state.anchors.addPoint(state.endOffset, state.digest, containing.transactions().crc(state.endOffset));
        writeAnchors(false);
        state.bytesSinceState = 0;
        removeSnapshotPoints(LogState.SNAPSHOT_POINTS);
    }

    private void writeSnapshot(final long offset) throws IOException
    {
        if (!state.snapshots.contains(offset))
        {
            ProducerSnapshot.write(ctx.segmentFiles(), snapshotPath(offset), state.producers);
            state.snapshots.add(offset);
            replaced(snapshotPath(offset));
        }
    }

    /** Snapshots stay where segments begin; of those between, only some of the newest. */
    void removeSnapshotPoints(final int keep) throws IOException
    {
        for (final long offset : state.snapshotPointsBeyond(keep))
        {
            removeSnapshot(offset);
        }
    }

    void forceSnapshot(final long offset) throws IOException
    {
        AtomicFile.forceFile(ctx.segmentFiles(), snapshotPath(offset));
    }

    void removeSnapshot(final long offset) throws IOException
    {
        Files.deleteIfExists(snapshotPath(offset));
        state.snapshots.remove(offset);
        unforcedFiles.remove(snapshotPath(offset));
    }

    private Path snapshotPath(final long offset)
    {
        return ctx.directory().resolve(LogSegment.fileName(offset, ProducerSnapshot.SUFFIX));
    }

    private void replaced(final Path path)
    {
        unforcedFiles.add(path);
        directoryChanged = true;
    }

    /** Whether something other than log bytes waits to be forced. */
    boolean hasUnforced()
    {
        return directoryChanged || !unforcedSegments.isEmpty();
    }

    boolean isUnforced(final LogSegment segment)
    {
        return unforcedSegments.contains(segment);
    }

    void forget(final LogSegment segment)
    {
        unforcedSegments.remove(segment);
    }

    /** Hands over all that has not been forced. */
    FlushTicket ticket(final PartitionLog log, final long generation) throws IOException
    {
        if (state.bytesSinceState >= ctx.stateIntervalBytes())
        {
            writeState();
        }
        final List<LogSegment> segments = new ArrayList<>(unforcedSegments);
        segments.add(state.active());
        for (final LogSegment segment : segments)
        {
            segment.flushIndexes();
        }
        final List<FileChannel> channels = new ArrayList<>();
        for (final LogSegment segment : segments)
        {
            segment.takeUnforced(channels);
        }
        final FlushTicket ticket = new FlushTicket(
            log, ctx, channels, segments, List.copyOf(unforcedFiles), directoryChanged, generation, true);
        unforcedSegments.clear();
        unforcedFiles.clear();
        directoryChanged = false;
        return ticket;
    }

    /** Hands over the active segment's log, when nothing else must be forced with it. */
    FlushTicket logTicket(final PartitionLog log, final long generation)
    {
        final List<FileChannel> channels = new ArrayList<>(1);
        state.active().takeUnforcedLog(channels);
        return new FlushTicket(log, ctx, channels, List.of(state.active()), List.of(), false, generation, false);
    }

    /** Takes back what a ticket did not force. */
    void takeBack(final FlushTicket ticket)
    {
        for (final LogSegment segment : ticket.segments())
        {
            if (state.segments.get(segment.baseOffset()) == segment)
            {
                segment.markUnforced();
                if (segment != state.active() && !unforcedSegments.contains(segment))
                {
                    unforcedSegments.add(segment);
                }
            }
        }
        unforcedFiles.addAll(ticket.replacedFiles());
        directoryChanged |= ticket.directoryChanged();
    }
}
