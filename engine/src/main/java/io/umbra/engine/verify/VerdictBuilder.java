package io.umbra.engine.verify;

import io.umbra.engine.verify.Difference.Kind;
import io.umbra.journal.BatchView;
import io.umbra.journal.RollingDigest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects what is found out about one partition. Keeps the first differences only, and counts the others.
 */
final class VerdictBuilder
{
    private static final int MAX_DIFFERENCES = 10;

    private final String topic;
    private final int partition;
    private final List<String> notes = new ArrayList<>();
    private final List<Difference> differences = new ArrayList<>();
    private long moreDifferences;
    private long firstOffset = -1;
    private long endOffset = -1;
    private long batches;
    private long bytes;
    private long digest = RollingDigest.SEED;
    private long shadowStart = -1;
    private long shadowEnd = -1;
    private long sourceStart = -1;
    private long sourceEnd = -1;
    private String error;

    VerdictBuilder(final String topic, final int partition)
    {
        this.topic = topic;
        this.partition = partition;
    }

    void shadow(final long logStartOffset, final long end)
    {
        shadowStart = logStartOffset;
        shadowEnd = end;
    }

    void source(final long logStartOffset, final long highWatermark)
    {
        sourceStart = logStartOffset;
        sourceEnd = highWatermark;
    }

    void note(final String text)
    {
        notes.add(text);
    }

    void error(final String text)
    {
        error = text;
    }

    void compared(final BatchView batch)
    {
        if (firstOffset < 0)
        {
            firstOffset = batch.baseOffset();
        }
        endOffset = batch.lastOffset() + 1;
        batches++;
        bytes += batch.sizeInBytes();
        digest = RollingDigest.update(
            digest, batch.baseOffset(), batch.leaderEpoch(), batch.sizeInBytes(), batch.crc());
    }

    /**
     * Offset behind the last one compared.
     */
    long endOffset()
    {
        return endOffset;
    }

    void differ(final Kind kind, final BatchView batch, final String text)
    {
        differ(kind, batch.baseOffset(), batch.lastOffset(), text, batch.file(), batch.filePosition());
    }

    void differ(final Kind kind, final long offset, final long lastOffset, final String text)
    {
        differ(kind, offset, lastOffset, text, null, -1);
    }

    void differ(
        final Kind kind,
        final long offset,
        final long lastOffset,
        final String text,
        final Path file,
        final long position)
    {
        if (differences.size() == MAX_DIFFERENCES)
        {
            moreDifferences++;
            return;
        }
        differences.add(new Difference(
            kind, topic, partition, offset, lastOffset, text, file == null ? null : file.toString(), position));
    }

    PartitionVerdict build()
    {
        // Without a log the shadow lacks all that the source has; behind its own start it lacks nothing.
        final long lag = sourceEnd < 0 ? 0 : sourceEnd - Math.max(shadowEnd, sourceStart);
        return new PartitionVerdict(
            topic, partition, firstOffset, endOffset, batches, bytes, digest, shadowStart, shadowEnd, sourceStart,
            sourceEnd, Math.max(0, lag), notes, differences, moreDifferences, error);
    }
}
