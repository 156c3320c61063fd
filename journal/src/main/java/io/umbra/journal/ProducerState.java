package io.umbra.journal;

import org.agrona.collections.Long2ObjectHashMap;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a broker knows about the producers of a partition and their transactions, kept as Kafka's ProducerStateManager
 * does for batches that come by replication: nothing is rejected, everything is noted.
 */
final class ProducerState
{
    private static final long NONE = -1;

    private final Long2ObjectHashMap<Entry> byId = new Long2ObjectHashMap<>();
    /** The same entries in the order in which Kafka writes them to a snapshot: that of a HashMap. */
    private final Map<Long, Entry> inSnapshotOrder = new HashMap<>();
    /** Open transactions: first offset to producer id. */
    private final TreeMap<Long, Long> ongoing = new TreeMap<>();

    /** Told about transactions that an ABORT marker ends. */
    @FunctionalInterface
    interface AbortHandler
    {
        void onAborted(long producerId, long firstOffset, long lastOffset, long lastStableOffset);
    }

    /** The last known state of one producer. */
    static final class Entry
    {
        final long producerId;
        short epoch = -1;
        int lastSequence = BatchHeader.NO_SEQUENCE;
        long lastOffset = NONE;
        int offsetDelta;
        long lastTimestamp = NONE;
        int coordinatorEpoch = -1;
        long currentTxnFirstOffset = NONE;

        Entry(final long producerId)
        {
            this.producerId = producerId;
        }

        private void epoch(final short newEpoch)
        {
            if (epoch != newEpoch)
            {
                epoch = newEpoch;
                lastSequence = BatchHeader.NO_SEQUENCE;
                lastOffset = NONE;
                offsetDelta = 0;
            }
        }
    }

    /** Notes a batch. The marker is looked at only if the batch is a control batch. */
    void onBatch(final BatchHeader header, final ControlMarker marker, final AbortHandler aborted)
    {
        if (!header.hasProducerId() || header.isControl() && marker.type() == ControlMarker.Type.OTHER)
        {
            return;
        }
        Entry entry = byId.get(header.producerId);
        if (entry == null)
        {
            entry = new Entry(header.producerId);
            put(entry);
        }
        if (header.isControl())
        {
            onMarker(entry, header, marker, aborted);
        }
        else
        {
            entry.epoch(header.producerEpoch);
            entry.lastSequence = header.lastSequence();
            entry.lastOffset = header.lastOffset();
            entry.offsetDelta = header.lastOffsetDelta;
            entry.lastTimestamp = header.maxTimestamp;
            if (header.isTransactional() && entry.currentTxnFirstOffset == NONE)
            {
                entry.currentTxnFirstOffset = header.baseOffset;
                ongoing.put(header.baseOffset, header.producerId);
            }
        }
    }

    private void onMarker(
        final Entry entry, final BatchHeader header, final ControlMarker marker, final AbortHandler aborted)
    {
        final long firstOffset = entry.currentTxnFirstOffset;
        entry.epoch(header.producerEpoch);
        entry.coordinatorEpoch = marker.coordinatorEpoch();
        entry.lastTimestamp = marker.timestamp();
        entry.currentTxnFirstOffset = NONE;
        // A marker without data before it ended nothing.
        if (firstOffset != NONE)
        {
            ongoing.remove(firstOffset);
            if (marker.type() == ControlMarker.Type.ABORT)
            {
                final long lastStableOffset = ongoing.isEmpty() ? header.baseOffset + 1 : ongoing.firstKey();
                aborted.onAborted(entry.producerId, firstOffset, header.baseOffset, lastStableOffset);
            }
        }
    }

    void put(final Entry entry)
    {
        byId.put(entry.producerId, entry);
        inSnapshotOrder.put(entry.producerId, entry);
        if (entry.currentTxnFirstOffset != NONE)
        {
            ongoing.put(entry.currentTxnFirstOffset, entry.producerId);
        }
    }

    /** First offset of the oldest open transaction, or -1. */
    long firstUndecidedOffset()
    {
        return ongoing.isEmpty() ? NONE : ongoing.firstKey();
    }

    /** The producers with an open transaction, in the order in which they began. */
    List<Entry> openTransactions()
    {
        return ongoing.values().stream().map(this::entry).toList();
    }

    /** The highest producer id of those that are not forgotten, or -1. */
    long highestProducerId()
    {
        long highest = NONE;
        for (final long producerId : inSnapshotOrder.keySet())
        {
            highest = Math.max(highest, producerId);
        }
        return highest;
    }

    /**
     * Forgets producers without an open transaction whose last batch is older than the expiration (KIP-360 defaults).
     */
    void expire(final long nowMs, final long expirationMs)
    {
        inSnapshotOrder.values().removeIf(
            (entry) ->
            {
                final boolean expired =
                    entry.currentTxnFirstOffset == NONE && nowMs - entry.lastTimestamp >= expirationMs;
                if (expired)
                {
                    byId.remove(entry.producerId);
                }
                return expired;
            });
    }

    int size()
    {
        return byId.size();
    }

    Entry entry(final long producerId)
    {
        return byId.get(producerId);
    }

    Iterable<Entry> entries()
    {
        return inSnapshotOrder.values();
    }
}
