package io.umbra.engine.replay;

import io.umbra.codecs.control.SourceCondition;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.transport.FrameHandlerAdapter;
import io.umbra.transport.FrameHeader;
import org.agrona.collections.Int2ObjectHashMap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;

/**
 * Hands the batches of one recorded run to the journal's side of a comparison. One thread.
 */
final class ComparedFrames implements FrameHandlerAdapter
{
    private static final int INITIAL_CAPACITY = 1024 * 1024;

    private final JournalSide journal;
    private final IntFunction<LedgerPartition> names;
    private final Int2ObjectHashMap<Compared> partitions = new Int2ObjectHashMap<>();
    private ByteBuffer frame = ByteBuffer.allocate(INITIAL_CAPACITY);

    /** A partition, and the batch of which it has some chunks. */
    private static final class Compared
    {
        private final LedgerPartition name;
        private ByteBuffer batch;

        Compared(final LedgerPartition name)
        {
            this.name = name;
        }
    }

    /**
     * For one run.
     *
     * @param journal that should have the same.
     * @param names   of the partitions by index; null for those that are not compared.
     */
    ComparedFrames(final JournalSide journal, final IntFunction<LedgerPartition> names)
    {
        this.journal = journal;
        this.names = names;
    }

    @Override
    public void onFrameBegin()
    {
        frame.clear();
    }

    @Override
    public void onFramePayload(final ByteBuffer termBuffer, final int offset, final int length)
    {
        frame = withRoom(frame, length);
        frame.put(frame.position(), termBuffer, offset, length).position(frame.position() + length);
    }

    private static ByteBuffer withRoom(final ByteBuffer buffer, final int length)
    {
        return buffer.remaining() >= length ? buffer : ByteBuffer
            .allocate(Math.max(2 * buffer.capacity(), buffer.position() + length)).put(buffer.flip());
    }

    @Override
    public boolean onFrameEnd(final FrameHeader header)
    {
        final Compared partition = partition(header.partitionIndex);
        if (null == partition.name)
        {
            return true;
        }
        frame.flip();
        try
        {
            if (0 == header.batchLength)
            {
                journal.compare(partition.name, frame);
            }
            else
            {
                onChunk(partition, header);
            }
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(partition.name + ": " + ex.getMessage(), ex);
        }
        return true;
    }

    private void onChunk(final Compared partition, final FrameHeader header) throws IOException
    {
        if (0 == header.chunkOffset)
        {
            partition.batch = ByteBuffer.allocate(header.batchLength);
        }
        if (null == partition.batch || partition.batch.position() != header.chunkOffset ||
            partition.batch.remaining() < frame.remaining())
        {
            // Its begin is not in the recording.
            partition.batch = null;
            return;
        }
        partition.batch.put(frame);
        if (!partition.batch.hasRemaining())
        {
            journal.compare(partition.name, partition.batch.flip());
            partition.batch = null;
        }
    }

    @Override
    public boolean onSourceConditionChanged(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fetchOffset,
        final long timeNs,
        final SourceCondition condition,
        final String text)
    {
        final Compared partition = partition(partitionIndex);
        if (null != partition.name && SourceCondition.FETCHING == condition)
        {
            // The log ended here: what was recorded above was taken back, and comes anew. A divergence needs nothing of
            // its own: fetching begins anew behind it.
            partition.batch = null;
            journal.takeBack(partition.name, fetchOffset);
        }
        return true;
    }

    private Compared partition(final int index)
    {
        Compared partition = partitions.get(index);
        if (null == partition)
        {
            partition = new Compared(names.apply(index));
            partitions.put(index, partition);
        }
        return partition;
    }
}
