package io.umbra.journal;

import io.umbra.journal.RecoveryReport.Kind;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.UUID;

/**
 * Opens a partition's directory, whatever a crash left there, so that the log is a prefix of what was written and all
 * that goes with it agrees. Where something has to be cut off, it is cut on disk and recovery starts over with what is
 * left, until nothing has to be cut: so there is one way through, and each start is a plain one.
 */
final class LogRecovery
{
    private final PartitionLogContext ctx;
    private final Path directory;
    private final RecoveryReport report;
    private boolean rebuildEpochs;
    private boolean restartDigest;

    LogRecovery(final PartitionLogContext ctx, final RecoveryReport report)
    {
        this.ctx = ctx;
        this.directory = ctx.directory();
        this.report = report;
    }

    LogState recover() throws IOException
    {
        prepareDirectory();
        while (true)
        {
            final LogState state = new LogState(ctx);
            boolean done = false;
            try
            {
                done = attempt(state);
                if (done)
                {
                    return state;
                }
            }
            finally
            {
                if (!done)
                {
                    for (final LogSegment segment : state.segments.values())
                    {
                        segment.close();
                    }
                }
            }
        }
    }

    private void prepareDirectory() throws IOException
    {
        if (!Files.isDirectory(directory))
        {
            Files.createDirectories(directory);
            AtomicFile.forceDirectory(ctx.segmentFiles(), ctx.journalDir());
        }
        final UUID found = PartitionFiles.readMetadata(directory);
        if (found == null)
        {
            PartitionFiles.writeMetadata(ctx.segmentFiles(), directory, ctx.topicId());
        }
        else if (!found.equals(ctx.topicId()))
        {
            throw new JournalException(directory + " holds topic id " + PartitionFiles.encode(found) + ", not " +
                PartitionFiles.encode(ctx.topicId()) + ": the topic was created anew");
        }
        removeStrays();
    }

