package io.umbra.engine.status;

import java.io.IOException;

/**
 * How far the link is behind, over all partitions that still come from the source.
 *
 * @param records that are missing, as sampled; -1 when none is known to be missing but not every partition was asked
 *                for.
 * @param bytes   of them, by the mean length of what each partition journaled since the start; -1 when it is not known
 *                of every partition that lacks records.
 * @param ms      bound of the age of the oldest, milliseconds; -1 as with records.
 */
public record LagTotals(long records, long bytes, long ms)
{
    private static final long UNKNOWN = -1;

    /**
     * As of now, as {@code umbra status} tells it of a running engine. Any thread.
     *
     * @param table to read.
     * @return the totals.
     * @throws IOException if the table cannot be read.
     */
    public static LagTotals of(final PartitionTable table) throws IOException
    {
        final int rows = table.rowCount();
        long records = 0;
        long bytes = 0;
        long ms = 0;
        boolean isRecordsKnown = rows > 0 || LinkState.SOURCE_UNAVAILABLE != table.header().linkState();
        boolean isBytesKnown = isRecordsKnown;
        boolean isMsKnown = isRecordsKnown;
        for (int index = 0; index < rows; index++)
        {
            final TopicState topic = table.topicState(index);
            if (TopicState.SOURCE_DELETED == topic || TopicState.PROMOTED == topic)
            {
                continue;
            }
            final long sampledEnd = table.sampledEndOffset(index);
            final long end = table.journalEndOffset(index);
            final boolean isSampled = UNKNOWN != sampledEnd && UNKNOWN != end;
            final long lagRecords = isSampled ? Math.max(0, sampledEnd - end) : 0;
            final long lagBytes = bytes(lagRecords, table.journaledBytes(index), table.journaledRecords(index));
            records += lagRecords;
            bytes += Math.max(0, lagBytes);
            isRecordsKnown &= isSampled;
            isBytesKnown &= isSampled && UNKNOWN != lagBytes;
            isMsKnown &= 0 != table.sampleTimeMs(index);
            ms = Math.max(ms, 0 == table.sampleTimeMs(index) ? 0 : table.lagMs(index));
        }
        return new LagTotals(
            0 == records && !isRecordsKnown ? UNKNOWN : records,
            isBytesKnown ? bytes : UNKNOWN,
            0 == ms && !isMsKnown ? UNKNOWN : ms);
    }

    /** No broker tells the bytes above an offset: what came so far tells how long a record is. */
    static long bytes(final long lagRecords, final long knownBytes, final long knownRecords)
    {
        if (lagRecords <= 0)
        {
            return lagRecords;
        }

        return knownBytes <= 0 || knownRecords <= 0 ?
            UNKNOWN : Math.round((double)lagRecords * knownBytes / knownRecords);
    }
}
