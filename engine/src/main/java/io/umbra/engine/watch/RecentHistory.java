package io.umbra.engine.watch;

import io.umbra.codecs.ledger.LinkEventDecoder;
import io.umbra.codecs.ledger.RpoSampleDecoder;
import io.umbra.engine.events.LinkEvent;
import io.umbra.engine.rpo.DelayCodec;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerEntryHandler;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.LedgerReader;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The last of a link's history, followed while the engine writes it. For one thread.
 */
public final class RecentHistory implements LedgerEntryHandler, AutoCloseable
{
    private static final int MAX_SAMPLES = 120;
    private static final int MAX_EVENTS = 20;
    private static final long BACK_MS = TimeUnit.HOURS.toMillis(1);
    private static final double MS_PER_SECOND = 1_000;

    private final Path directory;
    private final long fromMs;
    private final Deque<Double> bytesPerSecond = new ArrayDeque<>();
    private final Deque<Double> rpoP99Ms = new ArrayDeque<>();
    private final Deque<LinkEvent> events = new ArrayDeque<>();
    private LedgerReader reader;
    private String problem;

    /**
     * Nothing is read before the first {@link #follow}.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; may be missing.
     * @param nowMs           milliseconds since 1970.
     */
    public RecentHistory(final Path ledgerDirectory, final long nowMs)
    {
        directory = LedgerContext.linkDirectory(ledgerDirectory);
        fromMs = nowMs - BACK_MS;
    }

    /** Reads what has come. A ledger that cannot be read has no history, and {@link #problem} says why. */
    public void follow()
    {
        if (null != problem)
        {
            return;
        }
        try
        {
            if (null == reader)
            {
                reader = LedgerReader.open(directory);
                reader.toTime(fromMs);
            }
            boolean isMore = true;
            while (isMore)
            {
                isMore = reader.poll(this);
            }
        }
        catch (final LedgerException ex)
        {
            problem = ex.getMessage();
        }
    }

    /** Why there is no history, or null. */
    String problem()
    {
        return problem;
    }

    /** Bytes journaled per second, by time. */
    List<Double> bytesPerSecond()
    {
        return List.copyOf(bytesPerSecond);
    }

    /** 99th percentile of the RPO in milliseconds, by time; -1 where nothing was measured. */
    List<Double> rpoP99Ms()
    {
        return List.copyOf(rpoP99Ms);
    }

    /** The last events, by time. */
    List<LinkEvent> events()
    {
        return List.copyOf(events);
    }

    @Override
    public void onRpoSample(final long index, final RpoSampleDecoder entry)
    {
        add(bytesPerSecond, entry.bytes() * MS_PER_SECOND / Math.max(1, entry.intervalMs()), MAX_SAMPLES);
        final byte[] encoded = new byte[entry.sampledLength()];
        entry.getSampled(encoded, 0, encoded.length);
        add(rpoP99Ms, 0 == encoded.length ? -1 : DelayCodec.summary(DelayCodec.decode(encoded)).p99(), MAX_SAMPLES);
    }

    @Override
    public void onLinkEvent(final long index, final LinkEventDecoder entry)
    {
        add(events, LinkEvent.of(entry), MAX_EVENTS);
    }

    @Override
    public void close()
    {
        if (null != reader)
        {
            reader.close();
        }
    }

    private static <T> void add(final Deque<T> queue, final T element, final int max)
    {
        if (queue.size() == max)
        {
            queue.removeFirst();
        }
        queue.addLast(element);
    }
}
