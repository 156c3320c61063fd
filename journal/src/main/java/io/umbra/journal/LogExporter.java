package io.umbra.journal;

import io.umbra.journal.LogExport.Transfer;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Carries out one export. The files come together in a directory beside the target whose name no broker takes for a
 * partition's, so that a broker does not start on half an export. Those segments that recovery wants to look at come
 * first, and are opened there as a partition log: so indexes, producer state and epochs at the cut are made by the code
 * that makes them for the journal, which leaves every file alone that is shared with the source. The log ends with a
 * segment of its own, since a broker writes into the last one. The older segments follow unread.
 */
final class LogExporter
{
    private static final String STAGING_SUFFIX = ".export";

    private final LogExport.Context ctx;
    private final SegmentFiles files;
    /** All is made durable at the end, each file once: what is there before is nothing to anybody. */
    private final SegmentFiles unforced = new Unforced();
    private final Path parent;
    private final Path staging;
    private final Path directory;
    private ExportScan scan;
    private ExportPlan plan;
    private List<LogSegment> taken;

    LogExporter(final LogExport.Context ctx)
    {
        this.ctx = ctx;
        this.files = ctx.segmentFiles();
        this.parent = ctx.targetDirectory().toAbsolutePath().getParent();
        this.staging = parent.resolve(
            PartitionFiles.encode(ctx.topicId()) + "-" + ctx.partition() + STAGING_SUFFIX);
        this.directory = staging.resolve(ctx.targetDirectory().getFileName());
    }

    ExportedLog run() throws IOException
    {
        scan = new ExportScan(ctx);
        plan = scan.run();
        taken = scan.taken();
        if (!plan.openTransactions().isEmpty() && ctx.markerLeaderEpoch() <= plan.lastEpoch())
        {
            throw new JournalException("markerLeaderEpoch=" + ctx.markerLeaderEpoch() +
                " is not above the last leader epoch of " + ctx.sourceDirectory() + ", " + plan.lastEpoch());
        }
        Files.createDirectories(parent);
        if (ctx.transfer() != Transfer.COPY && !SharedFile.isSameDevice(ctx.sourceDirectory(), parent))
        {
            throw new JournalException(
                ctx.sourceDirectory() + " and " + parent + " are on different file systems: transfer=" +
                    ctx.transfer() + " is not possible, only COPY is");
        }
        final ExportedLog log = assembleOrNothing();
        Files.move(directory, ctx.targetDirectory(), StandardCopyOption.ATOMIC_MOVE);
        delete(staging);
        AtomicFile.forceDirectory(files, parent);
        if (ctx.transfer() == Transfer.MOVE)
        {
            removeSource();
        }
        return log;
    }

    private ExportedLog assembleOrNothing() throws IOException
    {
        // What an export that was killed has left.
        delete(staging);
        try
        {
            Files.createDirectories(directory);
            return assemble();
        }
        catch (final IOException | RuntimeException ex)
        {
            try
            {
                delete(staging);
            }
            catch (final IOException suppressed)
            {
                ex.addSuppressed(suppressed);
            }
            throw ex;
        }
    }

    private ExportedLog assemble() throws IOException
    {
        final int first = firstToOpen();
        for (int i = first; i < taken.size(); i++)
        {
            place(i);
        }
        placeSnapshots(first);
        final ExportedLog made;
        try (PartitionLog log = PartitionLog.open(openingContext(first)))
        {
            made = finish(log);
        }
        Files.deleteIfExists(directory.resolve(DigestAnchors.FILE_NAME));
        for (int i = 0; i < first; i++)
        {
            place(i);
        }
        scan.checkNothingWasDeleted();
        writeEpochs(first);
        return counted(made, taken.isEmpty() ? 0 : taken.get(first).baseOffset());
    }

    /** Index of the segment in which recovery begins, since there it finds all that it needs. */
    private int firstToOpen() throws IOException
    {
        final LeaderEpochs epochs = new LeaderEpochs(files, ctx.sourceDirectory());
        if (!Files.exists(epochs.path()) || epochs.load() != null)
        {
            return 0;
        }
        int i = 0;
        while (i < taken.size() - 1 && isSound(i))
        {
            i++;
        }
        while (i > 0 && (taken.get(i).baseOffset() >= scan.recoveryPoint() ||
            scan.anchors().at(taken.get(i).baseOffset()) == null ||
            scan.readSnapshot(taken.get(i).baseOffset()) == null))
        {
            i--;
        }
        return i;
    }

