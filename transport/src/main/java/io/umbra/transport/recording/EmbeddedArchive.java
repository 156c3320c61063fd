package io.umbra.transport.recording;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.aeron.RethrowingErrorHandler;
import io.aeron.archive.Archive;
import io.aeron.archive.ArchiveThreadingMode;
import io.aeron.archive.checksum.Checksums;
import io.aeron.archive.client.AeronArchive;
import io.umbra.transport.ShardTransport;
import io.umbra.transport.TransportException;
import org.agrona.CloseHelper;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.NoOpLock;
import org.agrona.concurrent.YieldingIdleStrategy;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The Aeron Archive within the engine's process, and a client of it. It can be reached from this process alone.
 */
final class EmbeddedArchive implements AutoCloseable
{
    private static final long MAX_PARK_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final String MARK_FILE_DIRECTORY = "recorder";
    private static final int MAX_SEGMENT_LENGTH = 128 * 1024 * 1024;
    private static final int SEGMENTS_PER_SHARD = 8;

    private final Set<Long> killed;
    private final ArchiveLock lock;
    private final Archive archive;
    private final AeronArchive client;

    private EmbeddedArchive(
        final FlightRecorder.Context ctx,
        final Set<Long> killed,
        final ArchiveLock lock,
        final ErrorHandler errorHandler)
    {
        this.killed = killed;
        this.lock = lock;
        final Aeron aeron = Aeron.connect(new Aeron.Context()
            .aeronDirectoryName(ctx.transport().aeronDirectoryName())
            .clientName("umbra-recorder")
            .driverTimeoutMs(ShardTransport.Context.LIVENESS_TIMEOUT_MS)
            .useConductorAgentInvoker(true)
            .clientLock(NoOpLock.INSTANCE)
            .awaitingIdleStrategy(YieldingIdleStrategy.INSTANCE)
            .subscriberErrorHandler(RethrowingErrorHandler.INSTANCE)
            .errorHandler(errorHandler));
        try
        {
            archive = Archive.launch(archiveContext(ctx, aeron, errorHandler));
        }
        catch (final RuntimeException ex)
        {
            CloseHelper.quietClose(aeron);
            throw ex;
        }
        try
        {
            client = AeronArchive.connect(new AeronArchive.Context()
                .aeron(ctx.transport().client())
                .ownsAeronClient(false)
                .controlRequestChannel(archive.context().localControlChannel())
                .controlRequestStreamId(archive.context().localControlStreamId())
                .controlResponseChannel("aeron:ipc?term-length=64k|sparse=true|mtu=1408")
                .errorHandler(errorHandler));
        }
        catch (final RuntimeException ex)
        {
            CloseHelper.quietClose(archive);
            throw ex;
        }
    }

    /**
     * Make what an engine left behind that was killed fit to go on, and launch the archive.
     *
     * @param ctx          of the recorder.
     * @param errorHandler gets the archive's errors.
     * @return the archive.
     * @throws TransportException if another process records into the directory.
     * @throws IOException        if the directory cannot be read or written.
     */
    static EmbeddedArchive launch(final FlightRecorder.Context ctx, final ErrorHandler errorHandler)
        throws IOException
    {
        final ArchiveLock lock = ArchiveLock.tryAcquire(ctx.dir());
        if (null == lock)
        {
            throw new TransportException("archive.dir=" + ctx.dir() + ": another process records there");
        }
        try
        {
            return new EmbeddedArchive(ctx, repair(ctx), lock, errorHandler);
        }
        catch (final IOException | RuntimeException ex)
        {
            lock.close();
            throw ex;
        }
    }

    private static Set<Long> repair(final FlightRecorder.Context ctx) throws IOException
    {
        final Set<Long> killed = new HashSet<>();
        if (ArchiveDirectory.exists(ctx.dir()))
        {
            for (final Recording recording : ArchiveDirectory.recordings(ctx.dir()))
            {
                if (!recording.isStopped())
                {
                    killed.add(recording.id());
                    RecordingTail.repair(
                        ctx.dir(), recording, (finding) -> ctx.events().onWarning(finding.toString()));
                }
            }
        }
        try (DirectoryStream<Path> deleted =
            Files.newDirectoryStream(ctx.dir(), "*" + RecordingPurge.DELETED_SUFFIX))
        {
            for (final Path file : deleted)
            {
                Files.deleteIfExists(file);
            }
        }
        return killed;
    }

    private static Archive.Context archiveContext(
        final FlightRecorder.Context ctx, final Aeron aeron, final ErrorHandler errorHandler)
    {
        return new Archive.Context()
            .aeron(aeron)
            .ownsAeronClient(true)
            .errorCounter(aeron.addCounter(AeronCounters.ARCHIVE_ERROR_COUNT_TYPE_ID, "archive errors"))
            .archiveDir(ctx.dir().toFile())
            // Memory-mapped and sparse: on a disk that is full, noting an error there would be one more.
            .markFileDir(new File(ctx.transport().aeronDirectoryName(), MARK_FILE_DIRECTORY))
            .controlChannelEnabled(false)
            .recordingEventsEnabled(false)
            // Nothing is replicated, so neither of these is ever opened.
            .replicationChannel("aeron:udp?endpoint=localhost:0")
            .archiveClientContext(new AeronArchive.Context().controlResponseChannel("aeron:ipc"))
            // Deleting files must not hold up writing them.
            .threadingMode(ArchiveThreadingMode.DEDICATED)
            .idleStrategySupplier(
                () -> new BackoffIdleStrategy(1, 1, TimeUnit.MICROSECONDS.toNanos(1), MAX_PARK_NS))
            .maxConcurrentRecordings(Math.max(ctx.shards(), 1))
            .segmentFileLength(segmentLength(ctx))
            .recordChecksum(Checksums.crc32c())
            .lowStorageSpaceThreshold(ctx.minFreeBytes())
            .errorHandler(errorHandler);
    }

    /** Small enough that there are several for each shard: a file is deleted as a whole. */
    private static int segmentLength(final FlightRecorder.Context ctx)
    {
        final long wanted =
            Long.highestOneBit(Math.max(1, ctx.maxBytes() / ((long)SEGMENTS_PER_SHARD * ctx.shards())));
        return (int)Math.max(ctx.transport().termLength(), Math.min(wanted, MAX_SEGMENT_LENGTH));
    }

    AeronArchive client()
    {
        return client;
    }

    /** Whether a recording was not closed by the engine that recorded it. */
    boolean wasKilled(final long recordingId)
    {
        return killed.contains(recordingId);
    }

    long archiveId()
    {
        return archive.context().archiveId();
    }

    @Override
    public void close()
    {
        CloseHelper.quietCloseAll(client, archive, lock);
    }
}
