package io.umbra.engine.verify;

import io.umbra.engine.verify.Difference.Kind;
import io.umbra.journal.BatchView;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares two batches with the same base offset, of which the source's cleaner has rewritten one: record by record.
 * <p>
 * The cleaner keeps a batch's offsets, leader epoch, producer, first sequence number and kind, whatever records it
 * removes, and may keep a batch without any record for its producer's sake. It may compress anew, set a delete horizon
 * (KIP-534) and, with it, the base timestamp. So each record that is left at the source must be in the shadow as it is;
 * those that only the shadow has are taken for removed.
 */
final class RecordComparison
{
    /** Timestamp type, transactional, control; neither the codec nor the delete horizon. */
    private static final int KIND_MASK = 0x08 | 0x10 | 0x20;

    private final VerifySource source;
    private final VerdictBuilder verdict;
    private final List<String> findings = new ArrayList<>();

    RecordComparison(final VerifySource source, final VerdictBuilder verdict)
    {
        this.source = source;
        this.verdict = verdict;
    }

    /**
     * Compares, and enters into the verdict what it finds.
     *
     * @param shadow   batch of the shadow, with a CRC that is right.
     * @param atSource at the batch of the source.
     */
    void compare(final BatchView shadow, final SourceCursor atSource)
    {
        compareHeaders(shadow, atSource);
        try (BatchRecords shadowRecords = source.records(shadow.buffer());
            BatchRecords sourceRecords = source.records(atSource.bytes()))
        {
            compareRecords(shadow, shadowRecords, sourceRecords);
        }
        catch (final IOException ex)
        {
            verdict.differ(Kind.CONTENT, shadow, "not the same bytes, and not comparable by record: " +
                ex.getMessage());
        }
    }

    private void compareHeaders(final BatchView shadow, final SourceCursor atSource)
    {
        findings.clear();
        differ("last offset", shadow.lastOffset(), atSource.lastOffset());
        differ("leader epoch", shadow.leaderEpoch(), atSource.leaderEpoch());
        differ("producer id", shadow.producerId(), atSource.producerId());
        differ("producer epoch", shadow.producerEpoch(), atSource.producerEpoch());
        differ("base sequence", shadow.baseSequence(), atSource.baseSequence());
        differ("kind (transactional, control, timestamp type)", shadow.attributes() & KIND_MASK,
            atSource.attributes() & KIND_MASK);
        if (!findings.isEmpty())
        {
            verdict.differ(Kind.CONTENT, shadow, String.join("; ", findings));
        }
    }

    private void differ(final String what, final long shadow, final long atSource)
    {
        if (shadow != atSource)
        {
            findings.add(what + " is " + shadow + ", at the source " + atSource);
        }
    }

    private void compareRecords(
        final BatchView batch, final BatchRecords shadowRecords, final BatchRecords sourceRecords) throws IOException
    {
        LogRecord ours = shadowRecords.next();
        LogRecord theirs = sourceRecords.next();
        while (ours != null || theirs != null)
        {
            if (theirs == null || ours != null && ours.offset() < theirs.offset())
            {
                verdict.removed(ours.offset());
                ours = shadowRecords.next();
            }
            else if (ours == null || theirs.offset() < ours.offset())
            {
                verdict.differ(Kind.MISSING, theirs.offset(), theirs.offset(),
                    "the source holds a record with this offset, the shadow's batch does not",
                    batch.file(), batch.filePosition());
                theirs = sourceRecords.next();
            }
            else
            {
                final String difference = ours.differenceFrom(theirs);
                if (difference != null)
                {
                    verdict.differ(Kind.CONTENT, ours.offset(), ours.offset(), difference, batch.file(),
                        batch.filePosition());
                }
                verdict.comparedRecord();
                ours = shadowRecords.next();
                theirs = sourceRecords.next();
            }
        }
    }
}
