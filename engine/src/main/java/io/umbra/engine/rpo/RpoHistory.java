package io.umbra.engine.rpo;

import io.umbra.codecs.ledger.LinkEventDecoder;
import io.umbra.codecs.ledger.RpoSampleDecoder;
import io.umbra.engine.events.LinkEvent;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerEntryHandler;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.LedgerReader;
import org.HdrHistogram.Histogram;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Reads how far the shadow was behind from the ledger of the link, from any process, also while the engine writes it.
 */
public final class RpoHistory implements LedgerEntryHandler
{
    /** Most spans that a report may be divided into. */
    public static final int MAX_SPANS = 100_000;

    /** Samples come every two seconds; when they are further apart, none was written in between. */
    private static final long GAP_MS = 6_000;
    /** Beyond the end, entries of a clock that was set back are looked for no longer. */
    private static final long CLOCK_TOLERANCE_MS = 60_000;
    private static final long[] STEPS_S = {
        2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400};

    private final long fromMs;
    private final long toMs;
    private final long stepMs;
    private final SpanBuilder total;
    private final Map<Long, SpanBuilder> spans = new TreeMap<>();
    private final List<RpoReport.Gap> gaps = new ArrayList<>();
    private final List<LinkEvent> events = new ArrayList<>();
    private long sampledUpToMs;
    private boolean isBehind;

    private RpoHistory(final long fromMs, final long toMs, final long stepMs)
    {
        this.fromMs = fromMs;
        this.toMs = toMs;
        this.stepMs = stepMs;
        sampledUpToMs = fromMs;
        total = new SpanBuilder(fromMs, toMs);
    }

    /**
     * What the ledger remembers.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; may be missing.
     * @param link            name of the link.
     * @param fromMs          begin, milliseconds since 1970.
     * @param toMs            end, later than the begin.
     * @param stepMs          length of a span, more than 0, of which there are no more than {@link #MAX_SPANS}.
     * @return the report; empty if there is nothing.
     * @throws LedgerException if the ledger is damaged; the message names the file.
     */
    public static RpoReport read(
        final Path ledgerDirectory, final String link, final long fromMs, final long toMs, final long stepMs)
    {
        if (fromMs >= toMs || stepMs < 1 || (toMs - fromMs) / stepMs > MAX_SPANS)
        {
            throw new IllegalArgumentException("from " + fromMs + " to " + toMs + " in steps of " + stepMs);
        }
        final RpoHistory history = new RpoHistory(fromMs, toMs, stepMs);
        try (LedgerReader reader = LedgerReader.open(LedgerContext.linkDirectory(ledgerDirectory)))
        {
            reader.toTime(fromMs);
            boolean isMore = true;
            while (isMore && !history.isBehind)
            {
                isMore = reader.poll(history);
            }
        }
        history.gap(toMs);
        return new RpoReport(
            link, fromMs, toMs, stepMs, history.total.build(),
            history.spans.values().stream().map(SpanBuilder::build).toList(), history.gaps, history.events);
    }

    /**
     * A length of spans that people like to read.
     *
     * @param lengthMs of the whole.
     * @param maxSpans into which it may be divided.
     * @return milliseconds.
     */
    public static long step(final long lengthMs, final int maxSpans)
    {
        for (final long stepS : STEPS_S)
        {
            final long stepMs = TimeUnit.SECONDS.toMillis(stepS);
            if (lengthMs / stepMs <= maxSpans)
            {
                return stepMs;
            }
        }
        final long dayMs = TimeUnit.DAYS.toMillis(1);
        return (lengthMs / maxSpans / dayMs + 1) * dayMs;
    }

    @Override
    public void onRpoSample(final long index, final RpoSampleDecoder entry)
    {
        final long timeMs = TimeUnit.NANOSECONDS.toMillis(entry.timeNs());
        isBehind = timeMs > toMs + CLOCK_TOLERANCE_MS;
        if (timeMs <= fromMs || timeMs > toMs)
        {
            return;
        }
        gap(timeMs - entry.intervalMs());
        sampledUpToMs = Math.max(sampledUpToMs, timeMs);
        final Histogram sampled = sampled(entry);
        final Histogram logAppendTime = logAppendTime(entry);
        final long number = (timeMs - fromMs - 1) / stepMs;
        final SpanBuilder span = spans.computeIfAbsent(number, (key) -> new SpanBuilder(
            fromMs + key * stepMs, Math.min(toMs, fromMs + (key + 1) * stepMs)));
        span.add(entry, sampled, logAppendTime);
        total.add(entry, sampled, logAppendTime);
    }

    @Override
    public void onLinkEvent(final long index, final LinkEventDecoder entry)
    {
        final LinkEvent event = LinkEvent.of(entry);
        if (event.timeMs() > fromMs && event.timeMs() <= toMs)
        {
            events.add(event);
        }
    }

    /** Texts and histograms are read in their order. */
    private static Histogram sampled(final RpoSampleDecoder entry)
    {
        final byte[] encoded = new byte[entry.sampledLength()];
        entry.getSampled(encoded, 0, encoded.length);
        return DelayCodec.decode(encoded);
    }

    private static Histogram logAppendTime(final RpoSampleDecoder entry)
    {
        final byte[] encoded = new byte[entry.logAppendTimeLength()];
        entry.getLogAppendTime(encoded, 0, encoded.length);
        return DelayCodec.decode(encoded);
    }

    private void gap(final long untilMs)
    {
        if (untilMs - sampledUpToMs > GAP_MS)
        {
            gaps.add(new RpoReport.Gap(sampledUpToMs, untilMs));
        }
    }
}
