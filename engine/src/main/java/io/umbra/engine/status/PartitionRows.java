package io.umbra.engine.status;

import org.agrona.concurrent.UnsafeBuffer;

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
import static io.umbra.engine.status.PartitionTableLayout.LEADER_EPOCH_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LAST_STABLE_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LEADER_ID_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.LOG_START_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.PARTITION_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.RECORDS_OFFSET;
import static io.umbra.engine.status.PartitionTableLayout.ROWS_PER_CHUNK;
import static io.umbra.engine.status.PartitionTableLayout.ROWS_PER_CHUNK_SHIFT;
import static io.umbra.engine.status.PartitionTableLayout.ROW_LENGTH;
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

/**
 * The reading side of a {@link PartitionTable}: the fields of a row by its index, for any thread or process. Nothing is
 * allocated, save for texts and summaries. Offsets and ids that are not known yet read as -1, times as 0. Fields are
 * read one by one: who compares two of them reads the one that follows before the one that leads, as the durable offset
 * before the end.
 */
abstract class PartitionRows
{
    final TableFile file;

    PartitionRows(final TableFile file)
    {
        this.file = file;
    }

    /** Name of the topic. */
    public String topic(final int index)
    {
        return SharedText.read(readable(index), row(index) + TOPIC_OFFSET, TOPIC_LENGTH);
    }

    /** Id of the topic. */
    public UUID topicId(final int index)
    {
        final UnsafeBuffer chunk = readable(index);
        final int row = row(index);
        return new UUID(chunk.getLong(row + TOPIC_ID_HIGH_OFFSET), chunk.getLong(row + TOPIC_ID_LOW_OFFSET));
    }

    /** Number within the topic. */
    public int partition(final int index)
    {
        return readable(index).getInt(row(index) + PARTITION_OFFSET);
    }

    /** Shard that the partition belongs to. */
    public int shard(final int index)
    {
        return readable(index).getInt(row(index) + SHARD_OFFSET);
    }

    /** When the row was added, in milliseconds since 1970. */
    public long assignmentTimeMs(final int index)
    {
        return readable(index).getLong(row(index) + ASSIGNMENT_TIME_OFFSET);
    }

    /** Source broker from which the partition is fetched. */
    public int leaderId(final int index)
    {
        return readable(index).getIntVolatile(row(index) + LEADER_ID_OFFSET);
    }

    /** Leader epoch as the source's metadata says. */
    public int leaderEpoch(final int index)
    {
        return readable(index).getIntVolatile(row(index) + LEADER_EPOCH_OFFSET);
    }

    /** Assignment epoch of the partition in this engine. */
    public int assignmentEpoch(final int index)
    {
        return readable(index).getIntVolatile(row(index) + ASSIGNMENT_EPOCH_OFFSET);
    }

    /** When the last response came, in milliseconds since 1970. */
    public long fetchTimeMs(final int index)
    {
        return readable(index).getLongVolatile(row(index) + FETCH_TIME_OFFSET);
    }

    /** Offset that will be asked for next. */
    public long fetchPosition(final int index)
    {
        return readable(index).getLongVolatile(row(index) + FETCH_POSITION_OFFSET);
    }

    /** The source's high watermark as in the last response. */
    public long highWatermark(final int index)
    {
        return readable(index).getLongVolatile(row(index) + HIGH_WATERMARK_OFFSET);
    }

    /** The source's log start as in the last response. */
    public long sourceLogStartOffset(final int index)
    {
        return readable(index).getLongVolatile(row(index) + SOURCE_LOG_START_OFFSET);
    }

    /** First offset of the log. */
    public long journalLogStartOffset(final int index)
    {
        return readable(index).getLongVolatile(row(index) + LOG_START_OFFSET);
    }

    /** Next offset to be journaled. */
    public long journalEndOffset(final int index)
    {
        return readable(index).getLongVolatile(row(index) + END_OFFSET);
    }

    /** Offset below which everything is on the disk. */
    public long journalDurableOffset(final int index)
    {
        return readable(index).getLongVolatile(row(index) + DURABLE_OFFSET);
    }

