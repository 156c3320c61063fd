package io.umbra.engine.verify;

import io.umbra.engine.verify.Difference.Kind;
import io.umbra.journal.BatchView;
import io.umbra.journal.CorruptLogException;
import io.umbra.journal.LogReader;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * Compares one partition, batch by batch, over all offsets that both shadow and source hold. Either may go on
 * meanwhile: offsets that are dropped on one side while the comparison is under way are no difference.
 */
final class PartitionVerifier
{
    private static final int ATTEMPTS = 3;

    private final VerifySource source;
    private final SourcePartition partition;
    private final VerifySettings settings;
    private final LogReader shadow;
    private final long checkpointedStart;
    private final LongConsumer progress;
    private final boolean isCompacted;
    private final BatchComparison comparison;
    private final RecordComparison recordComparison;
    private final long rangeStart;
    private final long rangeEnd;
    private final VerdictBuilder verdict;
    private SourceCursor cursor;
    private BatchView batch;
    private boolean isAtSource;
    private long end;
    private boolean isEndKnown;

    /**
     * Prepares to compare.
     *
     * @param settings          what to look at.
     * @param source            to compare with.
     * @param partition         to compare.
     * @param policy            what the source does with the topic's old records.
     * @param shadow            reader of the shadow's log.
     * @param checkpointedStart log start offset according to the journal's checkpoint, 0 when there is none.
     * @param progress          is told the bytes compared, after every batch.
     */
    PartitionVerifier(
        final VerifySettings settings,
        final VerifySource source,
        final SourcePartition partition,
        final CleanupPolicy policy,
        final LogReader shadow,
        final long checkpointedStart,
        final LongConsumer progress)
    {
        this(settings, source, partition, policy, shadow, checkpointedStart, progress, 0, Long.MAX_VALUE);
    }

    /**
     * Prepares to compare a part of the log.
     *
     * @param rangeStart first offset to be compared.
     * @param rangeEnd   the offset behind the last one; the shadow's log reaches as far, unless it is the largest long.
     */
    PartitionVerifier(
        final VerifySettings settings,
        final VerifySource source,
        final SourcePartition partition,
        final CleanupPolicy policy,
        final LogReader shadow,
        final long checkpointedStart,
        final LongConsumer progress,
        final long rangeStart,
        final long rangeEnd)
    {
        this.rangeStart = rangeStart;
        this.rangeEnd = rangeEnd;
        this.settings = settings;
        this.source = source;
        this.partition = partition;
        this.shadow = shadow;
        this.checkpointedStart = checkpointedStart;
        this.progress = progress;
        comparison = new BatchComparison(settings.isDeep());
        verdict = new VerdictBuilder(partition.topic(), partition.partition());
        verdict.policy(policy);
        isCompacted = policy.isCompacted();
        recordComparison = new RecordComparison(source, verdict);
    }

    /**
     * Compares.
     *
     * @return what was found out.
     */
    PartitionVerdict verify()
    {
        try
        {
            if (shadow.topicId().equals(partition.topicId()) || isWithoutId())
            {
                compare();
            }
            else
            {
                verdict.differ(Kind.TOPIC_ID, 0, 0, "topic id is " + shadow.topicId() + ", at the source " +
                    partition.topicId() + ": the topic was deleted and created again");
            }
        }
        catch (final IOException ex)
        {
            verdict.error(ex.getMessage() == null ? ex.toString() : ex.getMessage());
        }
        return verdict.build();
    }

    private boolean isWithoutId()
    {
        return partition.topicId().getMostSignificantBits() == 0 && partition.topicId().getLeastSignificantBits() == 0;
    }

    private void compare() throws IOException
    {
        // The shadow first: it follows the source, so that it may not be ahead of what the source says later.
        final long shadowStart = Math.max(shadow.startOffset(), checkpointedStart);
        final long shadowEnd = isWhole() ? shadowEnd() : rangeEnd;
        SourceBatches batches = source.open(partition);
        for (int i = 1; i < ATTEMPTS && batches.highWatermark() < shadowEnd; i++)
        {
            // It may step back for a moment after an election.
            batches = source.open(partition);
        }
        verdict.shadow(shadowStart, shadowEnd);
        verdict.source(batches.logStartOffset(), batches.highWatermark());
        end = shadowEnd < 0 ? batches.highWatermark() : Math.min(shadowEnd, batches.highWatermark());
        isEndKnown = shadowEnd >= 0;
        final long start = Math.max(rangeStart, Math.max(shadowStart, batches.logStartOffset()));
        if (batches.logStartOffset() < shadowStart && settings.isFromEarliest())
        {
            verdict.note("the source holds older offsets, from " + batches.logStartOffset() +
                " on, the shadow begins at " + shadowStart);
        }
        if (start < end)
        {
            cursor = new SourceCursor(source, partition, batches, start, end);
            shadow.seek(start);
            walk();
        }
        if (!isEndKnown)
        {
            verdict.shadow(shadowStart, Math.max(start, verdict.endOffset()));
        }
        if (isWhole() && shadowEnd > batches.highWatermark())
        {
            verdict.differ(Kind.AHEAD, batches.highWatermark(), shadowEnd - 1, "the shadow ends at " + shadowEnd +
                ", the source's high watermark is " + batches.highWatermark());
        }
    }

    private boolean isWhole()
    {
        return Long.MAX_VALUE == rangeEnd;
    }

    /**
     * Where the shadow ends.
     *
     * @return the offset, -1 when its tail holds what is no batch. Then the walk will come upon it.
     */
    private long shadowEnd() throws IOException
    {
        try
        {
            return shadow.endOffset();
        }
        catch (final CorruptLogException ex)
        {
            return -1;
        }
    }

