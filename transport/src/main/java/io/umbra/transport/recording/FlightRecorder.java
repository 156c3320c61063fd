package io.umbra.transport.recording;

import io.aeron.archive.client.ArchiveException;
import io.aeron.archive.codecs.SourceLocation;
import io.aeron.archive.status.RecordingPos;
import io.aeron.exceptions.AeronException;
import io.umbra.transport.CounterTypes;
import io.umbra.transport.ShardTransport;
import io.umbra.transport.TransportException;
import org.agrona.CloseHelper;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Records the shards' streams with an embedded Aeron Archive, one recording for each shard, which goes on from one
 * start of the engine to the next.
 * <p>
 * The archive reads the streams as one more subscriber, on threads of its own. As an agent, the recorder watches that
 * they are being recorded, keeps the recordings within their size by deleting their oldest files, and stops recording
 * when the file system has little room left. When recording stops, for whatever reason, it stops for all shards until
 * the engine is started anew, and says why; the streams go on.
 * <p>
 * {@link #openStream} before the agents run; {@link #close} after they have ended; {@link #stop} from any thread.
 */
public final class FlightRecorder implements Agent, AutoCloseable
{
    /** In place of a shard's index. */
    public static final int ALL_SHARDS = -1;

    private static final long CHECK_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long START_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long DRAIN_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long MAX_PARK_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int MIN_SEGMENTS_PER_SHARD = 2;

    private final Context ctx;
    private final ShardTransport transport;
    private final List<RecordedShard> shards = new ArrayList<>();
    private final AtomicCounter stateCounter;
    private FileStore store;
    private EmbeddedArchive archive;
    private RecordingPurge purge;
    private long nextCheckNs = System.nanoTime();
    private boolean isEnded;
    private volatile String archiveError;
    private volatile String stopReason;

    /**
     * What a recorder works with.
     *
     * @param transport    whose streams are recorded.
     * @param dir          of the archive; created if need be.
     * @param shards       how many there are.
     * @param maxBytes     of all recordings together, at least {@link #minBytes}.
     * @param minFreeBytes of the file system, below which recording stops.
     * @param events       told what the operator should know.
     * @param errorHandler gets the archive's errors.
     */
    public record Context(
        ShardTransport transport,
        Path dir,
        int shards,
        long maxBytes,
        long minFreeBytes,
        Events events,
        ErrorHandler errorHandler)
    {
    }

    /** What the operator should know. On whichever thread finds out. */
    public interface Events
    {
        /**
         * Recording has stopped.
         *
         * @param reason one line.
         */
        void onStopped(String reason);

        /**
         * Something else is not as it should be.
         *
         * @param text one line.
         */
        void onWarning(String text);
    }

    /**
     * A counter that the recorder shows.
     *
     * @param typeId of the counter, see {@link CounterTypes}.
     * @param shard  that it is about, or {@link #ALL_SHARDS}.
     * @param value  as of now; from any thread.
     */
    public record Counter(int typeId, int shard, LongSupplier value)
    {
    }

    private FlightRecorder(final Context ctx)
    {
        this.ctx = ctx;
        transport = ctx.transport;
        stateCounter = transport.counter(
            CounterTypes.RECORDER_STATE, "umbra recorder state: 0 off, 1 recording, 2 stopped");
    }

    /**
     * The least that the recordings may be bounded to.
     *
     * @param shards     how many there are.
     * @param termLength of their streams, in bytes.
     * @return bytes: room for the file that is being written and the one after it, for each shard.
     */
    public static long minBytes(final int shards, final int termLength)
    {
        return (long)MIN_SEGMENTS_PER_SHARD * shards * termLength;
    }

    /**
     * Whether somebody records into an archive, in this process or another.
     *
     * @param dir of the archive.
     * @return true if its recordings may grow.
     */
    public static boolean isRecording(final Path dir)
    {
        return ArchiveLock.isHeld(dir);
    }

    /**
     * Launch the archive. If that is not possible the recorder has stopped already.
     *
     * @param ctx of the recorder.
     * @return the recorder.
     * @throws TransportException if another process records into the directory.
     */
    public static FlightRecorder launch(final Context ctx)
    {
        final FlightRecorder recorder = new FlightRecorder(ctx);
        try
        {
            recorder.launchArchive();
        }
        catch (final TransportException ex)
        {
            throw ex;
        }
        catch (final IOException | RuntimeException ex)
        {
            // Whatever is wrong with the archive, replication goes on.
            recorder.stop("the archive in " + ctx.dir + " cannot be opened: " + ex.getMessage());
            recorder.end();
        }
        return recorder;
    }

    private void launchArchive() throws IOException
    {
        Files.createDirectories(ctx.dir);
        store = Files.getFileStore(ctx.dir);
        checkRoom();
        if (null == stopReason)
        {
            archive = EmbeddedArchive.launch(ctx, this::onArchiveError);
            purge = new RecordingPurge(ctx.dir, archive.client(), ctx.maxBytes, transport.termLength(), ctx.events);
            stateCounter.setRelease(State.RECORDING.code);
        }
        else
        {
            end();
        }
    }

    /**
     * Open the stream of a shard and have it recorded, behind what was recorded of the shard before if its terms were
     * as long as they are now. Without recording if the recorder has stopped.
     *
     * @param shard index of the shard, from 0.
     * @return both ends of the stream.
     */
    public ShardTransport.ShardStream openStream(final int shard)
    {
        if (null != stopReason)
        {
            return transport.openStream(shard);
        }
        Recording earlier = null;
        try
        {
            earlier = earlier(shard).orElse(null);
        }
        catch (final IOException ex)
        {
            stop("the recordings in " + ctx.dir + " cannot be read: " + ex.getMessage());
        }
        final ShardTransport.ShardStream stream = transport.openRecordedStream(shard, null == earlier ? null :
            new ShardTransport.StreamStart(earlier.initialTermId(), earlier.stopPosition()));
        if (null == stopReason)
        {
            try
            {
                shards.add(record(shard, stream, earlier));
            }
            catch (final IOException | AeronException ex)
            {
                stop("shard " + shard + " cannot be recorded: " + ex.getMessage());
            }
        }
        return stream;
    }

    private Optional<Recording> earlier(final int shard) throws IOException
    {
        return ArchiveDirectory.recordings(ctx.dir).stream()
            .filter((recording) -> recording.shard() == shard && recording.isStopped() &&
                recording.termLength() == transport.termLength() && recording.mtuLength() == transport.mtuLength())
            .max(Comparator.comparingLong(Recording::id));
    }

    private RecordedShard record(
        final int shard, final ShardTransport.ShardStream stream, final Recording earlier) throws IOException
    {
        final String channel = ShardTransport.channel(shard);
        final int streamId = ShardTransport.Context.STREAM_ID_BASE + shard;
        final long startPosition = stream.publisher().position();
        // Whatever ends the recording ends its subscription too, which else would hold the stream up for ever.
        if (null == earlier)
        {
            archive.client().startRecording(channel, streamId, SourceLocation.LOCAL, true);
        }
        else
        {
            archive.client().extendRecording(earlier.id(), channel, streamId, SourceLocation.LOCAL, true);
        }
        final CountersReader counters = transport.client().countersReader();
        final long deadlineNs = System.nanoTime() + START_TIMEOUT_NS;
        int counterId;
        while (CountersReader.NULL_COUNTER_ID ==
            (counterId = RecordingPos.findCounterIdBySession(
                counters, stream.publisher().sessionId(), archive.archiveId())))
        {
            archive.client().checkForErrorResponse();
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new AeronException("the recording has not begun" +
                    (null == archiveError ? "" : ": " + archiveError));
            }
            LockSupport.parkNanos(MAX_PARK_NS);
        }
        final long recordingId = RecordingPos.getRecordingId(counters, counterId);
        final Recording recording = ArchiveDirectory.recording(ctx.dir, recordingId);
        final RecordedShard recorded = new RecordedShard(
            shard, recordingId, counters, counterId, startPosition, stream,
            new WriteBehind(ctx.dir, recording, startPosition),
            transport.counter(CounterTypes.RECORDED_BYTES, "umbra shard " + shard + " recorded bytes"),
            transport.counter(CounterTypes.RECORDER_WAITS, "umbra shard " + shard + " back pressure of the recorder"));
        stream.publisher().onBackPressure(recorded::onBackPressure);
        return recorded;
    }

    /**
     * What the recorder shows, when all streams are open.
     *
     * @return its counters.
     */
    public List<Counter> counters()
    {
        final List<Counter> list = new ArrayList<>();
        list.add(new Counter(CounterTypes.RECORDER_STATE, ALL_SHARDS, stateCounter::get));
        for (final RecordedShard shard : shards)
        {
            list.add(new Counter(CounterTypes.RECORDED_BYTES, shard.shard(), shard.recordedBytes()::get));
            list.add(new Counter(CounterTypes.RECORDER_WAITS, shard.shard(), shard.waits()::get));
        }
        return list;
    }

    /**
     * The recordings that are going on, as they were when they began.
     *
     * @return one for each shard; none if recording has stopped.
     */
    public List<Start> starts()
    {
        return null != stopReason ? List.of() : shards.stream()
            .map((shard) -> new Start(shard.shard(), shard.recordingId(), shard.startPosition(),
                archive.wasKilled(shard.recordingId()))).toList();
    }

    /**
     * Where the recording of a shard has begun with this start of the engine.
     *
     * @param shard       index of the shard.
     * @param recordingId of the recording.
     * @param position    of the first message, in bytes of the stream.
     * @param isAfterKill whether the recording was not closed by the engine that recorded it before.
     */
    public record Start(int shard, long recordingId, long position, boolean isAfterKill)
    {
    }

    /**
     * Whether the streams are being recorded. From any thread.
     *
     * @return null if they are; else why not.
     */
    public String stopReason()
    {
        return stopReason;
    }

    /**
     * Stop recording; the streams go on. From any thread.
     *
     * @param reason one line for the operator; only the first one counts.
     */
    public synchronized void stop(final String reason)
    {
        if (null == stopReason)
        {
            stopReason = reason;
            stateCounter.setRelease(State.STOPPED.code);
            ctx.events.onStopped(reason);
        }
    }

    @Override
    public int doWork()
    {
        if (isEnded)
        {
            return 0;
        }
        int workCount = 0;
        for (int i = 0; i < shards.size(); i++)
        {
            workCount += shards.get(i).writeBehind() ? 1 : 0;
        }
        final long nowNs = System.nanoTime();
        if (nowNs - nextCheckNs < 0)
        {
            return workCount;
        }
        nextCheckNs = nowNs + CHECK_INTERVAL_NS;
        if (null == stopReason)
        {
            try
            {
                check();
            }
            catch (final IOException | AeronException ex)
            {
                stop("the archive does not answer: " + ex.getMessage());
            }
        }
        if (null != stopReason)
        {
            end();
        }
        return 1;
    }

    private void check() throws IOException
    {
        checkRoom();
        for (final RecordedShard shard : shards)
        {
            if (!shard.isRecording())
            {
                stop("recording of shard " + shard.shard() + " has ended" +
                    (null == archiveError ? "" : ": " + archiveError));
                return;
            }
            shard.publish();
        }
        archive.client().checkForErrorResponse();
        purge.purge(shards);
    }

    private void checkRoom() throws IOException
    {
        if (store.getUsableSpace() < ctx.minFreeBytes)
        {
            stop("the file system of " + ctx.dir + " has less than " + (ctx.minFreeBytes >> 20) + " MiB free");
        }
    }

    private void onArchiveError(final Throwable error)
    {
        archiveError = error.getMessage();
        final boolean isWarning = error instanceof AeronException aeron &&
            AeronException.Category.WARN == aeron.category();
        // A full disk ends the recording, which is said then.
        final boolean isDiskFull = error instanceof ArchiveException archived &&
            ArchiveException.STORAGE_SPACE == archived.errorCode();
        if (null == stopReason && !isWarning && !isDiskFull)
        {
            ctx.errorHandler.onError(error);
        }
    }

    @Override
    public String roleName()
    {
        return "umbra-recorder";
    }

    /** Waits until all that was published is recorded, and closes the recordings. */
    @Override
    public void close()
    {
        if (!isEnded && null == stopReason)
        {
            drain();
        }
        end();
    }

    private void drain()
    {
        final long deadlineNs = System.nanoTime() + DRAIN_TIMEOUT_NS;
        for (final RecordedShard shard : shards)
        {
            while (shard.isRecording() && !shard.isComplete() && System.nanoTime() - deadlineNs < 0)
            {
                LockSupport.parkNanos(MAX_PARK_NS);
            }
            if (!shard.isComplete())
            {
                ctx.events.onWarning("the recording of shard " + shard.shard() + " lacks what was published last");
            }
        }
    }

    private void end()
    {
        if (!isEnded)
        {
            isEnded = true;
            CloseHelper.quietClose(archive);
            if (null == stopReason)
            {
                stateCounter.setRelease(State.OFF.code);
            }
        }
    }

    private enum State
    {
        OFF(0), RECORDING(1), STOPPED(2);

        private final int code;

        State(final int code)
        {
            this.code = code;
        }
    }
}
