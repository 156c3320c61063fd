package io.umbra.engine.recording;

import io.umbra.transport.recording.Recording;

import java.util.ArrayList;
import java.util.List;

/**
 * The part of a recording that one run of the engine has left. Positions are bytes of the stream.
 *
 * @param run          that was recorded; null where the index of runs does not know it, so that its partitions have no
 *                     names.
 * @param recording    that holds it.
 * @param fromPosition where it begins.
 * @param toPosition   where it ends at the latest; {@link Long#MAX_VALUE} for the end of a recording that is not
 *                     closed.
 */
public record Span(Run run, Recording recording, long fromPosition, long toPosition)
{
    /**
     * All that is still recorded.
     *
     * @param runs       in their order.
     * @param recordings of the archive.
     * @return run by run; what belongs to no run first.
     */
    public static List<Span> of(final List<Run> runs, final List<Recording> recordings)
    {
        final List<Span> spans = new ArrayList<>();
        for (final Recording recording : recordings)
        {
            final long firstRun = runs.stream()
                .map((run) -> run.stream(recording.id()))
                .filter((stream) -> null != stream)
                .mapToLong(Run.Stream::position).min().orElse(Long.MAX_VALUE);
            add(spans, null, recording, 0, firstRun);
        }
        for (int i = 0; i < runs.size(); i++)
        {
            for (final Recording recording : recordings)
            {
                final Run.Stream stream = runs.get(i).stream(recording.id());
                if (null != stream)
                {
                    add(spans, runs.get(i), recording, stream.position(),
                        next(runs.subList(i + 1, runs.size()), recording.id()));
                }
            }
        }
        return spans;
    }

    private static long next(final List<Run> later, final long recordingId)
    {
        for (final Run run : later)
        {
            final Run.Stream stream = run.stream(recordingId);
            if (null != stream)
            {
                return stream.position();
            }
        }
        return Long.MAX_VALUE;
    }

    private static void add(
        final List<Span> spans, final Run run, final Recording recording, final long from, final long to)
    {
        final long start = Math.max(from, recording.startPosition());
        final long end = recording.isStopped() ? Math.min(to, recording.stopPosition()) : to;
        if (start < end)
        {
            spans.add(new Span(run, recording, start, end));
        }
    }
}
