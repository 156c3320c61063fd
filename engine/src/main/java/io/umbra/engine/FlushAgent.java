package io.umbra.engine;

import io.umbra.journal.FlushTicket;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;

import java.io.IOException;

/**
 * Makes a shard's files durable on a thread of its own, so that the JournalAgent never waits for the device.
 * <p>
 * The JournalAgent hands over tickets and takes them back when the device has confirmed them; both queues have one
 * producer and one consumer.
 */
final class FlushAgent implements Agent
{
    private final int shard;
    private final OneToOneConcurrentArrayQueue<Request> requested;
    private final OneToOneConcurrentArrayQueue<Request> completed;
    private final Runnable onCompleted;

    /**
     * A flush of one partition log. Belongs to the agent while it is in the queue of requests.
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

    FlushAgent(final int shard, final int capacity, final Runnable onCompleted)
    {
        this.shard = shard;
        this.onCompleted = onCompleted;
        requested = new OneToOneConcurrentArrayQueue<>(capacity);
        completed = new OneToOneConcurrentArrayQueue<>(capacity);
    }

    /** How many requests can be under way. */
    int capacity()
    {
        return requested.capacity();
    }

    /**
     * Hand over; JournalAgent, at most {@link #capacity()} at a time.
     *
     * @param request to work on.
     */
    void offer(final Request request)
    {
        if (!requested.offer(request))
        {
            throw new IllegalStateException("more than " + capacity() + " flushes under way");
        }
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

    @Override
    public int doWork()
    {
        int count = 0;
        Request request;
        while (null != (request = requested.poll()))
        {
            try
            {
                request.ticket.force();
            }
            catch (final IOException ex)
            {
                request.failure = ex;
            }
            // As large as the queue of requests, so there is always a place.
            completed.offer(request);
            onCompleted.run();
            count++;
        }
        return count;
    }

    @Override
    public String roleName()
    {
        return "umbra-flush-" + shard;
    }
}
