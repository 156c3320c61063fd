package io.umbra.transport.recording;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.NavigableSet;
import java.util.function.Consumer;

/**
 * Makes a recording whose engine was killed end with its last whole frame, so that it can go on from there.
 * <p>
 * The archive would look for the end itself when it is launched, but does not find every one: where a piece of the file
 * that it reads at once ends with a frame, it fails.
 */
final class RecordingTail
{
    private RecordingTail()
    {
    }

    /**
     * Cut off what is not whole, and say in the catalog where the recording ends. Only while nobody records there.
     *
     * @param dir       of the archive.
     * @param recording that was not closed.
     * @param findings  told if a frame had to be cut off.
     * @throws IOException if the last file or the catalog cannot be read or changed.
     */
    static void repair(final Path dir, final Recording recording, final Consumer<Finding> findings) throws IOException
    {
        final long end = RecordingReader.endOf(dir, recording);
        final NavigableSet<Long> bases = ArchiveDirectory.segments(dir, recording.id());
        if (!bases.isEmpty())
        {
            cutOff(dir, recording, bases.last(), end, findings);
        }
        ArchiveDirectory.stop(dir, recording.id(), end);
    }

    private static void cutOff(
        final Path dir, final Recording recording, final long base, final long end, final Consumer<Finding> findings)
        throws IOException
    {
        final boolean isClean;
        try (SegmentMap segment = new SegmentMap(dir, recording, base))
        {
            isClean = !segment.holds(end) || 0 == segment.frameLength(end);
        }
        // Also where the file seems to end cleanly: after a loss of power, pages behind a lost one may be there.
        try (FileChannel channel = FileChannel.open(
            ArchiveDirectory.segment(dir, recording.id(), base), StandardOpenOption.WRITE))
        {
            channel.truncate(end - base);
            channel.force(true);
        }
        if (!isClean)
        {
            findings.accept(new Finding(Finding.Kind.TORN, recording.id(), end, end,
                "the last frame was not whole, since its engine was killed: cut off"));
        }
    }
}
