package io.umbra.engine;

import io.umbra.codecs.control.SourceCondition;
import io.umbra.engine.recording.Run;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.transport.FrameHandlerAdapter;
import io.umbra.transport.FrameHeader;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the end of a recording has: its commits as the ledger would have them, and how far each partition is. One
 * thread.
 */
final class RecordedTail implements FrameHandlerAdapter
{
    private final Run run;
    private final Set<Commit> commits = new HashSet<>();
    private final Map<LedgerPartition, Long> nextOffsets = new HashMap<>();
    private final Map<LedgerPartition, Integer> epochs = new HashMap<>();
    private final Map<LedgerPartition, Chunks> chunks = new HashMap<>();
    private int payloadLength;

    /**
     * What tells one frame from all others, in the recording as in the ledger.
     *
     * @param name        of the partition.
     * @param baseOffset  of the first batch.
     * @param lastOffset  of the last batch.
     * @param fetchTimeNs when it was fetched, nanoseconds since 1970.
     */
    record Commit(LedgerPartition name, long baseOffset, long lastOffset, long fetchTimeNs)
    {
    }

    private record Chunks(long baseOffset, int length)
    {
    }

    /**
     * Nothing is read yet.
     *
     * @param run that the recording ends with.
     */
    RecordedTail(final Run run)
    {
        this.run = run;
    }

    boolean has(final Commit commit)
    {
        return commits.contains(commit);
    }

    /** Where the next frame of a partition was fetched: behind the last one, or at its begin if there is none. */
    long nextOffset(final LedgerPartition name, final long baseOffset)
    {
        return Math.min(baseOffset, nextOffsets.getOrDefault(name, baseOffset));
    }

    void nextOffset(final Commit commit)
    {
        nextOffsets.put(commit.name, commit.lastOffset + 1);
    }

    int epoch(final LedgerPartition name, final int unknown)
    {
        return epochs.getOrDefault(name, unknown);
    }

    /** How many bytes of a batch are recorded, of which not all chunks are. */
    int chunkOffset(final LedgerPartition name, final long baseOffset)
    {
        final Chunks begun = chunks.get(name);
        return null == begun || begun.baseOffset != baseOffset ? 0 : begun.length;
    }

    @Override
    public void onFrameBegin()
    {
        payloadLength = 0;
    }

    @Override
    public void onFramePayload(final ByteBuffer termBuffer, final int offset, final int length)
    {
        payloadLength += length;
    }

    @Override
    public boolean onFrameEnd(final FrameHeader header)
    {
        final LedgerPartition name = run.partitions().get(header.partitionIndex);
        if (null != name)
        {
            epochs.put(name, header.assignmentEpoch);
            chunks.remove(name);
            if (0 != header.batchLength && header.chunkOffset + payloadLength < header.batchLength)
            {
                chunks.put(name, new Chunks(header.baseOffset, header.chunkOffset + payloadLength));
            }
            else
            {
                final Commit commit =
                    new Commit(name, header.baseOffset, header.lastOffset, header.fetchTimeNs);
                commits.add(commit);
                nextOffset(commit);
            }
        }
        return true;
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
        final LedgerPartition name = run.partitions().get(partitionIndex);
        if (null != name && SourceCondition.FETCHING == condition)
        {
            epochs.put(name, assignmentEpoch);
            chunks.remove(name);
            nextOffsets.put(name, fetchOffset);
        }
        return true;
    }
}
