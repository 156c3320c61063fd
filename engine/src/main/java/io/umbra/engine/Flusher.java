package io.umbra.engine;

import io.umbra.journal.FlushTicket;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;

import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes a shard's files durable on threads of its own, so that the JournalAgent never waits for the device.
 * <p>
 * Several at a time: what a file system's journal commits for one of them it commits for all that wait, and a device
 * that takes its time over one write takes others meanwhile. The JournalAgent hands over tickets and takes them back,
 * in whatever order the device has confirmed them; of one log there is one ticket at a time.
 */
final class Flusher implements AutoCloseable
{
    private static final int THREADS = 4;

    private final int capacity;
    private final Runnable onCompleted;
    private final ManyToOneConcurrentArrayQueue<Request> completed;
    private final ThreadPoolExecutor executor;

    /**
     * A flush of one partition log. Belongs to a flusher's thread until it has come back.
     */
    static final class Request
    {
        final JournalPartition partition;
        final FlushTicket ticket;
        /** Set when the device has refused. */
        IOException failure;

        Request(final JournalPartition partition, final FlushTicket ticket)
        {
            this.partition = partition;
            this.ticket = ticket;
        }
    }

    /**
     * Threads are started, and wait: none has to be made when the system may have none left to give.
     *
     * @param shard       index of the shard.
     * @param capacity    requests that may be under way.
     * @param onCompleted wakes the JournalAgent.
     */
    Flusher(final int shard, final int capacity, final Runnable onCompleted)
    {
        this.capacity = capacity;
        this.onCompleted = onCompleted;
        completed = new ManyToOneConcurrentArrayQueue<>(capacity);
        final AtomicInteger count = new AtomicInteger();
        executor = new ThreadPoolExecutor(
            THREADS, THREADS, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
            (runnable) -> new Thread(runnable, "umbra-flush-" + shard + "-" + count.getAndIncrement()));
        executor.prestartAllCoreThreads();
    }

    /** How many requests can be under way. */
    int capacity()
    {
        return capacity;
    }

    /**
     * Hand over; JournalAgent, at most {@link #capacity()} at a time.
     *
     * @param request to work on.
     */
    void offer(final Request request)
    {
        executor.execute(() -> force(request));
    }

    /**
     * Take back; JournalAgent.
     *
     * @return null if none is ready.
     */
    Request poll()
    {
        return completed.poll();
    }

    /** Ends the threads when what is under way is done. */
    @Override
    public void close()
    {
        executor.shutdown();
    }

    private void force(final Request request)
    {
        try
        {
            request.ticket.force();
        }
        catch (final IOException ex)
        {
            request.failure = ex;
        }
        catch (final Throwable ex)
        {
            // It must come back: whoever counts what is under way would wait for it.
            request.failure = new IOException(ex);
        }
        // As large as the number that may be under way, so there is always a place.
        completed.offer(request);
        onCompleted.run();
    }
}