    private void removeStrays() throws IOException
    {
        final NavigableSet<Long> bases = PartitionFiles.offsets(directory, LogSegment.LOG_SUFFIX);
        final List<Path> strays = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory))
        {
            for (final Path path : paths)
            {
                final String name = path.getFileName().toString();
                if (name.endsWith(AtomicFile.TEMP_SUFFIX))
                {
                    report.add(Kind.LEFTOVER_FILE, path, -1, -1, 0, "temporary file, removed");
                    strays.add(path);
                }
                else if (isOrphan(name, LogSegment.INDEX_SUFFIX, bases) ||
                    isOrphan(name, LogSegment.TIME_INDEX_SUFFIX, bases) ||
                    isOrphan(name, LogSegment.TXN_INDEX_SUFFIX, bases))
                {
                    report.add(Kind.ORPHAN_INDEX, path, -1, -1, 0, "no such segment, removed");
                    strays.add(path);
                }
            }
        }
        for (final Path stray : strays)
        {
            Files.deleteIfExists(stray);
        }
    }

    private static boolean isOrphan(final String name, final String suffix, final Set<Long> bases)
    {
        final long offset = PartitionFiles.offset(name, suffix);
        return offset >= 0 && !bases.contains(offset);
    }

    /** One way through; false if something was cut and it has to be gone again. */
    private boolean attempt(final LogState state) throws IOException
    {
        for (final long base : PartitionFiles.offsets(directory, LogSegment.LOG_SUFFIX))
        {
            final LogSegment segment = new LogSegment(ctx, base);
            segment.load();
            state.segments.put(base, segment);
        }
        final boolean created = state.segments.isEmpty();
        final String anchorFault = state.anchors.load(directory);
        if (anchorFault != null && !created)
        {
            report.add(Kind.MISSING_DIGESTS, directory.resolve(DigestAnchors.FILE_NAME), -1, -1, 0, anchorFault);
        }
        if (created)
        {
            reportLostSegments(state, Long.MAX_VALUE);
            createFirstSegment(state);
        }
        else if (cutAtMissingSegment(state))
        {
            return false;
        }
        final String epochFault = loadEpochs(state, created);
        if (epochFault != null)
        {
            rebuildEpochs = true;
        }
        final LeaderEpochs epochsOnFile = state.epochs.copy();
        final Set<Integer> badIndexes = checkIndexFiles(state);
        loadSnapshots(state);

        final RecoveryScan scan = new RecoveryScan(ctx, report, state, badIndexes, anchorFault == null);
        if (!scan.run(rebuildEpochs, restartDigest))
        {
            rebuildEpochs |= scan.epochsContradict();
            restartDigest |= scan.digestUnusable();
            return false;
        }
        finish(state, scan, epochsOnFile, epochFault != null || rebuildEpochs);
        return true;
    }

    private void createFirstSegment(final LogState state) throws IOException
    {
        final LogSegment first = new LogSegment(ctx, ctx.logStartOffset());
        first.create();
        state.segments.put(first.baseOffset(), first);
        state.anchors.all().clear();
        state.anchors.addSegment(first.baseOffset(), RollingDigest.SEED, 0);
        state.anchors.write(ctx.segmentFiles(), directory, true);
    }

    private String loadEpochs(final LogState state, final boolean created) throws IOException
    {
        if (!Files.exists(state.epochs.path()))
        {
            final boolean batches = state.segments.values().stream().anyMatch((segment) -> segment.size() > 0);
            if (!created && batches && !rebuildEpochs)
            {
                report.add(Kind.MISSING_EPOCHS, state.epochs.path(), -1, -1, 0, "rebuilt from the log");
            }
            return "missing";
        }
        final String fault = state.epochs.load();
        if (fault != null)
        {
            report.add(Kind.CORRUPT_EPOCHS, state.epochs.path(), -1, -1, 0, fault + "; rebuilt from the log");
        }
        return fault;
    }

    /** A segment that the anchors list and that is not there, or is empty where there were batches. */
    private boolean cutAtMissingSegment(final LogState state) throws IOException
    {
        final long first = state.segments.firstKey();
        final long last = state.segments.lastKey();
        for (final Map.Entry<Long, DigestAnchors.Anchor> entry : state.anchors.all().entrySet())
        {
            final long base = entry.getKey();
            final LogSegment segment = state.segments.get(base);
            if (!entry.getValue().segmentBase() || base < first ||
                segment != null && (segment.size() > 0 || base == last || !hadBatches(state, base)))
            {
                continue;
            }
            final Path path = directory.resolve(LogSegment.fileName(base, LogSegment.LOG_SUFFIX));
            final boolean durable = base < ctx.recoveryPoint();
            final String what = segment == null ? "the segment is gone" : "the segment is empty";
            if (base > last)
            {
                if (durable)
                {
                    report.add(Kind.MISSING_SEGMENT, path, base, -1, 0, what + "; the log ends before it");
                }
                entry.setValue(entry.getValue().asPoint());
                continue;
            }
            final List<LogSegment> segments = new ArrayList<>(state.segments.values());
            final int index = state.segments.headMap(base, segment != null).size() - 1;
            final long bytes = new LogCutter(ctx).cut(
                segments, state.anchors, index, segments.get(index).size(), base, durable);
            report.add(
                Kind.MISSING_SEGMENT,
                path,
                base,
                -1,
                bytes,
                what + "; the log ends before it, later segments were " +
                    (durable ? "moved to " + LogCutter.DAMAGED_DIR : "not yet durable and are cut off"));
            return true;
        }
        return lostBeginning(state, first);
    }

    /** The segment that the log began with is gone before it was durable: then nothing after it is of use. */
    private boolean lostBeginning(final LogState state, final long first) throws IOException
    {
        final Map.Entry<Long, DigestAnchors.Anchor> beginning = state.anchors.all().firstEntry();
        if (beginning == null || beginning.getKey() >= first || beginning.getKey() < ctx.recoveryPoint() ||
            !beginning.getValue().segmentBase() || first <= ctx.logStartOffset())
        {
            reportLostSegments(state, first);
            return false;
        }
        long bytes = 0;
        for (final LogSegment segment : state.segments.descendingMap().values())
        {
            bytes += segment.size();
            segment.delete();
        }
        final String name = LogSegment.fileName(beginning.getKey(), LogSegment.LOG_SUFFIX);
        report.add(
            Kind.MISSING_SEGMENT,
            directory.resolve(name),
            beginning.getKey(),
            -1,
            bytes,
            "the first segment is gone, later ones were not yet durable and are cut off");
        return true;
    }

    private boolean hadBatches(final LogState state, final long base)
    {
        final Map.Entry<Long, DigestAnchors.Anchor> next = state.anchors.all().higherEntry(base);
        return next == null || next.getValue().digest() != state.anchors.at(base).digest();
    }

    /** Segments below the first one that exists, though the log start says that they are needed. */
    private void reportLostSegments(final LogState state, final long first)
    {
        final List<Long> bases = new ArrayList<>();
        state.anchors.all().forEach(
            (base, anchor) ->
            {
                if (anchor.segmentBase())
                {
                    bases.add(base);
                }
            });
        for (int i = 0; i < bases.size() && bases.get(i) < first; i++)
        {
            final long end = i + 1 < bases.size() ? bases.get(i + 1) : ctx.recoveryPoint();
            if (end > ctx.logStartOffset() && bases.get(i) < ctx.recoveryPoint())
            {
                final Path path = directory.resolve(LogSegment.fileName(bases.get(i), LogSegment.LOG_SUFFIX));
                report.add(
                    Kind.MISSING_SEGMENT, path, bases.get(i), -1, 0, "the segment is gone; the log starts behind it");
            }
        }
        if (first != Long.MAX_VALUE)
        {
            state.anchors.removeBelow(first);
        }
    }

    private Set<Integer> checkIndexFiles(final LogState state) throws IOException
    {
        final Set<Integer> bad = new HashSet<>();
        int i = 0;
        for (final LogSegment segment : state.segments.values())
        {
            final boolean times = checkIndexFile(segment.indexes().times(), segment);
            if (!checkIndexFile(segment.indexes().offsets(), segment) || !times)
            {
                bad.add(i);
            }
            else
            {
                final String fault = segment.indexes().fault(segment.size(), i == state.segments.size() - 1);
                if (fault != null)
                {
                    report.add(Kind.CORRUPT_INDEX, segment.indexes().offsets().path(), -1, -1, 0, fault + "; rebuilt");
                    bad.add(i);
                }
            }
            i++;
        }
        return bad;
    }

    private boolean checkIndexFile(final IndexFile file, final LogSegment segment) throws IOException
    {
        if (!Files.exists(file.path()))
        {
            report.add(Kind.MISSING_INDEX, file.path(), segment.baseOffset(), -1, 0, "rebuilt from the log");
            return false;
        }
        final long size = Files.size(file.path());
        if (size % file.entrySize() != 0)
        {
            report.add(
                Kind.TORN_INDEX,
                file.path(),
                segment.baseOffset(),
                size,
                0,
                size + " bytes are not a multiple of " + file.entrySize() + "; rebuilt from the log");
            return false;
        }
        return true;
    }

    /**
     * Snapshots at segment bases and the newest ones between. Those above the recovery point may be torn, and may be of
     * batches that are not there any more: the walk makes them anew. Not so the one at the first segment, of batches
     * that were deleted: it cannot be made anew, and what it tells is true of any log that begins there.
     */
    private void loadSnapshots(final LogState state) throws IOException
    {
        state.snapshots.addAll(PartitionFiles.offsets(directory, ProducerSnapshot.SUFFIX));
        for (final long offset : List.copyOf(state.snapshots.tailSet(ctx.recoveryPoint(), false)))
        {
            if (offset != state.segments.firstKey())
            {
                deleteSnapshot(offset);
                state.snapshots.remove(offset);
            }
        }
        for (final long offset : state.snapshotPointsBeyond(LogState.SNAPSHOT_POINTS))
        {
            deleteSnapshot(offset);
            state.snapshots.remove(offset);
        }
    }

    private void deleteSnapshot(final long offset) throws IOException
    {
        Files.deleteIfExists(directory.resolve(LogSegment.fileName(offset, ProducerSnapshot.SUFFIX)));
    }

    private void finish(
        final LogState state, final RecoveryScan scan, final LeaderEpochs epochsOnFile, final boolean writeEpochs)
        throws IOException
    {
        final long recoveryPoint = ctx.recoveryPoint();
        if (state.endOffset < recoveryPoint && report.cutBytes() == 0 && !report.has(Kind.MISSING_SEGMENT))
        {
            report.add(
                Kind.SHORT_LOG,
                state.active().logPath(),
                state.endOffset,
                state.active().size(),
                0,
                "the log ends at offset " + state.endOffset + " though it was durable up to " + recoveryPoint);
        }
        state.logStartOffset = Math.min(
            Math.max(ctx.logStartOffset(), state.segments.firstKey()), state.endOffset);
        state.epochs.truncateFromEnd(state.endOffset);
        state.epochs.truncateFromStart(state.logStartOffset);
        if (writeEpochs || !state.epochs.sameAs(epochsOnFile))
        {
            state.epochs.write();
        }
        // Above the end there can be the base of an empty active segment.
        final boolean anchorsChanged =
            state.anchors.removeAbove(Math.max(state.endOffset, state.segments.lastKey())) | scan.anchorsAdded();
        if (anchorsChanged)
        {
            state.anchors.write(ctx.segmentFiles(), directory, false);
        }
        force(state, scan.firstSegment());
    }

    /** What recovery leaves is durable, and what it cut off stays away. */
    private void force(final LogState state, final LogSegment firstScanned) throws IOException
    {
        final List<FileChannel> channels = new ArrayList<>();
        for (final LogSegment segment : state.segments.tailMap(firstScanned.baseOffset(), true).values())
        {
            segment.flushIndexes();
            if (state.endOffset > ctx.recoveryPoint() || !report.isClean())
            {
                segment.open();
                segment.markUnforced();
            }
            segment.takeUnforced(channels);
        }
        for (final FileChannel channel : channels)
        {
            ctx.segmentFiles().force(channel, false);
        }
        AtomicFile.forceFile(ctx.segmentFiles(), state.epochs.path());
        AtomicFile.forceFile(ctx.segmentFiles(), directory.resolve(DigestAnchors.FILE_NAME));
        AtomicFile.forceDirectory(ctx.segmentFiles(), directory);
        for (final LogSegment segment : state.segments.values())
        {
            if (segment != state.active())
            {
                segment.close();
            }
        }
    }
}
