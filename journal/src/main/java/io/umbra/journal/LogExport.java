package io.umbra.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/** Makes of a shadow's partition directory one that a stock broker opens without scanning. */
public final class LogExport
{
    /** How files come to the target. */
    public enum Transfer
    {
        /** Whole segments are shared by both directories; nothing that grows with the log is written. */
        LINK,
        /** All bytes are copied. */
        COPY,
        /** As LINK, and then they go from the source. Of a source that is not live. */
        MOVE
    }

    /** What to export, where from and where to. Setters return this. Used once, by one thread. */
    public static final class Context
    {
        private Path sourceDirectory;
        private Path targetDirectory;
        private String topic;
        private int partition = -1;
        private UUID topicId;
        private long logStartOffset;
        private long cutOffset = Long.MAX_VALUE;
        private long recoveryPoint;
        private long recoveryDigest = RollingDigest.SEED;
        private int markerLeaderEpoch;
        private long nowMs;
        private Transfer transfer = Transfer.LINK;
        private boolean isLive;
        private int indexIntervalBytes = PartitionLogContext.DEFAULT_INDEX_INTERVAL_BYTES;
        private SegmentFiles segmentFiles = SegmentFiles.SYSTEM;

        /**
         * Checks the values.
         *
         * @return this.
         * @throws IllegalArgumentException that names the value and what is allowed.
         */
        public Context conclude()
        {
            Objects.requireNonNull(sourceDirectory, "sourceDirectory");
            Objects.requireNonNull(targetDirectory, "targetDirectory");
            Objects.requireNonNull(topic, "topic");
            Objects.requireNonNull(topicId, "topicId");
            atLeast("partition", partition, 0);
            atLeast("logStartOffset", logStartOffset, 0);
            atLeast("cutOffset", cutOffset, 0);
            atLeast("recoveryPoint", recoveryPoint, 0);
            final String name = new PartitionKey(topic, partition).toString();
            if (!name.equals(sourceDirectory.getFileName().toString()) ||
                !name.equals(targetDirectory.getFileName().toString()))
            {
                throw new IllegalArgumentException(
                    "sourceDirectory=" + sourceDirectory + " and targetDirectory=" + targetDirectory +
                        " must both be named " + name);
            }
            if (isLive && transfer == Transfer.MOVE)
            {
                throw new IllegalArgumentException("transfer=MOVE of a directory that an engine may be writing to");
            }
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
         * The shadow's directory of the partition.
         *
         * @param directory <code>&lt;journal&gt;/&lt;topic&gt;-&lt;partition&gt;</code>.
         * @return this.
         */
        public Context sourceDirectory(final Path directory)
        {
            sourceDirectory = directory;
            return this;
        }

        /** @return the shadow's directory of the partition. */
        public Path sourceDirectory()
        {
            return sourceDirectory;
        }

        /**
         * The directory to make.
         *
         * @param directory <code>&lt;log directory of the broker&gt;/&lt;topic&gt;-&lt;partition&gt;</code>.
         * @return this.
         */
        public Context targetDirectory(final Path directory)
        {
            targetDirectory = directory;
            return this;
        }

        /** @return the directory to make. */
        public Path targetDirectory()
        {
            return targetDirectory;
        }

        /**
         * Topic.
         *
         * @param name of it.
         * @return this.
         */
        public Context topic(final String name)
        {
            topic = name;
            return this;
        }

        /** @return topic name. */
        public String topic()
        {
            return topic;
        }

        /**
         * Partition.
         *
         * @param number of it.
         * @return this.
         */
        public Context partition(final int number)
        {
            partition = number;
            return this;
        }

        /** @return partition number. */
        public int partition()
        {
            return partition;
        }

        /**
         * Topic id (KIP-516); a source that holds another one is refused.
         *
         * @param id of the topic.
         * @return this.
         */
        public Context topicId(final UUID id)
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
         * First visible offset as of the journal's checkpoint; 0, the default, if there is none. Segments wholly below
         * it stay behind.
         *
         * @param offset first visible one.
         * @return this.
         */
        public Context logStartOffset(final long offset)
        {
            logStartOffset = offset;
            return this;
        }

        /** @return first visible offset. */
        public long logStartOffset()
        {
            return logStartOffset;
        }

        /**
         * End offset that is wanted: no batch that ends at or above it goes along. The default is the largest long: all
         * that is whole.
         *
         * @param offset next after the last wanted one; of a live source one that is durable.
         * @return this.
         */
        public Context cutOffset(final long offset)
        {
            cutOffset = offset;
            return this;
        }

        /** @return end offset that is wanted. */
        public long cutOffset()
        {
            return cutOffset;
        }

        /**
         * How far the log was durable as of the journal's checkpoint; 0, the default, if that is not known. Above it,
         * every CRC of a source that is not live is checked; below it nothing is read but from the last producer
         * snapshot on.
         *
         * @param offset below which all was durable.
         * @param digest {@link RollingDigest} there.
         * @return this.
         */
        public Context recoveryPoint(final long offset, final long digest)
        {
            recoveryPoint = offset;
            recoveryDigest = digest;
            return this;
        }

        /** @return offset below which all was durable. */
        public long recoveryPoint()
        {
            return recoveryPoint;
        }

        /** @return {@link RollingDigest} there. */
        public long recoveryDigest()
        {
            return recoveryDigest;
        }

        /**
         * Leader epoch of the ABORT markers.
         *
         * @param epoch above all in the log.
         * @return this.
         */
        public Context markerLeaderEpoch(final int epoch)
        {
            markerLeaderEpoch = epoch;
            return this;
        }

        /** @return leader epoch of the ABORT markers. */
        public int markerLeaderEpoch()
        {
            return markerLeaderEpoch;
        }

        /**
         * Time stamp of the ABORT markers.
         *
         * @param ms since 1970.
         * @return this.
         */
        public Context nowMs(final long ms)
        {
            nowMs = ms;
            return this;
        }

        /** @return time stamp of the ABORT markers, ms since 1970. */
        public long nowMs()
        {
            return nowMs;
        }

        /**
         * How files come to the target; LINK by default.
         *
         * @param how they come there.
         * @return this.
         */
        public Context transfer(final Transfer how)
        {
            transfer = how;
            return this;
        }

        /** @return how files come to the target. */
        public Transfer transfer()
        {
            return transfer;
        }

        /**
         * Whether an engine may be appending to the source meanwhile. If not, the caller holds the journal's lock.
         *
         * @param live whether one may.
         * @return this.
         */
        public Context isLive(final boolean live)
        {
            isLive = live;
            return this;
        }

        /** @return whether an engine may be appending to the source. */
        public boolean isLive()
        {
            return isLive;
        }

        /**
         * Bytes of log between two entries of an index that has to be made anew.
         *
         * @param bytes as index.interval.bytes of the shadow.
         * @return this.
         */
        public Context indexIntervalBytes(final int bytes)
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
         * The file system.
         *
         * @param files through which every file is opened.
         * @return this.
         */
        public Context segmentFiles(final SegmentFiles files)
        {
            segmentFiles = files;
            return this;
        }

        /** @return the file system. */
        public SegmentFiles segmentFiles()
        {
            return segmentFiles;
        }

        /** A log in one of the directories that an export has to do with. */
        PartitionLogContext logContext(final Path parent, final SegmentFiles files)
        {
            return new PartitionLogContext()
                .journalDir(parent)
                .partition(topic, partition)
                .topicId(topicId)
                .indexIntervalBytes(indexIntervalBytes)
                .tailCheckBytes(0)
                .segmentFiles(files)
                .clock(() -> nowMs);
        }
    }

