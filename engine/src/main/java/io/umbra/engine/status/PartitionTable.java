package io.umbra.engine.status;

import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

import static io.umbra.engine.status.PartitionTableLayout.ASSIGNMENT_EPOCH_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.ASSIGNMENT_TIME_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.BYTES_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.COMMIT_NANO_TIME_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.COMMIT_TIME_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.DURABLE_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.END_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.ERROR_LENGTH;
import static io.umbra.engine.status.PartitionTableLayout.FETCH_ERROR_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.FETCH_POSITION_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.FETCH_STATE_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.FETCH_TIME_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.HIGH_WATERMARK_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.JOURNAL_ERROR_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.JOURNAL_STATE_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LAG_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LAST_EPOCH_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LAST_STABLE_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LEADER_EPOCH_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LEADER_ID_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LOG_START_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.PARTITION_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RECORDS_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.ROWS_PER_CHUNK_SHIFT;
import static io.umbra.engine.status.PartitionTableLayout.RPO_COUNT_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_ROW_MAX_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_ROW_P50_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_ROW_P999_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RPO_ROW_P99_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.SAMPLED_END_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.SAMPLED_TIME_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.SHARD_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.SOURCE_LOG_START_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.TOPIC_ID_HIGH_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.TOPIC_ID_LOW_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.TOPIC_LENGTH;
import static io.umbra.engine.status.PartitionTableLayout.TOPIC_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.TOPIC_STATE_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.VERSION;

/**
 * What the engine knows of its partitions, in a memory-mapped file: its threads write, {@code umbra status} reads in
 * another process, and the engine does not notice. A row belongs to one partition for as long as the engine runs, and
 * its index is the partition's index. The layout is that of {@link PartitionTableLayout}.
 * <p>
 * Every field has one writing thread, which each method names. Any thread may read; nothing here allocates, save for
 * texts. Offsets and ids that are not known yet read as -1, times as 0.
 */
public final class PartitionTable extends PartitionRows implements AutoCloseable
{
    private static final int UNKNOWN = -1;
    private static final String FILE = "status/partition-table.dat";

    private final TableHeader header;
    private final boolean isReadOnly;

    private PartitionTable(final TableFile file)
    {
        super(file);
        this.isReadOnly = file.isReadOnly();
        this.header = new TableHeader(file.header(), isReadOnly);
    }

    /**
     * Where the table of a journal is.
     *
     * @param journalDir directory of the journal.
     * @return path of the file.
     */
    public static Path file(final Path journalDir)
    {
        return journalDir.resolve(FILE);
    }

    /**
     * Creates an empty table and puts it into the place of an earlier one. Only the engine that holds the journal's
     * lock may.
     *
     * @param journalDir  directory of the journal.
     * @param linkName    name of the link.
     * @param nodeId      of the engine's node.
     * @param startTimeMs when the engine started, in milliseconds since 1970.
     * @return the table, for the engine's threads.
     * @throws IOException when the file cannot be written, for one when the disk is full.
     */
    public static PartitionTable create(
        final Path journalDir, final String linkName, final int nodeId, final long startTimeMs) throws IOException
    {
        final Path path = file(journalDir);
        final TableFile file = TableFile.create(path);
        try
        {
            file.grow();
            final PartitionTable table = new PartitionTable(file);
            table.header.init(nodeId, ProcessHandle.current().pid(), linkName, startTimeMs);
            TableFile.publish(path);

            return table;
        }
        catch (final IOException | RuntimeException ex)
        {
            file.close();
            throw ex;
        }
    }

    /**
     * Opens the table of a journal for reading, whether the engine runs or not. The table belongs to one thread.
     *
     * @param journalDir directory of the journal.
     * @return the table; its writing methods throw UnsupportedOperationException.
     * @throws java.nio.file.NoSuchFileException when there is none: no engine has ever run on this journal.
     * @throws IOException                       when it cannot be read or is of another version.
     */
    public static PartitionTable openReadOnly(final Path journalDir) throws IOException
    {
        final Path path = file(journalDir);
        final TableFile file = TableFile.openReadOnly(path);
        final PartitionTable table = new PartitionTable(file);
        if (!table.header.isValid())
        {
            file.close();
            throw new IOException(path + " is no partition table of version " + VERSION);
        }

        return table;
    }

    /** What concerns the engine and the link as a whole. */
    public TableHeader header()
    {
        return header;
    }

    /**
     * Rows in use. A reader in another process must ask before it reads a row that it has not seen before.
     *
     * @return number of rows; their indexes begin at 0.
     * @throws IOException when the file cannot be mapped.
     */
    public int rowCount() throws IOException
    {
        final int rows = header.rowCount();
        while (isReadOnly && file.chunkCount() << ROWS_PER_CHUNK_SHIFT < rows)
        {
            file.mapNextChunk();
        }

        return rows;
    }

