package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.EngineEventType;
import io.umbra.codecs.ledger.PartitionStateType;
import org.agrona.collections.Int2ObjectHashMap;

import java.io.IOException;
import java.util.List;

/**
 * Writes the ledger of one shard.
 *
 * <p>Only the shard's journal agent writes: the journal directory's lock keeps other processes out, and one thread at
 * a time may call. {@link #open} and {@link #close} may be called from another thread than the rest if they do not
 * overlap.
 *
 * <p>An entry is in the ledger when the method returns: kill -9 loses none. Power loss may; the ledger is made
 * durable when it is closed and the file when it ends, not in between, since the log is the truth.
 *
 * <p><b>Files.</b> One file per {@link LedgerRoll period}, or several when one grows past an eighth of what the
 * ledger may take; the oldest are deleted when all would take more. Every file is complete in itself: it begins with
 * a PartitionOpened entry for each open partition, so that indexes can be resolved to names and every partition's end
 * is known without the files before it.
 *
 * <p><b>Full disk.</b> {@link #ensureRoom} allocates space before anything is written and throws when there is none;
 * after it returned, entries of {@value #ROOM} bytes in all cannot fail for want of space. Call it before the bytes
 * go to the log. The other methods do it too, for want of which they throw {@link LedgerException}.
 *
 * <p>Nothing is allocated on the heap in steady state by {@link #commit} and {@link #ensureRoom}.
 */
public final class Ledger implements AutoCloseable
{
    /** Bytes that {@link #ensureRoom} makes sure of: several hundred commits. */
    public static final int ROOM = 64 << 10;

    private final EntryEncoder encoder;
    private final LedgerFiles files;
    private final List<LedgerFinding> findings;
    private final Int2ObjectHashMap<OpenPartition> partitions = new Int2ObjectHashMap<>();

    private boolean isClosed;

    private Ledger(final LedgerContext ctx, final List<LedgerFinding> findings)
    {
        encoder = new EntryEncoder(ctx.nodeId(), ctx.shard());
        files = LedgerFiles.open(ctx, encoder.bytes(), new Names(), findings);
        this.findings = List.copyOf(findings);
    }

    /**
     * Loads Chronicle Queue, which registers a shutdown hook when it is loaded and cannot be once the JVM is going
     * down. Call it before anything that lets a process go on while the JVM does.
     */
    public static void load()
    {
        ChronicleSettings.load();
    }

    /**
     * Opens or creates a shard's ledger, after it has repaired what a crash left behind. The caller holds the lock of
     * the journal directory.
     *
     * @param ctx what to open.
     * @return the ledger, positioned after its last whole entry.
     * @throws LedgerException if it cannot be opened; the message names the file and says what can be done.
     */
    public static Ledger open(final LedgerContext ctx)
    {
        ctx.conclude();
        return new Ledger(ctx, LedgerRecovery.recover(ctx.directory()));
    }

    /**
     * What {@link #open} found wrong and what it did about it.
     *
     * @return findings, empty after a clean stop.
     */
    public List<LedgerFinding> findings()
    {
        return findings;
    }

    /**
     * Allocates disk space for what comes next, and begins a new file when one is due.
     *
     * @throws IOException if there is no space. Nothing was written; call again later.
     */
    public void ensureRoom() throws IOException
    {
        files.ensureRoom(ROOM);
    }

    /**
     * The engine started or stopped.
     *
     * @param type   of the event.
     * @param timeNs wall clock, nanoseconds since 1970.
     */
    public void engineEvent(final EngineEventType type, final long timeNs)
    {
        prepare(0);
        files.append(encoder.engineEvent(type, timeNs));
    }

