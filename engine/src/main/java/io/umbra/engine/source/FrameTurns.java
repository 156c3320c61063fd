package io.umbra.engine.source;

import io.umbra.codecs.control.SourceCondition;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.FramePublisher;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.status.AtomicCounter;
import org.apache.kafka.common.memory.MemoryPool;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Publishes what is in hand: first the announcements of partitions that begin (anew), then one frame of each broker in
 * turn, so that none waits for another's large response. For the FetchAgent's thread.
 */
final class FrameTurns
{
    private final FramePublisher publisher;
    private final MemoryPool pool;
    private final AtomicCounter backPressure;
    private final FrameHeader header = new FrameHeader();
    private final ArrayDeque<Announcement> announcements = new ArrayDeque<>();
    private final ArrayDeque<LentBuffer> lent = new ArrayDeque<>();
    private final Consumer<ByteBuffer> onPublished = this::onPublished;
    private int first;

    FrameTurns(final FramePublisher publisher, final MemoryPool pool, final AtomicCounter backPressure)
    {
        this.publisher = publisher;
        this.pool = pool;
        this.backPressure = backPressure;
    }

    /**
     * A receive buffer whose frames the journal still reads.
     *
     * @param buffer   of the pool.
     * @param position up to which the journal has to be.
     */
    private record LentBuffer(ByteBuffer buffer, long position)
    {
    }

    /** What the journal must hear before it gets any further frame. */
    private interface Announcement
    {
        boolean publish(FramePublisher publisher, long timeNs);
    }

    /** The journal must hear of this partition's assignment epoch before it gets any frame of it. */
    void announce(final PartitionFetch partition)
    {
        announcements.add((publisher, timeNs) -> publisher.sourceConditionChanged(
            partition.index, partition.assignmentEpoch, partition.publishPosition, timeNs,
            SourceCondition.FETCHING, ""));
    }

    /** The source has dropped what is below. */
    void announceLogStart(final PartitionFetch partition, final long logStartOffset)
    {
        announcements.add((publisher, timeNs) -> publisher.logStartAdvanced(
            partition.index, partition.assignmentEpoch, logStartOffset, timeNs));
    }

    /** The source does not have what would come next. */
    void announceLost(final PartitionFetch partition, final long toOffset)
    {
        final long fromOffset = partition.publishPosition;
        announcements.add((publisher, timeNs) -> publisher.offsetsLost(
            partition.index, partition.assignmentEpoch, fromOffset, toOffset, timeNs));
    }

    /** The source's log ends before what would come next, though no response could say so. */
    void announceDiverged(final PartitionFetch partition, final int leaderEpoch, final long endOffset)
    {
        final long fetchOffset = partition.publishPosition;
        announcements.add((publisher, timeNs) -> publisher.sourceDiverged(
            partition.index, partition.assignmentEpoch, fetchOffset, leaderEpoch, endOffset, timeNs));
    }

    boolean hasAnnouncements()
    {
        return !announcements.isEmpty();
    }

    /**
     * Whether there is something to publish.
     *
     * @param brokers whose responses may be in hand.
     * @return true if there is.
     */
    boolean isAnythingInHand(final List<BrokerFetch> brokers)
    {
        boolean isAnything = hasAnnouncements();
        for (int i = 0; i < brokers.size() && !isAnything; i++)
        {
            isAnything = brokers.get(i).hasInHand();
        }
        return isAnything;
    }

    /**
     * Give back to the pool what the journal is done with.
     *
     * @return whether it has to be done with more before anything can be received, which no socket will say.
     */
    boolean takeBack()
    {
        giveBackRead();
        final boolean isJournalBehind = !lent.isEmpty() && pool.isOutOfMemory();
        if (isJournalBehind)
        {
            backPressure.incrementRelease();
        }
        return isJournalBehind;
    }

    private void giveBackRead()
    {
        while (!lent.isEmpty() && publisher.isRead(lent.peekFirst().position))
        {
            pool.release(lent.pollFirst().buffer);
        }
    }

    private void onPublished(final ByteBuffer receiveBuffer)
    {
        lent.addLast(new LentBuffer(receiveBuffer, publisher.lentPosition()));
        giveBackRead();
    }

    /**
     * At most one frame of each broker.
     *
     * @param brokers whose responses are in hand.
     * @return messages published.
     */
    int publish(final List<BrokerFetch> brokers)
    {
        int count = 0;
        boolean isBehind = false;
        while (!announcements.isEmpty() && !isBehind)
        {
            isBehind = !announcements.peekFirst().publish(publisher, SystemEpochNanoClock.INSTANCE.nanoTime());
            if (!isBehind)
            {
                announcements.pollFirst();
                count++;
            }
        }
        final int size = brokers.size();
        for (int i = 0; i < size && !isBehind; i++)
        {
            final BrokerFetch broker = brokers.get((first + i) % size);
            if (broker.hasInHand())
            {
                isBehind = !broker.publishNext(publisher, header, onPublished);
                count += isBehind ? 0 : 1;
            }
        }
        if (size > 0)
        {
            first = (first + 1) % size;
        }
        if (isBehind)
        {
            backPressure.incrementRelease();
        }
        return count;
    }
}