    /**
     * Adds a row for a partition; control thread. When it fails nothing has changed, and it can be tried again.
     *
     * @param topic            name of the topic.
     * @param topicId          id of the topic.
     * @param partition        number within the topic.
     * @param shard            that the partition belongs to.
     * @param assignmentTimeMs now, in milliseconds since 1970.
     * @return index of the row, one more than that of the row before.
     * @throws IOException when the file cannot grow, for one when the disk is full.
     */
    public int add(
        final String topic, final UUID topicId, final int partition, final int shard, final long assignmentTimeMs)
        throws IOException
    {
        final int index = header.rowCount();
        if (index == file.chunkCount() << ROWS_PER_CHUNK_SHIFT)
        {
            file.grow();
        }
        final UnsafeBuffer chunk = writable(index);
        final int row = row(index);
        chunk.putInt(row + PARTITION_OFFSET, partition);
        chunk.putInt(row + SHARD_OFFSET, shard);
        chunk.putLong(row + TOPIC_ID_HIGH_OFFSET, topicId.getMostSignificantBits());
        chunk.putLong(row + TOPIC_ID_LOW_OFFSET, topicId.getLeastSignificantBits());
        chunk.putLong(row + ASSIGNMENT_TIME_OFFSET, assignmentTimeMs);
        SharedText.write(chunk, row + TOPIC_OFFSET, TOPIC_LENGTH, topic);
        chunk.putInt(row + LEADER_ID_OFFSET, UNKNOWN);
        chunk.putInt(row + LEADER_EPOCH_OFFSET, UNKNOWN);
        chunk.putLong(row + SOURCE_LOG_START_OFFSET, UNKNOWN);
        chunk.putLong(row + HIGH_WATERMARK_OFFSET, UNKNOWN);
        chunk.putLong(row + FETCH_POSITION_OFFSET, UNKNOWN);
        chunk.putLong(row + LOG_START_OFFSET, UNKNOWN);
        chunk.putLong(row + END_OFFSET, UNKNOWN);
        chunk.putLong(row + DURABLE_OFFSET, UNKNOWN);
        chunk.putInt(row + LAST_EPOCH_OFFSET, UNKNOWN);
        chunk.putLong(row + LAST_STABLE_OFFSET, UNKNOWN);
        chunk.putLong(row + SAMPLED_END_OFFSET, UNKNOWN);
        header.rowCount(index + 1);

        return index;
    }

    /**
     * State of the row's topic; control thread.
     *
     * @param index of the row.
     * @param state of the topic.
     */
    public void topicState(final int index, final TopicState state)
    {
        writable(index).putIntRelease(row(index) + TOPIC_STATE_OFFSET, state.code());
    }

    /**
     * The source broker from which the partition is fetched; FetchAgent.
     *
     * @param index           of the row.
     * @param leaderId        id of the broker, or -1.
     * @param leaderEpoch     of the partition as the source's metadata says, or -1.
     * @param assignmentEpoch of the partition in this engine.
     */
    public void leader(final int index, final int leaderId, final int leaderEpoch, final int assignmentEpoch)
    {
        final UnsafeBuffer chunk = writable(index);
        final int row = row(index);
        chunk.putIntRelease(row + LEADER_EPOCH_OFFSET, leaderEpoch);
        chunk.putIntRelease(row + ASSIGNMENT_EPOCH_OFFSET, assignmentEpoch);
        chunk.putIntRelease(row + LEADER_ID_OFFSET, leaderId);
    }

    /**
     * A response has come for the partition; FetchAgent.
     *
     * @param index          of the row.
     * @param fetchPosition  offset that will be asked for next.
     * @param highWatermark  of the response.
     * @param sourceLogStart of the response.
     * @param fetchTimeMs    when it came, in milliseconds since 1970.
     */
    public void fetched(
        final int index,
        final long fetchPosition,
        final long highWatermark,
        final long sourceLogStart,
        final long fetchTimeMs)
    {
        final UnsafeBuffer chunk = writable(index);
        final int row = row(index);
        chunk.putLongRelease(row + FETCH_POSITION_OFFSET, fetchPosition);
        chunk.putLongRelease(row + HIGH_WATERMARK_OFFSET, highWatermark);
        chunk.putLongRelease(row + SOURCE_LOG_START_OFFSET, sourceLogStart);
        chunk.putLongRelease(row + FETCH_TIME_OFFSET, fetchTimeMs);
    }

    /**
     * State on the way from the source; FetchAgent.
     *
     * @param index of the row.
     * @param state to be shown.
     * @param error in one line, or null.
     */
    public void fetchState(final int index, final FetchState state, final String error)
    {
        final UnsafeBuffer chunk = writable(index);
        final int row = row(index);
        SharedText.write(chunk, row + FETCH_ERROR_OFFSET, ERROR_LENGTH, error);
        chunk.putIntRelease(row + FETCH_STATE_OFFSET, state.code());
    }