    /** Offset below which every transaction in the log is decided: READ_COMMITTED consumers read up to here. */
    public long journalLastStableOffset(final int index)
    {
        return readable(index).getLongVolatile(row(index) + LAST_STABLE_OFFSET);
    }

    /** Leader epoch of the last batch in the log. */
    public int journalLastEpoch(final int index)
    {
        return readable(index).getIntVolatile(row(index) + LAST_EPOCH_OFFSET);
    }

    /** When the last commit was, as System.nanoTime() of the engine says. */
    public long commitNanoTime(final int index)
    {
        return readable(index).getLongVolatile(row(index) + COMMIT_NANO_TIME_OFFSET);
    }

    /** When the last commit was, in milliseconds since 1970. */
    public long commitTimeMs(final int index)
    {
        return readable(index).getLongVolatile(row(index) + COMMIT_TIME_OFFSET);
    }

    /** Bytes journaled since the engine's start. */
    public long journaledBytes(final int index)
    {
        return readable(index).getLongVolatile(row(index) + BYTES_OFFSET);
    }

    /** Records journaled since the engine's start. */
    public long journaledRecords(final int index)
    {
        return readable(index).getLongVolatile(row(index) + RECORDS_OFFSET);
    }

    /** The source's high watermark as last sampled. */
    public long sampledEndOffset(final int index)
    {
        return readable(index).getLongVolatile(row(index) + SAMPLED_END_OFFSET);
    }

    /** When that was, in milliseconds since 1970. */
    public long sampleTimeMs(final int index)
    {
        return readable(index).getLongVolatile(row(index) + SAMPLED_TIME_OFFSET);
    }

    /** Age of the oldest record that the source had and the journal had not when sampled. */
    public long lagMs(final int index)
    {
        return readable(index).getLongVolatile(row(index) + LAG_OFFSET);
    }

    /** How old the partition's records were when they became part of the journal, as sampled since the start. */
    public RpoSummary rpo(final int index)
    {
        final UnsafeBuffer chunk = readable(index);
        final int row = row(index);
        return new RpoSummary(
            chunk.getLongVolatile(row + RPO_COUNT_OFFSET),
            Float.intBitsToFloat(chunk.getIntVolatile(row + RPO_ROW_P50_OFFSET)),
            Float.intBitsToFloat(chunk.getIntVolatile(row + RPO_ROW_P99_OFFSET)),
            Float.intBitsToFloat(chunk.getIntVolatile(row + RPO_ROW_P999_OFFSET)),
            Float.intBitsToFloat(chunk.getIntVolatile(row + RPO_ROW_MAX_OFFSET)));
    }

    /** State of the row's topic. */
    public TopicState topicState(final int index)
    {
        return TopicState.get(readable(index).getIntVolatile(row(index) + TOPIC_STATE_OFFSET));
    }

    /** State on the way from the source. */
    public FetchState fetchState(final int index)
    {
        return FetchState.get(readable(index).getIntVolatile(row(index) + FETCH_STATE_OFFSET));
    }

    /** State of the journal. */
    public JournalState journalState(final int index)
    {
        return JournalState.get(readable(index).getIntVolatile(row(index) + JOURNAL_STATE_OFFSET));
    }

    /** What is wrong on the way from the source, empty when nothing is. */
    public String fetchError(final int index)
    {
        return SharedText.read(readable(index), row(index) + FETCH_ERROR_OFFSET, ERROR_LENGTH);
    }

    /** What is wrong with the journal, empty when nothing is. */
    public String journalError(final int index)
    {
        return SharedText.read(readable(index), row(index) + JOURNAL_ERROR_OFFSET, ERROR_LENGTH);
    }

    static int row(final int index)
    {
        return (index & (ROWS_PER_CHUNK - 1)) * ROW_LENGTH;
    }

    private UnsafeBuffer readable(final int index)
    {
        return file.chunk(index >> ROWS_PER_CHUNK_SHIFT);
    }
}
