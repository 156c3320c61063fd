package io.umbra.transport.recording;

import io.aeron.archive.client.AeronArchive;
import io.aeron.archive.client.ArchiveException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;

/**
 * Keeps recordings within their size: deletes whole files, that which was written longest ago first, and never what
 * somebody replays. Files that are begun count as if they were full, and so does the next one of each stream that is
 * being recorded. For the recorder's thread.
 */
final class RecordingPurge
{
    /** What the archive appends to the names of files that it deletes. */
    static final String DELETED_SUFFIX = ".del";
    private static final int MAX_REFUSALS = 50;

    private final Path dir;
    private final AeronArchive client;
    private final long maxBytes;
    private final int termLength;
    private final FlightRecorder.Events events;
    private long seenTerms = -1;
    private boolean isDue = true;
    private boolean isHeld;
    private int refusals;
    /** Files that the archive was told to delete, which it does in its own time. */
    private final List<Path> deleting = new ArrayList<>();

    RecordingPurge(
        final Path dir,
        final AeronArchive client,
        final long maxBytes,
        final int termLength,
        final FlightRecorder.Events events)
    {
        this.dir = dir;
        this.client = client;
        this.maxBytes = maxBytes;
        this.termLength = termLength;
        this.events = events;
    }

    /** What may be deleted of a recording, first things first. */
    private static final class Purgeable
    {
        private final Recording recording;
        private final boolean isActive;
        private final Deque<Segment> segments = new ArrayDeque<>();
        private final List<Segment> toDelete = new ArrayList<>();
        private long newStart = -1;

        Purgeable(final Recording recording, final boolean isActive)
        {
            this.recording = recording;
            this.isActive = isActive;
        }

        void removeFirst()
        {
            final Segment first = segments.removeFirst();
            toDelete.add(first);
            newStart = first.end;
        }
    }

    private record Segment(long base, long end, long writtenMs)
    {
    }

    void purge(final List<RecordedShard> active) throws IOException
    {
        // Sizes change only with a new file, which begins with a term.
        final long terms = active.stream().mapToLong((shard) -> shard.position() / termLength).sum();
        if (terms == seenTerms && !isDue || isDeleting())
        {
            return;
        }
        seenTerms = terms;
        final List<Purgeable> recordings = new ArrayList<>();
        long bytes = 0;
        for (final Recording recording : ArchiveDirectory.recordings(dir))
        {
            final Purgeable files =
                new Purgeable(recording, active.stream().anyMatch((shard) -> shard.recordingId() == recording.id()));
            bytes += list(files);
            recordings.add(files);
        }
        final boolean isTooLarge = bytes > maxBytes;
        boolean isBlocked = false;
        while (bytes > maxBytes && !isBlocked)
        {
            final Optional<Purgeable> oldest = oldest(recordings);
            if (oldest.isPresent())
            {
                oldest.get().removeFirst();
                bytes -= oldest.get().recording.segmentLength();
            }
            else
            {
                isBlocked = true;
            }
        }
        sayHeld(isBlocked && recordings.stream().anyMatch((files) -> !files.segments.isEmpty()));
        for (final Purgeable files : recordings)
        {
            delete(files);
        }
        isDue = isTooLarge;
    }

    private boolean isDeleting()
    {
        deleting.removeIf((file) ->
            Files.notExists(file) && Files.notExists(file.resolveSibling(file.getFileName() + DELETED_SUFFIX)));
        return !deleting.isEmpty();
    }

    /** The file that is being written is not for deletion. */
    private long list(final Purgeable files) throws IOException
    {
        final Recording recording = files.recording;
        final NavigableSet<Long> bases = ArchiveDirectory.segments(dir, recording.id());
        for (final long base : files.isActive && !bases.isEmpty() ? bases.headSet(bases.last()) : bases)
        {
            files.segments.add(new Segment(base, base + recording.segmentLength(),
                Files.getLastModifiedTime(ArchiveDirectory.segment(dir, recording.id(), base)).toMillis()));
        }
        return (long)(bases.size() + (files.isActive ? 1 : 0)) * recording.segmentLength();
    }

    private Optional<Purgeable> oldest(final List<Purgeable> recordings) throws IOException
    {
        final List<Purgeable> candidates = new ArrayList<>();
        for (final Purgeable files : recordings)
        {
            if (!files.segments.isEmpty() &&
                ReplayHold.lowest(dir, files.recording.id()) >= files.segments.getFirst().end)
            {
                candidates.add(files);
            }
        }
        return candidates.stream().min(Comparator.comparingLong((files) -> files.segments.getFirst().writtenMs));
    }

    private void delete(final Purgeable files)
    {
        if (files.newStart < 0)
        {
            return;
        }
        try
        {
            if (files.segments.isEmpty() && !files.isActive)
            {
                client.purgeRecording(files.recording.id());
            }
            else
            {
                client.purgeSegments(files.recording.id(), files.newStart);
            }
        }
        catch (final ArchiveException ex)
        {
            // It may be about to end an earlier deletion.
            refusals++;
            if (refusals > MAX_REFUSALS)
            {
                throw ex;
            }
            return;
        }
        refusals = 0;
        files.toDelete.forEach((segment) ->
            deleting.add(ArchiveDirectory.segment(dir, files.recording.id(), segment.base)));
    }

    private void sayHeld(final boolean isHeldNow)
    {
        if (isHeldNow && !isHeld)
        {
            events.onWarning("the recordings grow beyond archive.max.bytes, " + maxBytes +
                ": a replay needs their oldest files");
        }
        isHeld = isHeldNow;
    }
}
