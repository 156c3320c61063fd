package io.umbra.engine;

import io.umbra.engine.events.EventLines;
import io.umbra.engine.events.LinkEvent;
import io.umbra.engine.events.Severity;
import io.umbra.engine.source.SourceEvents;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * News for the operator. Agents hand them over without blocking; the housekeeper writes them to the log, or as lines of
 * JSON, or both. An error that repeats is written once a minute, with its count.
 */
final class EventLog implements SourceEvents, ErrorHandler
{
    private static final Logger LOGGER = LoggerFactory.getLogger("io.umbra");
    private static final long REPEAT_INTERVAL_MS = 60_000;

    private final ManyToOneConcurrentLinkedQueue<Runnable> events = new ManyToOneConcurrentLinkedQueue<>();
    private final Map<String, Repeated> errors = new HashMap<>();
    private final AtomicLong infos = new AtomicLong();
    private final AtomicLong warnings = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private volatile EventLines lines;
    private volatile boolean isText = true;

    /**
     * From here on news are lines of JSON as well. From any thread.
     *
     * @param to     to write to.
     * @param isText whether they go to the log besides.
     */
    void writeLines(final EventLines to, final boolean isText)
    {
        lines = to;
        this.isText = isText;
    }

    @Override
    public void info(final String message)
    {
        infos.incrementAndGet();
        final long timeMs = System.currentTimeMillis();
        events.offer(() -> message(timeMs, Severity.INFO, message));
    }

    @Override
    public void warn(final String message)
    {
        warnings.incrementAndGet();
        final long timeMs = System.currentTimeMillis();
        events.offer(() -> message(timeMs, Severity.WARN, message));
    }

    @Override
    public void onError(final Throwable throwable)
    {
        failures.incrementAndGet();
        events.offer(() -> error(throwable));
    }

    /**
     * Something happened that programs want to know of; people have been told in their own words.
     *
     * @param event that happened.
     */
    void event(final LinkEvent event)
    {
        if (null != lines)
        {
            events.offer(() -> line((to) -> to.write(event)));
        }
    }

    /**
     * How many there were so far, by severity.
     *
     * @return counters that any thread may read.
     */
    Map<String, LongSupplier> counts()
    {
        return Map.of("info", infos::get, "warn", warnings::get, "error", failures::get);
    }

    /**
     * Write what has come; for one thread.
     *
     * @return how many events there were.
     */
    int drain()
    {
        int count = 0;
        Runnable event;
        while (null != (event = events.poll()))
        {
            event.run();
            count++;
        }
        return count;
    }

    private void message(final long timeMs, final Severity severity, final String message)
    {
        if (isText && Severity.WARN == severity)
        {
            LOGGER.warn(message);
        }
        else if (isText)
        {
            LOGGER.info(message);
        }
        line((to) -> to.write(timeMs, severity, message));
    }

    private void error(final Throwable throwable)
    {
        final long nowMs = System.currentTimeMillis();
        final Repeated repeated = errors.computeIfAbsent(throwable.toString(), (ignore) -> new Repeated());
        repeated.count++;
        if (nowMs - repeated.saidMs >= REPEAT_INTERVAL_MS)
        {
            repeated.saidMs = nowMs;
            if (isText)
            {
                LOGGER.error(
                    throwable.getMessage() + (repeated.count > 1 ? " (" + repeated.count + " times)" : ""), throwable);
            }
            line((to) -> to.write(nowMs, throwable, repeated.count));
        }
    }

    private void line(final Line line)
    {
        final EventLines to = lines;
        if (null == to)
        {
            return;
        }
        try
        {
            line.write(to);
        }
        catch (final IOException ex)
        {
            LOGGER.warn(ex.getMessage());
        }
    }

    /** Something to be written as a line. */
    @FunctionalInterface
    private interface Line
    {
        void write(EventLines to) throws IOException;
    }

    private static final class Repeated
    {
        private long saidMs;
        private long count;
    }
}
