package io.umbra.engine.replay;

import io.umbra.engine.recording.Span;
import io.umbra.transport.TransportException;
import io.umbra.transport.recording.ArchiveDirectory;
import io.umbra.transport.recording.Recording;
import io.umbra.transport.recording.RecordingReader;

import java.io.IOException;
import java.nio.file.Path;
import java.util.NavigableSet;

/**
 * Finds where to begin reading: every file of a recording begins with a message, whose time says whether it has to be
 * read.
 */
final class RecordingSeek
{
    private RecordingSeek()
    {
    }

    /**
     * A position at or below the first message wanted, at which a message begins.
     *
     * @param dir  of the archive.
     * @param span to be read.
     * @param from first message.
     * @return position in bytes.
     * @throws IOException if a file cannot be read.
     */
    static long of(final Path dir, final Span span, final Bound from) throws IOException
    {
        final Recording recording = span.recording();
        if (!from.isTime())
        {
            final long wanted = Math.min(Math.max(from.value(), span.fromPosition()), span.toPosition());
            return Math.max(span.fromPosition(), recording.segmentBase(wanted));
        }
        final NavigableSet<Long> bases = ArchiveDirectory.segments(dir, recording.id())
            .subSet(span.fromPosition(), true, span.toPosition(), false);
        long position = span.fromPosition();
        for (final long base : bases)
        {
            final long firstNs = firstTimeNs(dir, recording, base, span.toPosition());
            if (firstNs < 0 || firstNs >= from.value())
            {
                break;
            }
            // Responses of several brokers are published in turns: the file before may have a little of that time.
            position = Math.max(position, base - recording.segmentLength());
        }
        return Math.max(position, span.fromPosition());
    }

    /**
     * Time of the first message at or behind a position.
     *
     * @param dir       of the archive.
     * @param recording to be read.
     * @param from      position at which a message begins.
     * @param to        position at which to give up.
     * @return nanoseconds since 1970; -1 if there is none that is understood.
     */
    static long firstTimeNs(final Path dir, final Recording recording, final long from, final long to)
    {
        final long[] timeNs = {-1};
        try (RecordingReader reader = new RecordingReader(dir, recording, from, to, (finding) -> {}))
        {
            final MessageDecoder decoder = new MessageDecoder(
                new Span(null, recording, from, to), reader, (message) -> timeNs[0] = message.timeNs());
            reader.poll(decoder, 1);
        }
        catch (final TransportException ex)
        {
            return -1;
        }
        return timeNs[0];
    }

    /**
     * Time of the last message of a recording.
     *
     * @param dir       of the archive.
     * @param recording to be read.
     * @param end       of the recording.
     * @return nanoseconds since 1970; -1 if its last file has none that is understood.
     */
    static long lastTimeNs(final Path dir, final Recording recording, final long end)
    {
        final long[] timeNs = {-1};
        final long from = Math.max(recording.startPosition(), recording.segmentBase(Math.max(0, end - 1)));
        try (RecordingReader reader = new RecordingReader(dir, recording, from, end, (finding) -> {}))
        {
            final MessageDecoder decoder = new MessageDecoder(
                new Span(null, recording, from, end), reader, (message) -> timeNs[0] = message.timeNs());
            while (!reader.isAtEnd())
            {
                reader.poll(decoder, Integer.MAX_VALUE);
            }
        }
        catch (final TransportException ex)
        {
            return timeNs[0];
        }
        return timeNs[0];
    }
}