    /**
     * Opens a partition and says how its log and what the ledgers last said of it fit together: writes
     * PartitionOpened, then Recovered or Truncated when they do not. When only the digests differ, a PartitionState
     * entry says so.
     *
     * @param partitionIndex index of the partition in this run of the engine.
     * @param partition      its name.
     * @param logStartOffset of its log.
     * @param endOffset      of its log, as recovered.
     * @param digest         rolling digest of the log up to endOffset.
     * @param previous       what the ledgers say, from {@link LedgerReconciler}; null when they do not know the
     *                       partition.
     * @param timeNs         wall clock, nanoseconds since 1970.
     * @return what was found.
     */
    public LedgerAgreement openPartition(
        final int partitionIndex,
        final LedgerPartition partition,
        final long logStartOffset,
        final long endOffset,
        final long digest,
        final LedgerState.End previous,
        final long timeNs)
    {
        // Nothing may come between the two entries, no new file either: LedgerReconciler passes over a PartitionOpened
        // that is the last entry.
        prepare(ROOM);
        appendOpened(partitionIndex, partition, logStartOffset, endOffset, digest, timeNs);
        if (previous == null)
        {
            return LedgerAgreement.UNKNOWN;
        }
        final long ledgerEnd = previous.endOffset();
        if (ledgerEnd < endOffset && previous.digest() == digest)
        {
            files.append(encoder.gap(
                partitionIndex, ledgerEnd, endOffset, timeNs, "the log began anew there before the last stop"));
            return LedgerAgreement.LOG_LONGER;
        }
        if (ledgerEnd < endOffset)
        {
            files.append(encoder.recovered(partitionIndex, ledgerEnd, endOffset - 1, digest, timeNs));
            return LedgerAgreement.LOG_LONGER;
        }
        if (ledgerEnd > endOffset)
        {
            files.append(encoder.truncated(
                partitionIndex, ledgerEnd, endOffset, digest, timeNs, "the log ended there at the start"));
            return LedgerAgreement.LOG_SHORTER;
        }
        if (previous.digest() != digest)
        {
            files.append(encoder.partitionState(partitionIndex, endOffset, timeNs, PartitionStateType.ACTIVE,
                String.format("rolling digest of the log is %016x, of the ledger %016x", digest, previous.digest())));
            return LedgerAgreement.DIGEST_DIFFERS;
        }
        return LedgerAgreement.EQUAL;
    }

    /**
     * Names a partition index. {@link #openPartition} is what a start needs; this is for a partition that is new.
     *
     * @param partitionIndex index of the partition in this run of the engine.
     * @param partition      its name.
     * @param logStartOffset of its log.
     * @param endOffset      next offset to be journaled.
     * @param digest         rolling digest of the log up to endOffset.
     * @param timeNs         wall clock, nanoseconds since 1970.
     */
    public void partitionOpened(
        final int partitionIndex,
        final LedgerPartition partition,
        final long logStartOffset,
        final long endOffset,
        final long digest,
        final long timeNs)
    {
        prepare(0);
        appendOpened(partitionIndex, partition, logStartOffset, endOffset, digest, timeNs);
    }

    /**
     * Forgets a partition: it is not named again at the head of the next files. Writes nothing.
     *
     * @param partitionIndex index of the partition.
     */
    public void partitionClosed(final int partitionIndex)
    {
        partitions.remove(partitionIndex);
    }

    /**
     * Batches of one partition are in its log.
     *
     * @param partitionIndex      index of the partition, which was opened before.
     * @param assignmentEpoch     of the partition's assignment to this node.
     * @param leaderEpoch         of the last batch.
     * @param leaderId            source broker that sent the batches.
     * @param baseOffset          of the first batch.
     * @param lastOffset          of the last batch.
     * @param segmentBaseOffset   which segment file holds the bytes.
     * @param filePosition        of the first byte in that file.
     * @param length              bytes appended.
     * @param records             records appended, control records included.
     * @param digest              rolling digest of the log up to lastOffset.
     * @param sourceHighWatermark in the response that brought the batches.
     * @param fetchTimeNs         when they came from the source, nanoseconds since 1970.
     * @param commitTimeNs        when they were in the log, nanoseconds since 1970.
     */
    public void commit(
        final int partitionIndex,
        final int assignmentEpoch,
        final int leaderEpoch,
        final int leaderId,
        final long baseOffset,
        final long lastOffset,
        final long segmentBaseOffset,
        final int filePosition,
        final int length,
        final int records,
        final long digest,
        final long sourceHighWatermark,
        final long fetchTimeNs,
        final long commitTimeNs)
    {
        final OpenPartition partition = partition(partitionIndex);
        prepare(0);
        files.append(encoder.commit(
            partitionIndex, assignmentEpoch, leaderEpoch, leaderId, baseOffset, lastOffset, segmentBaseOffset,
            filePosition, length, records, digest, sourceHighWatermark, fetchTimeNs, commitTimeNs));
        partition.end(lastOffset + 1, digest);
    }

    /**
     * At a start: the log holds batches that the ledger had no entry for.
     *
     * @param partitionIndex index of the partition, which was opened before.
     * @param baseOffset     first offset without an entry.
     * @param lastOffset     last offset in the log.
     * @param digest         rolling digest of the log up to lastOffset.
     * @param timeNs         wall clock, nanoseconds since 1970.
     */
    public void recovered(
        final int partitionIndex, final long baseOffset, final long lastOffset, final long digest, final long timeNs)
    {
        final OpenPartition partition = partition(partitionIndex);
        prepare(0);
        files.append(encoder.recovered(partitionIndex, baseOffset, lastOffset, digest, timeNs));
        partition.end(lastOffset + 1, digest);
    }

