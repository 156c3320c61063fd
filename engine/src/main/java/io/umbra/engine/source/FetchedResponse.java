package io.umbra.engine.source;

import io.umbra.codecs.control.SourceCondition;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.FramePublisher;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A fetch response in hand: its slices wait to be published, frame by frame, while the next response is on its way.
 * Keeps the receive buffer until the last frame is out, of which some may be lent to the JournalAgent for longer.
 */
final class FetchedResponse
{
    private final ByteBuffer receiveBuffer;
    private final int brokerId;
    private final long fetchTimeNs;
    private final List<Slice> slices = new ArrayList<>();
    private int next;

    /**
     * A response of one broker.
     *
     * @param receiveBuffer memory that the record slices lie in.
     * @param brokerId      that sent it.
     * @param fetchTimeNs   wall clock when it was received, nanoseconds since 1970.
     */
    FetchedResponse(final ByteBuffer receiveBuffer, final int brokerId, final long fetchTimeNs)
    {
        this.receiveBuffer = receiveBuffer;
        this.brokerId = brokerId;
        this.fetchTimeNs = fetchTimeNs;
    }

    /**
     * Whole batches of one partition.
     *
     * @param partition       they belong to.
     * @param records         memory they lie in.
     * @param position        of the first batch to publish.
     * @param limit           end of the last whole one.
     * @param fetchOffset     that was asked for.
     * @param highWatermark   in the response.
     * @param logStartOffset  in the response.
     */
    void addRecords(
        final PartitionFetch partition,
        final ByteBuffer records,
        final int position,
        final int limit,
        final long fetchOffset,
        final long highWatermark,
        final long logStartOffset)
    {
        slices.add(new RecordsSlice(partition, records, position, limit, fetchOffset, highWatermark, logStartOffset));
    }

    void addDiverged(final PartitionFetch partition, final int leaderEpoch, final long endOffset)
    {
        slices.add(new DivergedSlice(partition, leaderEpoch, endOffset));
    }

    void addFault(final PartitionFetch partition, final String reason)
    {
        slices.add(new FaultSlice(partition, partition.assignmentEpoch, reason));
    }

    boolean isDone()
    {
        return next == slices.size();
    }

    ByteBuffer receiveBuffer()
    {
        return receiveBuffer;
    }

    /**
     * Publish the next frame.
     *
     * @param publisher of the shard.
     * @param header    scratch.
     * @return true if something was published or found void; false under back pressure, or while frames of the same
     * partition that another broker sent must go first.
     */
    boolean publishNext(final FramePublisher publisher, final FrameHeader header)
    {
        final Slice slice = slices.get(next);
        final boolean worked = slice.publish(publisher, header);
        if (slice.isDone())
        {
            next++;
        }
        return worked;
    }

    private abstract static class Slice
    {
        final PartitionFetch partition;
        private final int assignmentEpoch;
        private boolean isDone;

        Slice(final PartitionFetch partition, final int assignmentEpoch)
        {
            this.partition = partition;
            this.assignmentEpoch = assignmentEpoch;
        }

        abstract boolean publish(FramePublisher publisher, FrameHeader header);

        boolean isVoid()
        {
            return partition.assignmentEpoch != assignmentEpoch;
        }

        boolean done()
        {
            isDone = true;
            return true;
        }

        boolean isDone()
        {
            return isDone;
        }
    }

    private final class FaultSlice extends Slice
    {
        private final String reason;

        FaultSlice(final PartitionFetch partition, final int assignmentEpoch, final String reason)
        {
            super(partition, assignmentEpoch);
            this.reason = reason;
        }

        boolean publish(final FramePublisher publisher, final FrameHeader header)
        {
            final boolean worked = isVoid() || publisher.sourceConditionChanged(
                partition.index, partition.assignmentEpoch, partition.publishPosition, fetchTimeNs,
                SourceCondition.FAULTED, reason);
            return worked && done();
        }
    }

    private final class DivergedSlice extends Slice
    {
        private final long fetchOffset;
        private final int leaderEpoch;
        private final long endOffset;

