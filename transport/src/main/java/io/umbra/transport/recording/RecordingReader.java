package io.umbra.transport.recording;

import io.aeron.protocol.DataHeaderFlyweight;
import io.umbra.transport.FrameDecoder;
import io.umbra.transport.FrameHandler;
import io.umbra.transport.FrameSource;
import io.umbra.transport.TransportException;
import org.agrona.CloseHelper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.function.Consumer;

/**
 * Reads a recording from its files, message by message and in place, while it is being recorded too. One thread.
 * <p>
 * Every frame's checksum is checked before the message is handed out. What cannot be read is passed over and said as a
 * {@link Finding}: after damage, reading goes on at the next term, where a message always begins; after a file that is
 * missing, at the next one. Where nothing (more) was recorded, the reader is at its end, and reads on when called later
 * and there is more.
 */
public final class RecordingReader implements FrameSource, AutoCloseable
{
    private static final int HEADER_LENGTH = DataHeaderFlyweight.HEADER_LENGTH;

    private final Path dir;
    private final Recording recording;
    private final long endPosition;
    private final Consumer<Finding> findings;
    private final FrameDecoder decoder = new FrameDecoder();
    private SegmentMap segment;
    private long position;
    private long messageStart;
    private boolean isAtEnd;

    /**
     * A reader of a part of a recording.
     *
     * @param dir          of the archive.
     * @param recording    to be read.
     * @param fromPosition where to begin; a message must begin there, as it does where an engine's run has begun, and
     *                     at the first position of a recording.
     * @param toPosition   where to end, at the latest; {@link Long#MAX_VALUE} to read what there is.
     * @param findings     told of what the recording lacks.
     */
    public RecordingReader(
        final Path dir,
        final Recording recording,
        final long fromPosition,
        final long toPosition,
        final Consumer<Finding> findings)
    {
        this.dir = dir;
        this.recording = recording;
        this.findings = findings;
        position = Math.max(fromPosition, recording.startPosition());
        endPosition = recording.isStopped() ? Math.min(toPosition, recording.stopPosition()) : toPosition;
    }

    /**
     * Where the recorded data ends at this moment.
     *
     * @param dir       of the archive.
     * @param recording that is meant.
     * @return position behind the last frame that is whole; the stop position of a recording that is closed.
     * @throws IOException if its last file cannot be read.
     */
    public static long endOf(final Path dir, final Recording recording) throws IOException
    {
        if (recording.isStopped())
        {
            return recording.stopPosition();
        }
        final NavigableSet<Long> bases = ArchiveDirectory.segments(dir, recording.id());
        if (bases.isEmpty())
        {
            return recording.startPosition();
        }
        final long base = bases.last();
        try (SegmentMap segment = new SegmentMap(dir, recording, base))
        {
            long end = Math.max(base, recording.startPosition());
            while (segment.holds(end) && segment.isValid(end))
            {
                end += SegmentMap.aligned(segment.frameLength(end));
            }
            return end;
        }
    }