    private void walk() throws IOException
    {
        isAtSource = cursor.next();
        nextOfShadow();
        while (batch != null || isAtSource)
        {
            if (isMisplaced())
            {
                passMisplaced();
            }
            else if (batch == null || isAtSource && cursor.baseOffset() < batch.baseOffset())
            {
                passMissing();
            }
            else if (!isAtSource || batch.baseOffset() < cursor.baseOffset())
            {
                if (isCompacted)
                {
                    passRemoved();
                }
                else
                {
                    passExtra();
                }
            }
            else
            {
                compareBatch();
                progress.accept(batch.sizeInBytes());
                isAtSource = cursor.next();
                nextOfShadow();
            }
        }
    }

    private void compareBatch()
    {
        final boolean isSame = comparison.isSame(batch, cursor);
        if (comparison.isCorrupt())
        {
            verdict.differ(Kind.CORRUPT, batch, comparison.text());
        }
        else if (!isSame && isCompacted && batch.crc() != cursor.crc())
        {
            recordComparison.compare(batch, cursor);
        }
        else if (!isSame)
        {
            verdict.differ(Kind.CONTENT, batch, comparison.text());
        }
        verdict.compared(batch, isSame);
    }

    /**
     * Goes to the shadow's next batch below the end. Where its file cannot be read on, it looks for the next place
     * where it can, at the batches that the source has there.
     */
    private void nextOfShadow() throws IOException
    {
        CorruptLogException corrupt = null;
        long passed = 0;
        while (true)
        {
            try
            {
                batch = shadow.next();
                if (batch != null && batch.baseOffset() >= end && !isMisplaced())
                {
                    batch = null;
                }
                if (corrupt != null)
                {
                    unreadable(corrupt, Math.max(corrupt.offset(), passed));
                }
                return;
            }
            catch (final CorruptLogException ex)
            {
                corrupt = corrupt == null ? ex : corrupt;
                batch = null;
                if (!isAtSource)
                {
                    unreadable(corrupt, Math.max(corrupt.offset(), passed));
                    return;
                }
                passed = cursor.lastOffset();
                isAtSource = cursor.next();
                if (isAtSource)
                {
                    shadow.seek(cursor.baseOffset());
                }
            }
        }
    }

    /**
     * Whether the shadow's batch is the one that the source has here, but says another base offset, which its CRC
     * does not cover. Where batches may be missing before the source's next one, the shadow's may be one of them with
     * the same content.
     */
    private boolean isMisplaced()
    {
        return batch != null && isAtSource && batch.baseOffset() != cursor.baseOffset() &&
            batch.crc() == cursor.crc() && batch.sizeInBytes() == cursor.sizeInBytes() &&
            !(isCompacted && batch.lastOffset() < cursor.baseOffset());
    }

    private void passMisplaced() throws IOException
    {
        verdict.differ(Kind.CONTENT, cursor.baseOffset(), cursor.lastOffset(),
            "base offset is " + batch.baseOffset() + ", at the source " + cursor.baseOffset(), batch.file(),
            batch.filePosition());
        isAtSource = cursor.next();
        nextOfShadow();
    }

    private void unreadable(final CorruptLogException ex, final long lastOffset)
    {
        verdict.differ(Kind.UNREADABLE, ex.offset(), Math.max(ex.offset(), lastOffset), ex.getMessage(), ex.file(),
            ex.position());
    }

    /**
     * The source has batches that the shadow has not.
     */
    private void passMissing() throws IOException
    {
        final long first = cursor.baseOffset();
        final long next = batch == null ? end : batch.baseOffset();
        long last = first;
        while (isAtSource && cursor.baseOffset() < next)
        {
            last = cursor.lastOffset();
            isAtSource = cursor.next();
        }
        // Retention may have deleted them since.
        if (last >= shadow.startOffset() && (batch != null || isEndKnown))
        {
            verdict.differ(Kind.MISSING, first, last, "the source holds offsets " + first + " to " + last +
                ", the shadow does not");
        }
    }

    /**
     * The shadow has batches that the source has not, and whose records its cleaner may have removed. It never moves
     * the bounds of a batch, so that none may lap over one that the source still has.
     */
    private void passRemoved() throws IOException
    {
        final long next = isAtSource ? cursor.baseOffset() : end;
        while (batch != null && batch.baseOffset() < next)
        {
            if (!batch.isCrcValid())
            {
                verdict.differ(Kind.CORRUPT, batch, "stored CRC-32C is not that of its bytes");
            }
            else if (isAtSource && batch.lastOffset() >= next)
            {
                verdict.differ(Kind.EXTRA, batch, "the shadow holds a batch of offsets " + batch.baseOffset() +
                    " to " + batch.lastOffset() + ", the source one that begins at " + next);
            }
            else
            {
                verdict.removed(batch);
            }
            progress.accept(batch.sizeInBytes());
            nextOfShadow();
        }
    }

    /**
     * The shadow has batches that the source has not.
     */
    private void passExtra() throws IOException
    {
        final long firstOffset = batch.baseOffset();
        final Path file = batch.file();
        final long position = batch.filePosition();
        final long next = isAtSource ? cursor.baseOffset() : end;
        long last = firstOffset;
        while (batch != null && batch.baseOffset() < next)
        {
            last = batch.lastOffset();
            nextOfShadow();
        }
        if (last >= cursor.currentLogStartOffset())
        {
            verdict.differ(Kind.EXTRA, firstOffset, last, "the shadow holds offsets " + firstOffset + " to " + last +
                ", the source does not", file, position);
        }
    }
}