        DivergedSlice(final PartitionFetch partition, final int leaderEpoch, final long endOffset)
        {
            super(partition, partition.assignmentEpoch);
            this.fetchOffset = partition.fetchPosition;
            this.leaderEpoch = leaderEpoch;
            this.endOffset = endOffset;
        }

        boolean publish(final FramePublisher publisher, final FrameHeader header)
        {
            if (isVoid())
            {
                return done();
            }
            final boolean worked = fetchOffset == partition.publishPosition && publisher.sourceDiverged(
                partition.index, partition.assignmentEpoch, fetchOffset, leaderEpoch, endOffset, fetchTimeNs);
            return worked && done();
        }
    }

    private final class RecordsSlice extends Slice
    {
        private final UnsafeBuffer buffer;
        private final ByteBuffer records;
        private final int limit;
        private final long highWatermark;
        private final long logStartOffset;
        private int position;
        private long fetchOffset;
        /** Bytes of the batch at {@link #position} that are out already, when it is too large for a frame. */
        private int chunkOffset;

        RecordsSlice(
            final PartitionFetch partition,
            final ByteBuffer records,
            final int position,
            final int limit,
            final long fetchOffset,
            final long highWatermark,
            final long logStartOffset)
        {
            super(partition, partition.assignmentEpoch);
            this.records = records;
            this.position = position;
            this.limit = limit;
            this.fetchOffset = fetchOffset;
            this.highWatermark = highWatermark;
            this.logStartOffset = logStartOffset;
            buffer = new UnsafeBuffer(records);
        }

        boolean publish(final FramePublisher publisher, final FrameHeader header)
        {
            if (isVoid())
            {
                return done();
            }
            if (fetchOffset != partition.publishPosition)
            {
                return false;
            }
            header.partitionIndex = partition.index;
            header.assignmentEpoch = partition.assignmentEpoch;
            header.leaderId = brokerId;
            header.fetchOffset = fetchOffset;
            header.sourceHighWatermark = highWatermark;
            header.sourceLogStartOffset = logStartOffset;
            header.fetchTimeNs = fetchTimeNs;
            final int size = RecordBatches.sizeInBytes(records, position, limit);
            return size > publisher.maxFramePayload() ?
                publishChunk(publisher, header, size) : publishBatches(publisher, header);
        }

        private boolean publishBatches(final FramePublisher publisher, final FrameHeader header)
        {
            int end = position;
            int last = position;
            int size;
            while (end < limit &&
                end + (size = RecordBatches.sizeInBytes(records, end, limit)) - position <=
                    publisher.maxFramePayload() &&
                RecordBatches.fitIntoOneSegment(records, position, end))
            {
                last = end;
                end += size;
            }
            header.chunkOffset = 0;
            header.batchLength = 0;
            describe(header, last);
            if (!publisher.lendFrame(header, buffer, position, end - position))
            {
                return false;
            }
            published(end, header.lastOffset);
            return true;
        }

        private boolean publishChunk(final FramePublisher publisher, final FrameHeader header, final int size)
        {
            final int length = Math.min(publisher.maxFramePayload(), size - chunkOffset);
            header.chunkOffset = chunkOffset;
            header.batchLength = size;
            describe(header, position);
            if (!publisher.lendFrame(header, buffer, position + chunkOffset, length))
            {
                return false;
            }
            chunkOffset += length;
            if (chunkOffset == size)
            {
                chunkOffset = 0;
                published(position + size, header.lastOffset);
            }
            return true;
        }

        private void describe(final FrameHeader header, final int lastBatch)
        {
            header.baseOffset = RecordBatches.baseOffset(records, position);
            header.lastOffset = RecordBatches.lastOffset(records, lastBatch);
            header.leaderEpoch = RecordBatches.leaderEpoch(records, lastBatch);
        }

        private void published(final int end, final long lastOffset)
        {
            position = end;
            fetchOffset = lastOffset + 1;
            partition.publishPosition = fetchOffset;
            if (position == limit)
            {
                done();
            }
        }
    }
}
