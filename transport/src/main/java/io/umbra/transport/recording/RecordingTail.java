package io.umbra.transport.recording;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.NavigableSet;
import java.util.function.Consumer;

/**
 * Makes a recording whose engine was killed end with its last whole frame, so that it can go on from there.
 */
final class RecordingTail
{
    private RecordingTail()
    {
    }

    /**
     * Cut off what is not whole. Only while nobody records there.
     *
     * @param dir       of the archive.
     * @param recording that is meant; nothing is done if it was closed.
     * @param findings  told if there was something to cut off.
     * @throws IOException if the last file cannot be read or changed.
     */
    static void repair(final Path dir, final Recording recording, final Consumer<Finding> findings) throws IOException
    {
        final NavigableSet<Long> bases = ArchiveDirectory.segments(dir, recording.id());
        if (recording.isStopped() || bases.isEmpty())
        {
            return;
        }
        final long base = bases.last();
        final long end = RecordingReader.endOf(dir, recording);
        final boolean isClean;
        try (SegmentMap segment = new SegmentMap(dir, recording, base))
        {
            isClean = !segment.holds(end) || 0 == segment.frameLength(end);
        }
        if (isClean)
        {
            return;
        }
        try (FileChannel channel = FileChannel.open(
            ArchiveDirectory.segment(dir, recording.id(), base), StandardOpenOption.WRITE))
        {
            channel.truncate(end - base);
        }
        findings.accept(new Finding(Finding.Kind.TORN, recording.id(), end, end,
            "the last frame was not whole, since its engine was killed: cut off"));
    }
}
