package io.umbra.engine;

import io.umbra.codecs.ledger.LinkEventType;
import io.umbra.engine.events.LinkEvent;
import io.umbra.engine.events.LinkWatch;
import io.umbra.engine.rpo.DelayCodec;
import io.umbra.engine.status.LagTotals;
import io.umbra.engine.status.PartitionTable;
import io.umbra.journal.Incident;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.LinkLedger;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.function.Supplier;

/**
 * Writes the link's history: an RPO sample for each interval that the {@link RpoMeter} hands over, and an event for
 * whatever an operator should know of. On a thread of its own, where it may block.
 * <p>
 * While the disk has no room it keeps a bounded number of entries, the newest; the data come first.
 */
final class LinkObserver implements Agent
{
    static final int MAX_WAITING = 1_000;
    private static final long LOOK_INTERVAL_MS = 250;
    private static final long FORCE_INTERVAL_MS = 10_000;
    private static final long NS_PER_MS = 1_000_000;

    private final Context ctx;
    private final LinkWatch watch;
    private final ManyToOneConcurrentLinkedQueue<Runnable> news = new ManyToOneConcurrentLinkedQueue<>();
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private long nextLookMs;
    private long nextForceMs;
    private long bytes;
    private long records;
    private boolean isDirty;
    private boolean isFailing;

    /**
     * What a LinkObserver needs.
     *
     * @param table  to look at.
     * @param ledger to write.
     * @param space  says why nothing may be written now, or null.
     * @param events where events and troubles go besides.
     * @param clock  milliseconds since 1970.
     */
    record Context(
        PartitionTable table, LinkLedger ledger, Supplier<String> space, EventLog events, EpochClock clock)
    {
    }

    LinkObserver(final Context ctx)
    {
        this.ctx = ctx;
        watch = new LinkWatch(ctx.table, this::tell);
    }

    /**
     * An interval of measurements has ended. From any thread.
     *
     * @param intervalMs    its length.
     * @param sampled       delays in microseconds; the observer's from here on.
     * @param logAppendTime likewise.
     */
    void measured(final long intervalMs, final Histogram sampled, final Histogram logAppendTime)
    {
        news.offer(() -> sample(intervalMs, sampled, logAppendTime));
    }

    /**
     * Something happened at the source. From any thread.
     *
     * @param incident that was written down.
     */
    void incident(final Incident incident)
    {
        news.offer(() -> tell(new LinkEvent(
            incident.timeMs(), LinkEventType.valueOf(incident.kind().name()), incident.topic(), incident.partition(),
            incident.fromOffset(), incident.toOffset(), null, null, incident.text())));
    }

    @Override
    public void onStart()
    {
        tell(LinkEvent.ofLink(ctx.clock.time(), LinkEventType.ENGINE_STARTED, null, null, null));
    }

    @Override
    public int doWork()
    {
        final long nowMs = ctx.clock.time();
        int workCount = drainNews();
        if (nowMs >= nextLookMs)
        {
            nextLookMs = nowMs + LOOK_INTERVAL_MS;
            look(nowMs);
            write();
            workCount++;
        }
        if (isDirty && nowMs >= nextForceMs)
        {
            nextForceMs = nowMs + FORCE_INTERVAL_MS;
            force();
        }
        return workCount;
    }

    @Override
    public void onClose()
    {
        drainNews();
        look(ctx.clock.time());
        tell(LinkEvent.ofLink(ctx.clock.time(), LinkEventType.ENGINE_STOPPED, null, null, null));
        write();
    }

    @Override
    public String roleName()
    {
        return "umbra-observer";
    }

    private int drainNews()
    {
        int count = 0;
        Runnable next;
        while (null != (next = news.poll()))
        {
            next.run();
            count++;
        }
        return count;
    }

    private void look(final long nowMs)
    {
        try
        {
            watch.look(nowMs);
        }
        catch (final IOException ex)
        {
            ctx.events.onError(ex);
        }
    }

    private void sample(final long intervalMs, final Histogram sampled, final Histogram logAppendTime)
    {
        try
        {
            final LagTotals lag = LagTotals.of(ctx.table);
            final long totalBytes = ctx.table.header().totalBytes();
            final long totalRecords = ctx.table.header().totalRecords();
            final LinkLedger.Sample sample = new LinkLedger.Sample(
                ctx.clock.time() * NS_PER_MS, (int)intervalMs, ctx.table.header().linkState().code(), lag.records(),
                lag.bytes(), lag.ms(), totalBytes - bytes, totalRecords - records, DelayCodec.encode(sampled),
                DelayCodec.encode(logAppendTime));
            bytes = totalBytes;
            records = totalRecords;
            add(() -> ctx.ledger.sample(sample));
        }
        catch (final IOException ex)
        {
            ctx.events.onError(ex);
        }
    }

    private void tell(final LinkEvent event)
    {
        ctx.events.event(event);
        add(() -> ctx.ledger.event(new LinkLedger.Event(
            event.timeMs() * NS_PER_MS, event.type(), event.topic(), event.partition(), event.fromOffset(),
            event.toOffset(), event.before(), event.after(), event.message())));
    }

    private void add(final Runnable entry)
    {
        if (waiting.size() == MAX_WAITING)
        {
            waiting.removeFirst();
        }
        waiting.addLast(entry);
    }

    private void write()
    {
        if (waiting.isEmpty() || null != ctx.space.get())
        {
            return;
        }
        try
        {
            while (!waiting.isEmpty())
            {
                waiting.peekFirst().run();
                waiting.removeFirst();
                isDirty = true;
            }
            isFailing = false;
        }
        catch (final LedgerException ex)
        {
            if (!isFailing)
            {
                isFailing = true;
                ctx.events.warn("the history of the link is not written: " + ex.getMessage());
            }
        }
    }

    private void force()
    {
        try
        {
            ctx.ledger.force();
            isDirty = false;
        }
        catch (final LedgerException ex)
        {
            ctx.events.onError(ex);
        }
    }
}
