package io.umbra.journal;

import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.EpochEntry;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.UnifiedLog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a broker shows of a log, once all of it is replicated.
 *
 * @param start     first offset.
 * @param end       next offset.
 * @param stable    last stable offset.
 * @param batches   byte for byte.
 * @param committed offsets of the records that a READ_COMMITTED consumer gets.
 * @param epochs    with their first offsets.
 * @param producers what is known of each.
 * @param aborted   transactions.
 */
record KafkaView(
    long start,
    long end,
    long stable,
    List<ByteBuffer> batches,
    List<Long> committed,
    List<EpochEntry> epochs,
    Map<Long, String> producers,
    List<String> aborted)
{
    static KafkaView of(final UnifiedLog log) throws Exception
    {
        log.updateHighWatermark(log.logEndOffset());
        final Map<Long, String> producers = new TreeMap<>();
        log.producerStateManager().activeProducers().forEach(
            (id, entry) -> producers.put(
                id,
                "epoch " + entry.producerEpoch() + " time " + entry.lastTimestamp() + " coordinator " +
                    entry.coordinatorEpoch() + " transaction " + entry.currentTxnFirstOffset() + " last batch " +
                    entry.batchMetadata().stream().reduce((a, b) -> b)));
        return new KafkaView(
            log.logStartOffset(),
            log.logEndOffset(),
            log.lastStableOffset(),
            batches(log),
            committed(log),
            log.leaderEpochCache().epochEntries(),
            producers,
            log.collectAbortedTransactions(log.logStartOffset(), log.logEndOffset()).stream()
                .map(AbortedTxn::toString).toList());
    }

    private static List<ByteBuffer> batches(final UnifiedLog log) throws Exception
    {
        final List<ByteBuffer> all = new ArrayList<>();
        long offset = log.logStartOffset();
        long from = -1;
        // At the end there may be a gap.
        while (offset < log.logEndOffset() && from != offset)
        {
            from = offset;
            final FetchDataInfo fetched = log.read(offset, 5000, FetchIsolation.LOG_END, true);
            for (final RecordBatch batch : fetched.records.batches())
            {
                if (batch.lastOffset() >= offset)
                {
                    final ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
                    batch.writeTo(bytes);
                    all.add(bytes.flip());
                    offset = batch.nextOffset();
                }
            }
        }
        return all;
    }

    /** As a consumer does: the broker names the aborted transactions of what it sends. */
    private static List<Long> committed(final UnifiedLog log) throws Exception
    {
        final List<Long> offsets = new ArrayList<>();
        long offset = log.logStartOffset();
        long from = -1;
        while (offset < log.lastStableOffset() && from != offset)
        {
            from = offset;
            final FetchDataInfo fetched = log.read(offset, 5000, FetchIsolation.TXN_COMMITTED, true);
            final PriorityQueue<FetchResponseData.AbortedTransaction> aborted = new PriorityQueue<>(
                Comparator.comparingLong(FetchResponseData.AbortedTransaction::firstOffset));
            aborted.addAll(fetched.abortedTransactions.orElse(List.of()));
            final Set<Long> aborting = new HashSet<>();
            for (final RecordBatch batch : fetched.records.batches())
            {
                while (!aborted.isEmpty() && aborted.peek().firstOffset() <= batch.lastOffset())
                {
                    aborting.add(aborted.poll().producerId());
                }
                if (batch.isControlBatch())
                {
                    final Record marker = batch.iterator().next();
                    if (ControlRecordType.parse(marker.key()) == ControlRecordType.ABORT)
                    {
                        aborting.remove(batch.producerId());
                    }
                }
                else if (!batch.isTransactional() || !aborting.contains(batch.producerId()))
                {
                    for (final Record record : batch)
                    {
                        if (record.offset() >= offset)
                        {
                            offsets.add(record.offset());
                        }
                    }
                }
                offset = Math.max(offset, batch.nextOffset());
            }
        }
        return offsets;
    }
}
