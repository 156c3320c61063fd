package io.umbra.engine.rpo;

import io.umbra.engine.events.LinkEvent;

import java.util.List;

/**
 * The history of a link between two times.
 *
 * @param link    name of the link.
 * @param fromMs  begin, milliseconds since 1970.
 * @param toMs    end.
 * @param stepMs  length of a span.
 * @param total   everything in one span.
 * @param spans   those in which there are samples, by time.
 * @param gaps    times without samples: no engine ran, or it could not write.
 * @param events  that happened, by time.
 */
public record RpoReport(
    String link,
    long fromMs,
    long toMs,
    long stepMs,
    RpoSpan total,
    List<RpoSpan> spans,
    List<Gap> gaps,
    List<LinkEvent> events)
{
    /**
     * A time without samples.
     *
     * @param fromMs begin, milliseconds since 1970.
     * @param toMs   end.
     */
    public record Gap(long fromMs, long toMs)
    {
    }

    /** Whether nothing is known at all. */
    public boolean isEmpty()
    {
        return spans.isEmpty();
    }
}
