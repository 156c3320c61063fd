package io.umbra.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Finds the batch from which a log has to go, and cuts there. */
final class LogTruncation
{
    private final PartitionLogContext ctx;
    private final LogState state;

    LogTruncation(final PartitionLogContext ctx, final LogState state)
    {
        this.ctx = ctx;
        this.state = state;
    }

    /**
     * Cuts before the first batch that ends at or above an offset.
     *
     * @param offset first offset to go.
     * @param branch that gets what goes, before it goes; null if it is of no use.
     * @return an offset at or below the base offset of that batch, above all that stays.
     */
    long truncateTo(final long offset, final LogBranch branch) throws IOException
    {
        final List<LogSegment> segments = new ArrayList<>(state.segments.values());
        int i = Math.max(0, state.segments.headMap(offset, true).size() - 1);
        for (final LogSegment segment : segments)
        {
            segment.flushIndexes();
        }
        final SegmentScanner scanner = SegmentScanner.forThisThread();
        while (true)
        {
            final LogSegment segment = segments.get(i);
            final SegmentIndexes.Entry entry = segment.indexes().floorByOffset(offset);
            scanner.wrap(segment.open(), segment.size(), entry == null ? 0 : entry.position());
            boolean found = scanner.advance(false);
            while (found && scanner.header().lastOffset() < offset)
            {
                found = scanner.advance(false);
            }
            if (scanner.fault() != null)
            {
                throw new IOException(segment.logPath() + " at position " + scanner.position() + ": " + scanner.text());
            }
            if (found || i == segments.size() - 1)
            {
                final long from = found ? Math.min(offset, scanner.header().baseOffset) : offset;
                if (branch != null)
                {
                    branch.keep(segments, i, (int)scanner.position(), found ? scanner.header().baseOffset : offset);
                }
                new LogCutter(ctx).cut(segments, state.anchors, i, (int)scanner.position(), from, false);
                return from;
            }
            i++;
        }
    }
}
