package io.umbra.engine;

import io.umbra.engine.source.SourceEvents;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.HashMap;
import java.util.Map;

/**
 * News for the operator. Agents hand them over without blocking; the housekeeper writes them to the log. An error that
 * repeats is written once a minute, with its count.
 */
final class EventLog implements SourceEvents, ErrorHandler
{
    private static final Logger LOGGER = LoggerFactory.getLogger("io.umbra");
    private static final long REPEAT_INTERVAL_MS = 60_000;

    private final ManyToOneConcurrentLinkedQueue<Runnable> events = new ManyToOneConcurrentLinkedQueue<>();
    private final Map<String, Repeated> errors = new HashMap<>();

    @Override
    public void info(final String message)
    {
        events.offer(() -> LOGGER.info(message));
    }

    @Override
    public void warn(final String message)
    {
        events.offer(() -> LOGGER.warn(message));
    }

    @Override
    public void onError(final Throwable throwable)
    {
        events.offer(() -> error(throwable));
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

    private void error(final Throwable throwable)
    {
        final long nowMs = System.currentTimeMillis();
        final Repeated repeated = errors.computeIfAbsent(throwable.toString(), (ignore) -> new Repeated());
        repeated.count++;
        if (nowMs - repeated.saidMs >= REPEAT_INTERVAL_MS)
        {
            repeated.saidMs = nowMs;
            LOGGER.error(
                throwable.getMessage() + (repeated.count > 1 ? " (" + repeated.count + " times)" : ""), throwable);
        }
    }

    private static final class Repeated
    {
        private long saidMs;
        private long count;
    }
}