    /** Whether a full segment has its indexes. Of the transaction index only the anchors know what is in it. */
    private boolean isSound(final int i) throws IOException
    {
        final LogSegment segment = taken.get(i);
        final DigestAnchors.Anchor end = scan.anchors().at(taken.get(i + 1).baseOffset());
        return Files.exists(segment.indexes().offsets().path()) && Files.exists(segment.indexes().times().path()) &&
            (end == null || end.txnIndexCrc() == segment.transactions().crc(Long.MAX_VALUE));
    }

    /** The files of a segment; how long each one is was found out before. */
    private void place(final int i) throws IOException
    {
        final LogSegment segment = taken.get(i);
        final boolean isLast = i == taken.size() - 1;
        final boolean isWhole = !isLast || scan.isLastWhole();
        place(segment.logPath(), isLast ? scan.lastLength() : segment.size(), isWhole);
        for (final IndexFile index : List.of(
            segment.indexes().offsets(), segment.indexes().times(), segment.transactions().file()))
        {
            final long length = (long)index.entries() * index.entrySize();
            if (Files.exists(index.path()))
            {
                // A broker would cut off half an entry.
                place(index.path(), length, isWhole && length == Files.size(index.path()));
            }
        }
        if (isLast && scan.lastLength() < segment.size())
        {
            final LogSegment cut = new LogSegment(ctx.logContext(staging, unforced), segment.baseOffset());
            cut.load();
            cut.indexes().cut(cut.size(), scan.batchesEnd());
            cut.close();
        }
    }

    private void placeSnapshots(final int first) throws IOException
    {
        final Long newest = scan.snapshots().floor(scan.recoveryPoint());
        for (int i = 0; i < taken.size(); i++)
        {
            final long base = taken.get(i).baseOffset();
            if (scan.snapshots().contains(base) && (i <= first || base <= scan.recoveryPoint()))
            {
                placeSnapshot(base);
            }
        }
        if (newest != null && !Files.exists(directory.resolve(LogSegment.fileName(newest, ProducerSnapshot.SUFFIX))))
        {
            placeSnapshot(newest);
        }
    }

    private void placeSnapshot(final long offset) throws IOException
    {
        final Path source = ctx.sourceDirectory().resolve(LogSegment.fileName(offset, ProducerSnapshot.SUFFIX));
        try
        {
            place(source, Files.size(source), true);
        }
        catch (final NoSuchFileException ex)
        {
            // A live log drops the ones it needs no more; an older one does as well.
            return;
        }
    }

    private void place(final Path source, final long length, final boolean isWhole) throws IOException
    {
        final Path target = directory.resolve(source.getFileName());
        if (!isWhole || length == 0 || ctx.transfer() == Transfer.COPY)
        {
            SharedFile.copy(unforced, source, length, target);
            return;
        }
        try
        {
            Files.createLink(target, source);
        }
        catch (final NoSuchFileException ex)
        {
            throw ex;
        }
        catch (final FileSystemException | UnsupportedOperationException ex)
        {
            throw new JournalException(
                source + " cannot be linked to " + parent + " (" + ex.getMessage() + "): transfer=" +
                    ctx.transfer() + " is not possible, only COPY is",
                ex);
        }
    }

    private PartitionLogContext openingContext(final int first) throws IOException
    {
        final long base = taken.isEmpty() ? plan.endOffset() : taken.get(first).baseOffset();
        final long recoveryPoint = taken.isEmpty() ? base : scan.recoveryPoint();
        final PartitionLogContext opening = ctx.logContext(staging, unforced)
            .logStartOffset(Math.max(base, plan.logStartOffset()))
            .recoveryPoint(recoveryPoint);
        if (!taken.isEmpty())
        {
            final DigestAnchors anchors = scan.anchors();
            anchors.removeBelow(base);
            anchors.removeAbove(scan.batchesEnd());
            if (!anchors.all().isEmpty())
            {
                anchors.write(unforced, directory, false);
            }
            if (recoveryPoint == scan.batchesEnd())
            {
                opening.knownDigest(recoveryPoint, plan.digest());
            }
            else if (recoveryPoint > 0)
            {
                opening.knownDigest(recoveryPoint, ctx.recoveryDigest());
            }
            final LeaderEpochs epochs = new LeaderEpochs(files, ctx.sourceDirectory());
            if (Files.exists(epochs.path()) && epochs.load() == null)
            {
                place(epochs.path(), Files.size(epochs.path()), false);
            }
        }
        return opening;
    }

