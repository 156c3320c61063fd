package io.umbra.transport;

import io.aeron.Aeron;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.exceptions.AeronException;
import org.agrona.CloseHelper;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.agrona.concurrent.status.AtomicCounter;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The embedded Aeron media driver and the IPC streams between fetch and journal agents, one stream a shard.
 * <p>
 * The driver lives in its own directory ({@link Context#aeronDirectoryName(String)}), normally below {@code /dev/shm},
 * so that {@code AeronStat} and its kin can read the counters from outside. The client's conductor has a thread of its
 * own: an agent that stalls in the kernel must not cost the client its life.
 */
public final class ShardTransport implements AutoCloseable
{
    private final Context ctx;
    private final MediaDriver driver;
    private final Aeron aeron;

    private ShardTransport(final Context ctx)
    {
        this.ctx = ctx;
        driver = launchDriver(new MediaDriver.Context()
            .aeronDirectoryName(ctx.aeronDirectoryName)
            .dirDeleteOnStart(true)
            .dirDeleteOnShutdown(true)
            .threadingMode(ThreadingMode.SHARED)
            .sharedIdleStrategy(ctx.driverIdleStrategy)
            .asyncExecutorIdleStrategy(new SleepingMillisIdleStrategy(Context.BESIDE_SLEEP_MS))
            .ipcTermBufferLength(ctx.termLength)
            // A message is at most an eighth of a term, and a fragment at most a message.
            .ipcMtuLength(ctx.mtuLength())
            // Pages are there when the buffers are: a full /dev/shm is an error at the start, never a SIGBUS later.
            .termBufferSparseFile(false)
            .performStorageChecks(true)
            .spiesSimulateConnection(false)
            .lowStorageWarningThreshold(0)
            .clientLivenessTimeoutNs(TimeUnit.MILLISECONDS.toNanos(Context.LIVENESS_TIMEOUT_MS))
            .publicationUnblockTimeoutNs(TimeUnit.MILLISECONDS.toNanos(Context.LIVENESS_TIMEOUT_MS * 2))
            .errorHandler(ctx.errorHandler));
        try
        {
            aeron = Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(ctx.aeronDirectoryName)
                .clientName(ctx.clientName)
                .useConductorAgentInvoker(false)
                .driverTimeoutMs(Context.LIVENESS_TIMEOUT_MS)
                .idleStrategy(new SleepingMillisIdleStrategy(Context.BESIDE_SLEEP_MS))
                .errorHandler(ctx.errorHandler));
        }
        catch (final RuntimeException ex)
        {
            driver.close();
            throw ex;
        }
    }

    private static MediaDriver launchDriver(final MediaDriver.Context ctx)
    {
        try
        {
            return MediaDriver.launch(ctx);
        }
        catch (final AeronException ex)
        {
            throw new TransportException("aeron.dir=" + ctx.aeronDirectoryName() + ": " + ex.getMessage(), ex);
        }
    }

    /**
     * Check the room in the Aeron directory's file system, launch the driver and connect to it.
     *
     * @param ctx configuration, concluded here.
     * @return the running transport.
     * @throws TransportException if the directory's file system has too little room or the driver cannot be started;
     * the
     *                            message says how much is needed.
     */
    public static ShardTransport launch(final Context ctx)
    {
        ctx.conclude();
        return new ShardTransport(ctx);
    }

    /**
     * Open the stream of a shard, whose frames may be lent rather than copied: nobody else can read it.
     *
     * @param shard index of the shard, from 0.
     * @return both ends.
     */
    public ShardStream openStream(final int shard)
    {
        return openStream(shard, null, true);
    }

    /**
     * Open the stream of a shard for others to read too, so that all bytes are in it.
     *
     * @param shard index of the shard, from 0.
     * @param start where it begins, which is where an earlier one has ended; null for the begin of a new stream. The
     *              term length must be that of the context.
     * @return both ends.
     */
    public ShardStream openRecordedStream(final int shard, final StreamStart start)
    {
        return openStream(shard, start, false);
    }

    private ShardStream openStream(final int shard, final StreamStart start, final boolean isLending)
    {
        final String channel = channel(shard);
        final int streamId = Context.STREAM_ID_BASE + shard;
        final Subscription subscription = aeron.addSubscription(channel, streamId);
        final ExclusivePublication publication = aeron.addExclusivePublication(
            null == start ? channel : new ChannelUriStringBuilder(channel)
                .initialPosition(start.position, start.initialTermId, ctx.termLength)
                .build(),
            streamId);
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(Context.CONNECT_TIMEOUT_S);
        // Connected is not enough: how much may be published the driver says a moment later.
        while (0 == subscription.imageCount() || !publication.isConnected() || publication.availableWindow() <= 0)
        {
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new TransportException("IPC stream " + streamId + " did not connect within " +
                    Context.CONNECT_TIMEOUT_S + " s: aeron.dir=" + ctx.aeronDirectoryName);
            }
            Thread.onSpinWait();
        }
        final Image image = subscription.imageAtIndex(0);
        final LentMemory lentMemory = isLending ? new LentMemory(image::position) : null;
        return new ShardStream(
            new FramePublisher(publication, lentMemory, ctx.nodeId, shard, ctx.maxFramePayload),
            new FramePoller(subscription, image, lentMemory));
    }

    /**
     * Channel of a shard's stream.
     *
     * @param shard index of the shard, from 0.
     * @return the channel's URI.
     */
    public static String channel(final int shard)
    {
        return CommonContext.IPC_CHANNEL + "?alias=umbra-shard-" + shard;
    }

    /**
     * The client of the embedded driver, whose conductor has a thread of its own.
     *
     * @return the client; closed together with this transport.
     */
    public Aeron client()
    {
        return aeron;
    }

    /**
     * Length of a term of the streams.
     *
     * @return bytes.
     */
    public int termLength()
    {
        return ctx.termLength;
    }

    /**
     * Longest fragment of the streams.
     *
     * @return bytes, header included.
     */
    public int mtuLength()
    {
        return ctx.mtuLength();
    }

    /**
     * Allocate a counter that tools such as {@code AeronStat} show.
     *
     * @param typeId of the counter, see {@link CounterTypes}.
     * @param label  shown beside the value.
     * @return the counter; closed together with this transport.
     */
    public AtomicCounter counter(final int typeId, final String label)
    {
        return aeron.addCounter(typeId, label);
    }

    /**
     * Whether the streams can still be used.
     *
     * @return false once the Aeron client has been closed, by itself too when it was stopped for longer than it may be.
     */
    public boolean isAlive()
    {
        return !aeron.isClosed();
    }

    /**
     * Directory of the media driver.
     *
     * @return its path.
     */
    public String aeronDirectoryName()
    {
        return ctx.aeronDirectoryName;
    }

    @Override
    public void close()
    {
        CloseHelper.quietCloseAll(aeron, driver);
    }

    /**
     * The two ends of a shard's stream.
     *
     * @param publisher for the FetchAgent's thread only.
     * @param poller    for the JournalAgent's thread only.
     */
    public record ShardStream(FramePublisher publisher, FramePoller poller)
    {
    }

    /**
     * Where a stream begins that continues another.
     *
     * @param initialTermId of the stream as a whole.
     * @param position      of the first message, where the earlier stream has ended.
     */
    public record StreamStart(int initialTermId, long position)
    {
    }

    /**
     * Configuration of the transport.
     */
    public static final class Context
    {
        /**
         * MTU of the IPC streams: the largest there is, so that 1 MiB takes 17 fragments rather than 763.
         */
        public static final int MTU_LENGTH = 65504;

        /**
         * Stream id of shard 0.
         */
        public static final int STREAM_ID_BASE = 1001;

        /**
         * Room that the driver's own files take beside the log buffers: CnC file with its counters, loss report.
         */
        public static final long DRIVER_OVERHEAD_BYTES = 16L * 1024 * 1024;

        /**
         * Longest park of an idle driver.
         */
        static final long MAX_PARK_NS = TimeUnit.MILLISECONDS.toNanos(1);
        /** Of threads that have work when streams come and go: waking a thread takes the processor some 25 us. */
        static final long BESIDE_SLEEP_MS = 10;
        static final int CONNECT_TIMEOUT_S = 10;
        /** A process that is stopped for less than this, or whose machine sleeps, goes on as if nothing had been. */
        public static final long LIVENESS_TIMEOUT_MS = 60_000;

        private String aeronDirectoryName;
        private String clientName = "umbra";
        private int nodeId;
        private int shards = 1;
        private int termLength = 16 * 1024 * 1024;
        private int maxFramePayload = FramePublisher.MAX_FRAME_PAYLOAD;
        private IdleStrategy driverIdleStrategy;
        private ErrorHandler errorHandler;

        /**
         * Directory of the media driver; deleted at start and at close, so it must belong to this engine alone.
         *
         * @param name path of the directory.
         * @return this.
         */
        public Context aeronDirectoryName(final String name)
        {
            aeronDirectoryName = name;
            return this;
        }

        /**
         * Name under which the Aeron client is seen in the driver's counters.
         *
         * @param name of the client.
         * @return this.
         */
        public Context clientName(final String name)
        {
            clientName = name;
            return this;
        }

        /**
         * Node that stamps the frames.
         *
         * @param id of the node, 0 in a link of one node.
         * @return this.
         */
        public Context nodeId(final int id)
        {
            nodeId = id;
            return this;
        }

        /**
         * How many streams there will be, for the budget of shared memory.
         *
         * @param count of shards.
         * @return this.
         */
        public Context shards(final int count)
        {
            shards = count;
            return this;
        }

        /**
         * Length of a term buffer in bytes; a stream has three. A frame is at most an eighth of it.
         *
         * @param length power of two, 64 KiB to 1 GiB.
         * @return this.
         */
        public Context termLength(final int length)
        {
            termLength = length;
            return this;
        }

        /**
         * Record bytes that a frame carries at most, if the term length allows it. A larger batch goes in chunks.
         *
         * @param length in bytes, up to {@link FramePublisher#MAX_FRAME_PAYLOAD}.
         * @return this.
         */
        public Context maxFramePayload(final int length)
        {
            maxFramePayload = length;
            return this;
        }

        /**
         * Idle strategy of the driver's single thread; default backs off to 1 ms.
         *
         * @param strategy to use.
         * @return this.
         */
        public Context driverIdleStrategy(final IdleStrategy strategy)
        {
            driverIdleStrategy = strategy;
            return this;
        }

        /**
         * Where the errors of driver and client go.
         *
         * @param handler of errors.
         * @return this.
         */
        public Context errorHandler(final ErrorHandler handler)
        {
            errorHandler = handler;
            return this;
        }

        /**
         * Bytes of shared memory that this configuration takes.
         *
         * @return three terms and 4 KiB of metadata a stream, and the driver's own files.
         */
        public long requiredBytes()
        {
            return shards * (3L * termLength + 4096) + DRIVER_OVERHEAD_BYTES;
        }

        int mtuLength()
        {
            return Math.min(MTU_LENGTH, termLength / 8);
        }

        void conclude()
        {
            Objects.requireNonNull(aeronDirectoryName, "aeronDirectoryName");
            Objects.requireNonNull(errorHandler, "errorHandler");
            if (null == driverIdleStrategy)
            {
                driverIdleStrategy = new BackoffIdleStrategy(1, 1, TimeUnit.MICROSECONDS.toNanos(1), MAX_PARK_NS);
            }
            checkRoom();
        }

        private void checkRoom()
        {
            final File directory = new File(aeronDirectoryName).getAbsoluteFile();
            File existing = directory;
            while (null != existing && !existing.exists())
            {
                existing = existing.getParentFile();
            }
            if (null == existing)
            {
                throw new TransportException("aeron.dir=" + aeronDirectoryName + ": no such file system");
            }
            try
            {
                final Path path = existing.toPath();
                final FileStore store = Files.getFileStore(path);
                // What an earlier engine left behind in this directory is deleted by the driver's start.
                final long usable = store.getUsableSpace() + (directory.exists() ? sizeOf(directory) : 0);
                if (usable < requiredBytes())
                {
                    throw new TransportException("aeron.dir=" + aeronDirectoryName + ": file system " + store +
                        " has " + mib(usable) + " MiB free, " + mib(requiredBytes()) + " MiB are needed (" + shards +
                        " shards x 3 terms of " + mib(termLength) + " MiB, and " + mib(DRIVER_OVERHEAD_BYTES) +
                        " MiB for the driver): make it larger, or lower shards or shard.term.length");
                }
            }
            catch (final IOException ex)
            {
                throw new TransportException("aeron.dir=" + aeronDirectoryName + ": " + ex.getMessage(), ex);
            }
        }

        private static long sizeOf(final File directory)
        {
            long bytes = 0;
            final File[] files = directory.listFiles();
            if (null != files)
            {
                for (final File file : files)
                {
                    bytes += file.isDirectory() ? sizeOf(file) : file.length();
                }
            }
            return bytes;
        }

        private static long mib(final long bytes)
        {
            return (bytes + (1 << 20) - 1) >> 20;
        }
    }
}
