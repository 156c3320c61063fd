package io.umbra.journal;

import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.SystemEpochClock;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * What a {@link PartitionLog} is opened with. Setters return this; {@link #conclude()} checks and fills what is
 * missing, and is called by the log.
 */
public final class PartitionLogContext
{
    /** Default of {@link #segmentBytes(int)}: 1 GiB. */
    public static final int DEFAULT_SEGMENT_BYTES = 1 << 30;
    /** Default of {@link #directWriteBytes(int)}. */
    public static final int DEFAULT_DIRECT_WRITE_BYTES = 256 * 1024;

    /** Default of {@link #indexIntervalBytes(int)}, that of Kafka's index.interval.bytes. */
    public static final int DEFAULT_INDEX_INTERVAL_BYTES = 4096;
    /** Default of {@link #tailCheckBytes(int)}: 4 MiB. */
    public static final int DEFAULT_TAIL_CHECK_BYTES = 4 << 20;
    /** Default of {@link #stateIntervalBytes(long)}: 64 MiB. */
    public static final long DEFAULT_STATE_INTERVAL_BYTES = 64L << 20;
    /** Default of {@link #producerIdExpirationMs(long)}, that of Kafka's producer.id.expiration.ms: a day. */
    public static final long DEFAULT_PRODUCER_ID_EXPIRATION_MS = 86_400_000L;
    /** As Kafka's segment.index.bytes. */
    static final int MAX_INDEX_BYTES = 10 << 20;

    /** The digest that the log is known to have had at an offset. */
    record KnownDigest(long offset, long digest)
    {
    }

    private Path journalDir;
    private String topic;
    private int partition = -1;
    private UUID topicId;
    private long recoveryPoint;
    private long logStartOffset;
    private final List<KnownDigest> knownDigests = new ArrayList<>();
    private int segmentBytes = DEFAULT_SEGMENT_BYTES;
    private int indexIntervalBytes = DEFAULT_INDEX_INTERVAL_BYTES;
    private int tailCheckBytes = DEFAULT_TAIL_CHECK_BYTES;
    private long stateIntervalBytes = DEFAULT_STATE_INTERVAL_BYTES;
    private long producerIdExpirationMs = DEFAULT_PRODUCER_ID_EXPIRATION_MS;
    private int directWriteBytes = DEFAULT_DIRECT_WRITE_BYTES;
    private SegmentFiles segmentFiles = SegmentFiles.SYSTEM;
    private EpochClock clock = SystemEpochClock.INSTANCE;

    /**
     * Checks the values.
     *
     * @return this.
     * @throws IllegalArgumentException that names the value and what is allowed.
     */
    public PartitionLogContext conclude()
    {
        Objects.requireNonNull(journalDir, "journalDir");
        Objects.requireNonNull(topic, "topic");
        Objects.requireNonNull(topicId, "topicId");
        Objects.requireNonNull(segmentFiles, "segmentFiles");
        Objects.requireNonNull(clock, "clock");
        atLeast("partition", partition, 0);
        atLeast("recoveryPoint", recoveryPoint, 0);
        atLeast("logStartOffset", logStartOffset, 0);
        atLeast("segmentBytes", segmentBytes, BatchHeader.SIZE);
        atLeast("indexIntervalBytes", indexIntervalBytes, 0);
        atLeast("directWriteBytes", directWriteBytes, 1);
        atLeast("tailCheckBytes", tailCheckBytes, 0);
        atLeast("stateIntervalBytes", stateIntervalBytes, 1);
        atLeast("producerIdExpirationMs", producerIdExpirationMs, 1);
        return this;
    }

    private static void atLeast(final String name, final long value, final long least)
    {
        if (value < least)
        {
            throw new IllegalArgumentException(name + "=" + value + " is below " + least);
        }
    }

    /**
     * The journal directory, in which the partition has or gets its directory.
     *
     * @param dir of the journal.
     * @return this.
     */
    public PartitionLogContext journalDir(final Path dir)
    {
        journalDir = dir;
        return this;
    }

    /** @return the journal directory. */
    public Path journalDir()
    {
        return journalDir;
    }

    /**
     * Topic name and partition number.
     *
     * @param name   of the topic.
     * @param number of the partition.
     * @return this.
     */
    public PartitionLogContext partition(final String name, final int number)
    {
        topic = name;
        partition = number;
        return this;
    }

    /** @return topic name. */
    public String topic()
    {
        return topic;
    }

    /** @return partition number. */
    public int partition()
    {
        return partition;
    }

    /**
     * Topic id (KIP-516); a directory that holds another topic id is refused.
     *
     * @param id of the topic at the source.
     * @return this.
     */
    public PartitionLogContext topicId(final UUID id)
    {
        topicId = id;
        return this;
    }

    /** @return topic id. */
    public UUID topicId()
    {
        return topicId;
    }

    /**
     * Offset below which everything was durable when the log was last open: 0 if that is not known.
     *
     * @param offset next offset after the durable ones.
     * @return this.
     */
    public PartitionLogContext recoveryPoint(final long offset)
    {
        recoveryPoint = offset;
        return this;
    }

    /** @return offset below which everything was durable. */
    public long recoveryPoint()
    {
        return recoveryPoint;
    }

    /**
     * The checkpointed log start offset, 0 if there is none.
     *
     * @param offset first offset that is visible.
     * @return this.
     */
    public PartitionLogContext logStartOffset(final long offset)
    {
        logStartOffset = offset;
        return this;
    }

    /** @return the checkpointed log start offset. */
    public long logStartOffset()
    {
        return logStartOffset;
    }

    /**
     * Adds a digest that the log had at an offset, as the digest checkpoint or the ledger has it; may be called for
     * several offsets. Recovery compares where it scans; a log that differs is cut back to the last point that is
     * verified.
     *
     * @param offset next offset after the last batch that the digest covers.
     * @param digest {@link RollingDigest} there.
     * @return this.
     */
    public PartitionLogContext knownDigest(final long offset, final long digest)
    {
        knownDigests.add(new KnownDigest(offset, digest));
        return this;
    }

    List<KnownDigest> knownDigests()
    {
        return knownDigests;
    }

    /**
     * Size at which a segment is full, as Kafka's segment.bytes.
     *
     * @param bytes at least 61.
     * @return this.
     */
    public PartitionLogContext segmentBytes(final int bytes)
    {
        segmentBytes = bytes;
        return this;
    }

    /** @return size at which a segment is full. */
    public int segmentBytes()
    {
        return segmentBytes;
    }

    /**
     * Bytes of log between two index entries, as Kafka's index.interval.bytes.
     *
     * @param bytes 0 or more.
     * @return this.
     */
    public PartitionLogContext indexIntervalBytes(final int bytes)
    {
        indexIntervalBytes = bytes;
        return this;
    }

    /** @return bytes of log between two index entries. */
    public int indexIntervalBytes()
    {
        return indexIntervalBytes;
    }

    /**
     * How many bytes at the end of the log have their CRCs checked at open even when they were durable.
     *
     * @param bytes 0 or more.
     * @return this.
     */
    public PartitionLogContext tailCheckBytes(final int bytes)
    {
        tailCheckBytes = bytes;
        return this;
    }

    /** @return bytes checked at the end of the log. */
    public int tailCheckBytes()
    {
        return tailCheckBytes;
    }

    /**
     * Bytes appended between two producer snapshots and digest anchors within a segment: they bound what recovery
     * reads.
     *
     * @param bytes at least 1.
     * @return this.
     */
    public PartitionLogContext stateIntervalBytes(final long bytes)
    {
        stateIntervalBytes = bytes;
        return this;
    }

    /** @return bytes between two snapshots. */
    public long stateIntervalBytes()
    {
        return stateIntervalBytes;
    }

    /**
     * Age at which a producer without an open transaction is forgotten, as Kafka's producer.id.expiration.ms.
     *
     * @param ms in milliseconds, at least 1.
     * @return this.
     */
    public PartitionLogContext producerIdExpirationMs(final long ms)
    {
        producerIdExpirationMs = ms;
        return this;
    }

    /** @return age at which a producer is forgotten, in milliseconds. */
    public long producerIdExpirationMs()
    {
        return producerIdExpirationMs;
    }

    /**
     * Least length of an append that goes to the device past the page cache; shorter ones go through it. {@link
     * Integer#MAX_VALUE} keeps all in the page cache.
     *
     * @param bytes of an append.
     * @return this.
     */
    public PartitionLogContext directWriteBytes(final int bytes)
    {
        directWriteBytes = bytes;
        return this;
    }

    /** @return least length of an append that goes past the page cache. */
    public int directWriteBytes()
    {
        return directWriteBytes;
    }

    /**
     * The file system.
     *
     * @param files through which every file is opened.
     * @return this.
     */
    public PartitionLogContext segmentFiles(final SegmentFiles files)
    {
        segmentFiles = files;
        return this;
    }

    /** @return the file system. */
    public SegmentFiles segmentFiles()
    {
        return segmentFiles;
    }

    /**
     * The wall clock.
     *
     * @param epochClock milliseconds since 1970.
     * @return this.
     */
    public PartitionLogContext clock(final EpochClock epochClock)
    {
        clock = epochClock;
        return this;
    }

    /** @return the wall clock. */
    public EpochClock clock()
    {
        return clock;
    }

    /** The same, for a log that is opened anew by itself. */
    PartitionLogContext reopened(final long newRecoveryPoint, final long newLogStartOffset)
    {
        return new PartitionLogContext()
            .journalDir(journalDir)
            .partition(topic, partition)
            .topicId(topicId)
            .recoveryPoint(newRecoveryPoint)
            .logStartOffset(newLogStartOffset)
            .segmentBytes(segmentBytes)
            .indexIntervalBytes(indexIntervalBytes)
            .tailCheckBytes(tailCheckBytes)
            .stateIntervalBytes(stateIntervalBytes)
            .producerIdExpirationMs(producerIdExpirationMs)
            .directWriteBytes(directWriteBytes)
            .segmentFiles(segmentFiles)
            .clock(clock)
            .conclude();
    }

    /** @return the partition's directory. */
    public Path directory()
    {
        return journalDir.resolve(topic + "-" + partition);
    }
}