    /** Lets the log go on behind the cut in a segment of its own, in which the open transactions end. */
    private ExportedLog finish(final PartitionLog log) throws IOException
    {
        final boolean isAsPlanned = taken.isEmpty() ||
            log.endOffset() == scan.batchesEnd() && log.digest() == plan.digest();
        if (!isAsPlanned && ctx.isLive())
        {
            throw new JournalException(ctx.sourceDirectory() + " has changed below offset " + plan.endOffset() +
                " while it was exported: " + log.recoveryReport());
        }
        final long end = isAsPlanned ? plan.endOffset() : log.endOffset();
        final long digest = taken.isEmpty() ? plan.digest() : log.digest();
        final int lastEpoch = log.lastEpoch();
        log.beginSegment(end);
        final List<ProducerState.Entry> open = log.openTransactions();
        final List<OpenTransaction> aborted = ExportScan.openTransactions(open);
        if (!open.isEmpty())
        {
            try
            {
                log.append(
                    AbortMarkers.encode(open, end, ctx.markerLeaderEpoch(), ctx.nowMs()), new AppendResult());
            }
            catch (final InvalidBatchException ex)
            {
                throw new JournalException("ABORT markers cannot be appended to " + directory, ex);
            }
        }
        return new ExportedLog(
            new PartitionKey(ctx.topic(), ctx.partition()),
            Math.min(plan.logStartOffset(), end),
            end,
            log.endOffset(),
            taken.isEmpty() ? plan.lastEpoch() : lastEpoch,
            digest,
            plan.highestProducerId(),
            aborted,
            plan.lastTimestamp(),
            taken.size(),
            0,
            0,
            isAsPlanned ? plan.damage() : log.recoveryReport().toString());
    }

    /** The epochs of the segments that were not opened, and then those that the log has written down. */
    private void writeEpochs(final int first) throws IOException
    {
        final LeaderEpochs opened = new LeaderEpochs(files, directory);
        final LeaderEpochs all = new LeaderEpochs(files, ctx.sourceDirectory());
        final boolean isKnown = Files.exists(all.path()) && all.load() == null;
        if (opened.load() == null && isKnown && !taken.isEmpty())
        {
            all.truncateFromEnd(taken.get(first).baseOffset());
            all.assignAll(opened);
            all.truncateFromStart(plan.logStartOffset());
            opened.set(all);
            opened.write();
        }
    }

    /**
     * Makes all durable that was made here, and tells it from what the source has too. Of that, what was opened may not
     * have been durable there.
     */
    private ExportedLog counted(final ExportedLog made, final long opened) throws IOException
    {
        long linked = 0;
        long copied = 0;
        for (final Path file : list(directory))
        {
            final long bytes = Files.size(file);
            final boolean isShared = SharedFile.isShared(file);
            linked += isShared ? bytes : 0;
            copied += isShared ? 0 : bytes;
            final long base = PartitionFiles.offset(file.getFileName().toString(), LogSegment.LOG_SUFFIX);
            if (bytes > 0 && (!isShared || base >= opened))
            {
                AtomicFile.forceFile(files, file);
            }
        }
        AtomicFile.forceDirectory(files, directory);
        return new ExportedLog(
            made.partition(),
            made.logStartOffset(),
            made.endOffset(),
            made.promotedEndOffset(),
            made.lastEpoch(),
            made.digest(),
            made.highestProducerId(),
            made.openTransactions(),
            made.lastTimestamp(),
            made.segments(),
            linked,
            copied,
            made.damage());
    }

    /** Of a move: what went along goes from the source, or all if nothing is left above the cut. */
    private void removeSource() throws IOException
    {
        if (!scan.isCut())
        {
            delete(ctx.sourceDirectory());
        }
        else
        {
            for (int i = 0; i < taken.size(); i++)
            {
                if (i < taken.size() - 1 || scan.isLastWhole())
                {
                    taken.get(i).deleteFiles();
                }
            }
        }
        AtomicFile.forceDirectory(files, ctx.sourceDirectory().toAbsolutePath().getParent());
    }

    private final class Unforced implements SegmentFiles
    {
        @Override
        public FileChannel open(final Path path, final OpenOption... options) throws IOException
        {
            return files.open(path, options);
        }

        @Override
        public void force(final FileChannel channel, final boolean metaData)
        {
            // Later.
        }
    }

    private static List<Path> list(final Path directory) throws IOException
    {
        final List<Path> paths = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory))
        {
            stream.forEach(paths::add);
        }
        return paths;
    }

    private static void delete(final Path path) throws IOException
    {
        if (Files.isDirectory(path))
        {
            for (final Path inside : list(path))
            {
                delete(inside);
            }
        }
        Files.deleteIfExists(path);
    }
}