    /** {@inheritDoc} Throws an {@link UncheckedIOException} if a file cannot be read. */
    @Override
    public int poll(final FrameHandler handler, final int limitBytes)
    {
        int messages = 0;
        long bytes = 0;
        try
        {
            while (bytes < limitBytes && findMessage())
            {
                if (!deliver(handler))
                {
                    // It comes again, as a whole.
                    position = messageStart;
                    break;
                }
                bytes += position - messageStart;
                messages++;
            }
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex.getMessage(), ex);
        }
        return messages;
    }

    @Override
    public long position()
    {
        return position;
    }

    /**
     * Position of the message that was handed out last, or is being handed out.
     *
     * @return position in bytes.
     */
    public long messagePosition()
    {
        return messageStart;
    }

    /**
     * Whether the last poll has found nothing more to read.
     *
     * @return true at the end of the part to be read, and of what is recorded so far.
     */
    public boolean isAtEnd()
    {
        return isAtEnd;
    }

    @Override
    public void close()
    {
        CloseHelper.close(segment);
        segment = null;
    }

    /** Sets {@code messageStart} to the next message that is whole, and {@code position} to its end. */
    private boolean findMessage() throws IOException
    {
        isAtEnd = false;
        long scan = position;
        long begin = -1;
        while (scan < endPosition)
        {
            if (!openSegment(scan))
            {
                final long next = nextSegment(scan);
                if (next < 0)
                {
                    break;
                }
                find(Finding.Kind.MISSING, scan, next,
                    "the file that begins at " + recording.segmentBase(scan) + " is missing, " + (next - scan) +
                    " bytes of the stream");
                begin = -1;
                scan = next;
                position = next;
                continue;
            }
            if (!segment.isValid(scan))
            {
                final long next = behindDamage(scan);
                if (next < 0)
                {
                    break;
                }
                if (next == scan)
                {
                    // It is whole by now.
                    continue;
                }
                find(Finding.Kind.DAMAGED, scan, next, 0 == segment.frameLength(scan) ?
                    (next - scan) + " bytes that were recorded are not there" :
                    "a frame does not have the checksum it was recorded with; " + (next - scan) +
                    " bytes are passed over");
                begin = -1;
                scan = next;
                position = next;
                continue;
            }
            final long next = scan + SegmentMap.aligned(segment.frameLength(scan));
            if (segment.isPadding(scan) || segment.isBegin(scan))
            {
                if (begin >= 0)
                {
                    findTorn(begin, scan);
                }
                begin = segment.isPadding(scan) ? -1 : scan;
                position = segment.isPadding(scan) ? next : scan;
            }
            else if (begin < 0)
            {
                // The rest of a message whose begin is gone.
                position = next;
            }
            if (begin >= 0 && segment.isEnd(scan))
            {
                messageStart = begin;
                position = next;
                return true;
            }
            scan = next;
        }
        if (begin >= 0 && scan >= endPosition)
        {
            findTorn(begin, scan);
            position = scan;
        }
        isAtEnd = true;
        return false;
    }

    private void findTorn(final long from, final long to)
    {
        find(Finding.Kind.TORN, from, to, "a message that was cut off by the end of its engine");
    }

    /** The message lies within a term, hence within the file that is mapped. */
    private boolean deliver(final FrameHandler handler)
    {
        long at = messageStart;
        try
        {
            while (at < position)
            {
                final int length = segment.frameLength(at);
                if (!decoder.onFragment(
                    segment.buffer(), segment.offset(at) + HEADER_LENGTH, length - HEADER_LENGTH,
                    segment.isBegin(at), segment.isEnd(at), handler))
                {
                    return false;
                }
                at += SegmentMap.aligned(length);
            }
        }
        catch (final TransportException ex)
        {
            throw new TransportException(
                "recording " + recording.id() + ", position " + messageStart + ": " + ex.getMessage(), ex);
        }
        return true;
    }

    private boolean openSegment(final long at) throws IOException
    {
        if (null != segment && segment.holds(at))
        {
            return true;
        }
        close();
        try
        {
            segment = new SegmentMap(dir, recording, recording.segmentBase(at));
            return true;
        }
        catch (final NoSuchFileException ex)
        {
            return false;
        }
    }

    private long nextSegment(final long at) throws IOException
    {
        final Long next = ArchiveDirectory.segments(dir, recording.id()).higher(at);
        if (null != next)
        {
            return Math.min(next, endPosition);
        }
        // Behind the last file: the end, unless the catalog says that there was more.
        return recording.isStopped() && at < endPosition ? endPosition : -1;
    }

    /** Where to read on behind bytes that are no frame; -1 if this is just the end of what was recorded. */
    private long behindDamage(final long at) throws IOException
    {
        final long nextTerm = (at & -recording.termLength()) + recording.termLength();
        if (recording.isStopped())
        {
            return Math.min(nextTerm, endPosition);
        }
        // While it is recorded, or after its engine was killed, nobody knows the end: something must follow.
        for (long term = nextTerm; segment.holds(term); term += recording.termLength())
        {
            if (segment.isValid(term))
            {
                return Math.min(term, endPosition);
            }
        }
        final Long next = ArchiveDirectory.segments(dir, recording.id()).higher(at);
        if (null == next)
        {
            return -1;
        }
        // What follows may have been recorded since this was looked at.
        return segment.isValid(at) ? at : Math.min(next, endPosition);
    }

    private void find(final Finding.Kind kind, final long from, final long to, final String text)
    {
        findings.accept(new Finding(kind, recording.id(), from, to, text));
    }
}