    /**
     * Where the partition's log stands after it was opened, truncated or has lost its oldest segments; JournalAgent.
     *
     * @param index          of the row.
     * @param logStartOffset first offset of the log.
     * @param endOffset      next offset to be journaled.
     * @param durableOffset  offset below which everything is on the disk.
     * @param lastEpoch      leader epoch of the last batch, or -1.
     * @param lastStable     offset below which every transaction is decided.
     */
    public void journalPositions(
        final int index,
        final long logStartOffset,
        final long endOffset,
        final long durableOffset,
        final int lastEpoch,
        final long lastStable)
    {
        final UnsafeBuffer chunk = writable(index);
        final int row = row(index);
        chunk.putLongRelease(row + LAST_STABLE_OFFSET, lastStable);
        chunk.putLongRelease(row + LOG_START_OFFSET, logStartOffset);
        chunk.putIntRelease(row + LAST_EPOCH_OFFSET, lastEpoch);
        chunk.putLongRelease(row + END_OFFSET, endOffset);
        chunk.putLongRelease(row + DURABLE_OFFSET, durableOffset);
    }

    /**
     * Batches were appended and entered into the ledger; JournalAgent, at most once per duty cycle.
     *
     * @param index          of the row.
     * @param endOffset      next offset to be journaled.
     * @param lastEpoch      leader epoch of the last batch.
     * @param addedBytes     since the last call.
     * @param addedRecords   since the last call.
     * @param commitNanoTime of the last commit, as System.nanoTime() says.
     * @param commitTimeMs   of the last commit, in milliseconds since 1970.
     */
    public void journalCommitted(
        final int index,
        final long endOffset,
        final int lastEpoch,
        final long addedBytes,
        final long addedRecords,
        final long commitNanoTime,
        final long commitTimeMs)
    {
        final UnsafeBuffer chunk = writable(index);
        final int row = row(index);
        chunk.putLongRelease(row + COMMIT_NANO_TIME_OFFSET, commitNanoTime);
        chunk.putLongRelease(row + COMMIT_TIME_OFFSET, commitTimeMs);
        chunk.putLongRelease(row + BYTES_OFFSET, chunk.getLong(row + BYTES_OFFSET) + addedBytes);
        chunk.putLongRelease(row + RECORDS_OFFSET, chunk.getLong(row + RECORDS_OFFSET) + addedRecords);
        chunk.putIntRelease(row + LAST_EPOCH_OFFSET, lastEpoch);
        chunk.putLongRelease(row + END_OFFSET, endOffset);
    }

    /**
     * More of the log is on the disk; JournalAgent.
     *
     * @param index         of the row.
     * @param durableOffset offset below which everything is on the disk.
     */
    public void journalDurable(final int index, final long durableOffset)
    {
        writable(index).putLongRelease(row(index) + DURABLE_OFFSET, durableOffset);
    }

    /**
     * State of the journal; JournalAgent.
     *
     * @param index of the row.
     * @param state to be shown, and to be minded by the FetchAgent.
     * @param error in one line, or null.
     */
    public void journalState(final int index, final JournalState state, final String error)
    {
        final UnsafeBuffer chunk = writable(index);
        final int row = row(index);
        SharedText.write(chunk, row + JOURNAL_ERROR_OFFSET, ERROR_LENGTH, error);
        chunk.putIntRelease(row + JOURNAL_STATE_OFFSET, state.code());
    }

    /**
     * How far the journal is behind the source; sampler thread.
     *
     * @param index           of the row.
     * @param sourceEndOffset the source's high watermark as sampled on its own connection.
     * @param sampleTimeMs    when that was, in milliseconds since 1970.
     * @param lagMs           age of the oldest record that the source has and the journal has not, 0 when none is.
     */
    public void sampled(final int index, final long sourceEndOffset, final long sampleTimeMs, final long lagMs)
    {
        final UnsafeBuffer chunk = writable(index);
        final int row = row(index);
        chunk.putLongRelease(row + LAG_OFFSET, lagMs);
        chunk.putLongRelease(row + SAMPLED_END_OFFSET, sourceEndOffset);
        chunk.putLongRelease(row + SAMPLED_TIME_OFFSET, sampleTimeMs);
    }

    /**
     * How old the partition's records were when they became part of the journal; sampler thread.
     *
     * @param index   of the row.
     * @param summary of what was sampled since the engine's start.
     */
    public void rpo(final int index, final RpoSummary summary)
    {
        final UnsafeBuffer chunk = writable(index);
        final int row = row(index);
        chunk.putIntRelease(row + RPO_ROW_P50_OFFSET, Float.floatToRawIntBits((float)summary.p50()));
        chunk.putIntRelease(row + RPO_ROW_P99_OFFSET, Float.floatToRawIntBits((float)summary.p99()));
        chunk.putIntRelease(row + RPO_ROW_P999_OFFSET, Float.floatToRawIntBits((float)summary.p999()));
        chunk.putIntRelease(row + RPO_ROW_MAX_OFFSET, Float.floatToRawIntBits((float)summary.max()));
        chunk.putLongRelease(row + RPO_COUNT_OFFSET, summary.count());
    }

    private UnsafeBuffer writable(final int index)
    {
        if (isReadOnly)
        {
            throw new UnsupportedOperationException("the partition table was opened for reading");
        }

        return file.chunk(index >> ROWS_PER_CHUNK_SHIFT);
    }

    /**
     * Unmaps the file, which stays for {@code umbra status}. No thread may use the table any more.
     */
    @Override
    public void close() throws IOException
    {
        file.close();
    }
}