    /**
     * The log is shorter than it was.
     *
     * @param partitionIndex index of the partition, which was opened before.
     * @param fromOffset     end offset before.
     * @param toOffset       end offset after.
     * @param digest         rolling digest of the log up to toOffset.
     * @param timeNs         wall clock, nanoseconds since 1970.
     * @param reason         for people; what is longer than 1024 bytes of UTF-8 is cut off.
     */
    public void truncated(
        final int partitionIndex,
        final long fromOffset,
        final long toOffset,
        final long digest,
        final long timeNs,
        final String reason)
    {
        final OpenPartition partition = partition(partitionIndex);
        prepare(0);
        files.append(encoder.truncated(partitionIndex, fromOffset, toOffset, digest, timeNs, reason));
        partition.end(toOffset, digest);
    }

    /**
     * A partition changed its state.
     *
     * @param partitionIndex index of the partition, which was opened before.
     * @param endOffset      end offset when it happened.
     * @param timeNs         wall clock, nanoseconds since 1970.
     * @param state          the new one.
     * @param reason         for people; what is longer than 1024 bytes of UTF-8 is cut off.
     */
    public void partitionState(
        final int partitionIndex,
        final long endOffset,
        final long timeNs,
        final PartitionStateType state,
        final String reason)
    {
        partition(partitionIndex);
        prepare(0);
        files.append(encoder.partitionState(partitionIndex, endOffset, timeNs, state, reason));
    }

    /**
     * The log start offset moved up.
     *
     * @param partitionIndex index of the partition, which was opened before.
     * @param logStartOffset the new one.
     * @param timeNs         wall clock, nanoseconds since 1970.
     */
    public void logStart(final int partitionIndex, final long logStartOffset, final long timeNs)
    {
        final OpenPartition partition = partition(partitionIndex);
        prepare(0);
        files.append(encoder.logStart(partitionIndex, logStartOffset, timeNs));
        partition.logStartOffset(logStartOffset);
    }

    /**
     * Offsets that the source had dropped before the shadow had them.
     *
     * @param partitionIndex index of the partition, which was opened before.
     * @param fromOffset     end offset before.
     * @param toOffset       next offset to be journaled.
     * @param timeNs         wall clock, nanoseconds since 1970.
     * @param reason         for people; what is longer than 1024 bytes of UTF-8 is cut off.
     */
    public void gap(
        final int partitionIndex, final long fromOffset, final long toOffset, final long timeNs, final String reason)
    {
        final OpenPartition partition = partition(partitionIndex);
        prepare(0);
        files.append(encoder.gap(partitionIndex, fromOffset, toOffset, timeNs, reason));
        partition.end(toOffset, partition.digest());
    }

    /**
     * Chronicle Queue's index of the last entry.
     *
     * @return the index, or -1 when the last file holds none.
     */
    public long lastIndex()
    {
        return files.lastIndex();
    }

    /**
     * Makes everything durable and closes the files.
     *
     * @throws LedgerException if the device reports an error.
     */
    @Override
    public void close()
    {
        if (!isClosed)
        {
            isClosed = true;
            files.close();
        }
    }

    private void appendOpened(
        final int partitionIndex,
        final LedgerPartition partition,
        final long logStartOffset,
        final long endOffset,
        final long digest,
        final long timeNs)
    {
        files.append(encoder.partitionOpened(partitionIndex, partition, logStartOffset, endOffset, digest, timeNs));
        partitions.put(partitionIndex, new OpenPartition(partition, logStartOffset, endOffset, digest));
    }

    private OpenPartition partition(final int partitionIndex)
    {
        final OpenPartition partition = partitions.get(partitionIndex);
        if (partition == null)
        {
            throw new IllegalStateException("partition index " + partitionIndex + " was not opened in the ledger");
        }
        return partition;
    }

    /**
     * Comes before the encoder is filled, since a new file begins with entries of its own.
     */
    private void prepare(final int length)
    {
        try
        {
            files.ensureRoom(length);
        }
        catch (final IOException ex)
        {
            throw new LedgerException(files.directory(), "there is no room for an entry: " + ex.getMessage(), ex);
        }
    }

    /**
     * Names the open partitions again, at the head of every file.
     */
    private final class Names implements LedgerFiles.Head
    {
        @Override
        public long maxLength()
        {
            // Topic names are ASCII.
            long length = 0;
            for (final OpenPartition partition : partitions.values())
            {
                length += EntryEncoder.OPENED_LENGTH + partition.name().topic().length();
            }
            return length;
        }

        @Override
        public void write(final long timeNs)
        {
            final Int2ObjectHashMap<OpenPartition>.EntryIterator entries = partitions.entrySet().iterator();
            while (entries.hasNext())
            {
                entries.next();
                final OpenPartition partition = entries.getValue();
                files.append(encoder.partitionOpened(
                    entries.getIntKey(), partition.name(), partition.logStartOffset(), partition.endOffset(),
                    partition.digest(), timeNs));
            }
        }
    }
}