    private static final int ATTEMPTS = 100;
    private static final long PAUSE_NS = 20_000_000L;

    private LogExport()
    {
    }

    /**
     * Finds out what {@link #export} would do. Only reads, and of the log no more than what lies above the newest
     * producer snapshot or the recovery point, headers alone where no CRC has to be checked.
     *
     * @param ctx what to export; where to is not looked at.
     * @return what would be done.
     * @throws JournalException if the source is not what the context says.
     * @throws IOException      if it cannot be read.
     */
    public static ExportPlan plan(final Context ctx) throws IOException
    {
        ctx.conclude();
        checkSource(ctx);
        return untilItHolds(ctx, () -> new ExportScan(ctx).run());
    }

    /**
     * Exports a partition. The target directory appears when all that is in it is durable. If anything fails there is
     * none, and the source is as it was.
     *
     * @param ctx what to export, where from and where to.
     * @return what was made.
     * @throws JournalException if the source or the target is not as it should be; nothing has changed.
     * @throws IOException      if reading or writing fails.
     */
    public static ExportedLog export(final Context ctx) throws IOException
    {
        ctx.conclude();
        checkSource(ctx);
        if (Files.exists(ctx.targetDirectory(), LinkOption.NOFOLLOW_LINKS))
        {
            throw new JournalException(ctx.targetDirectory() + " exists already");
        }
        return untilItHolds(ctx, () -> new LogExporter(ctx).run());
    }

    private static void checkSource(final Context ctx) throws IOException
    {
        final UUID found = PartitionFiles.readMetadata(ctx.sourceDirectory());
        if (!ctx.topicId().equals(found))
        {
            throw new JournalException(ctx.sourceDirectory() + (found == null ? " is not a partition's directory" :
                " holds topic id " + PartitionFiles.encode(found) + ", not " + PartitionFiles.encode(ctx.topicId())));
        }
    }

    @FunctionalInterface
    private interface Attempt<T>
    {
        T run() throws IOException;
    }

    /** A live log deletes segments that are below its log start by now: it is looked at anew until it has done so. */
    private static <T> T untilItHolds(final Context ctx, final Attempt<T> attempt) throws IOException
    {
        for (int i = 1; true; i++)
        {
            try
            {
                return attempt.run();
            }
            catch (final NoSuchFileException ex)
            {
                if (!ctx.isLive() || i == ATTEMPTS)
                {
                    throw ex;
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }
}
