package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Compares the entries that an offset index had with the batches that a scan meets. */
final class IndexAudit
{
    private final long baseOffset;
    private final ByteBuffer entries;
    private int at;
    private String fault;

    IndexAudit(final LogSegment segment, final int fromPosition) throws IOException
    {
        baseOffset = segment.baseOffset();
        entries = segment.indexes().offsets().readAll();
        while (at < entries.limit() && entries.getInt(at + 4) < fromPosition)
        {
            at += SegmentIndexes.OFFSET_ENTRY;
        }
    }

    void onBatch(final BatchHeader header, final int position)
    {
        if (at >= entries.limit() || fault != null || entries.getInt(at + 4) > position)
        {
            return;
        }
        final long lastOffset = baseOffset + entries.getInt(at);
        if (entries.getInt(at + 4) != position || lastOffset != header.lastOffset())
        {
            fault = "entry (" + lastOffset + ", " + entries.getInt(at + 4) +
                ") where the log has a batch that ends at " + header.lastOffset() +
                " and begins at position " + position;
        }
        at += SegmentIndexes.OFFSET_ENTRY;
    }

    /** What was wrong, or null; entries behind the last batch are wrong too. */
    String fault()
    {
        return fault == null && at < entries.limit() ?
            "entry for position " + entries.getInt(at + 4) + ", where the log has no batch" : fault;
    }
}
