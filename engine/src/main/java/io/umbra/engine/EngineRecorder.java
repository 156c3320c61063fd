package io.umbra.engine;

import io.umbra.engine.config.ConfigException;
import io.umbra.engine.config.ConfigKey;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.metrics.ShardCounter;
import io.umbra.engine.recording.Run;
import io.umbra.engine.recording.RunIndexWriter;
import io.umbra.engine.status.RecorderStatusFile;
import io.umbra.engine.status.StatusReport;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.transport.ShardTransport;
import io.umbra.transport.recording.ArchiveDirectory;
import io.umbra.transport.recording.FlightRecorder;
import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The flight recorder as the engine uses it: the streams, the names of their partitions beside the recordings, and what
 * the operator is told. When nothing is to be recorded it opens the streams and does nothing else.
 */
final class EngineRecorder implements FlightRecorder.Events, AutoCloseable
{
    /** The recorder stops before the journal has to wait for room. */
    private static final int MIN_FREE_FACTOR = 2;

    private final UmbraConfig config;
    private final ShardTransport transport;
    private final EventLog events;
    private final List<ShardTransport.ShardStream> streams = new ArrayList<>();
    private FlightRecorder recorder;
    private RunIndexWriter index;

    private EngineRecorder(final UmbraConfig config, final ShardTransport transport, final EventLog events)
    {
        this.config = config;
        this.transport = transport;
        this.events = events;
    }

    /**
     * Launch the recorder if {@code archive.enabled} says so.
     *
     * @param config    of the link.
     * @param transport whose streams are recorded.
     * @param events    where news for the operator go.
     * @return the recorder.
     * @throws ConfigException if {@code archive.max.bytes} is too small for the shards and their terms.
     */
    static EngineRecorder launch(final UmbraConfig config, final ShardTransport transport, final EventLog events)
    {
        final EngineRecorder engineRecorder = new EngineRecorder(config, transport, events);
        engineRecorder.show(config.archiveEnabled() ? StatusReport.Recorder.RECORDING : StatusReport.Recorder.OFF_STATE,
            null);
        if (config.archiveEnabled())
        {
            final long minBytes = FlightRecorder.minBytes(config.shards(), config.shardTermLength());
            if (config.archiveMaxBytes() < minBytes)
            {
                throw new ConfigException(
                    ConfigKey.ARCHIVE_MAX_BYTES.key(),
                    Long.toString(config.archiveMaxBytes()),
                    "at least " + minBytes + " with " + config.shards() + " shards and " +
                        ConfigKey.SHARD_TERM_LENGTH.key() + "=" + config.shardTermLength()).in(config.file());
            }
            engineRecorder.recorder = FlightRecorder.launch(new FlightRecorder.Context(
                transport,
                config.archiveDir(),
                config.shards(),
                config.archiveMaxBytes(),
                MIN_FREE_FACTOR * config.journalMinFreeBytes(),
                engineRecorder,
                events));
        }
        return engineRecorder;
    }

    /**
     * Open the stream of a shard, recorded if that is wanted and possible.
     *
     * @param shard index of the shard.
     * @return both ends.
     */
    ShardTransport.ShardStream openStream(final int shard)
    {
        final ShardTransport.ShardStream stream =
            null == recorder ? transport.openStream(shard) : recorder.openStream(shard);
        streams.add(stream);
        return stream;
    }

    /** All streams and ledgers are open, in the order of the shards: from here on partitions are named. */
    void begin()
    {
        if (null == recorder || null != recorder.stopReason())
        {
            return;
        }
        final List<Run.Stream> begins = new ArrayList<>();
        for (final FlightRecorder.Start start : recorder.starts())
        {
            final ShardTransport.ShardStream stream = streams.get(start.shard());
            MissedFrames.record(config.archiveDir(), config.journalDir(), start, stream, this::onWarning);
            begins.add(new Run.Stream(start.shard(), start.recordingId(), stream.publisher().position()));
        }
        final Run run = new Run(
            System.currentTimeMillis(), config.linkName(), UmbraEngine.NODE_ID, config.journalSegmentBytes(),
            config.retention().isMirror(), null, begins, Map.of());
        try
        {
            index = RunIndexWriter.begin(
                config.archiveDir(), run, ArchiveDirectory.recordings(config.archiveDir()));
        }
        catch (final IOException ex)
        {
            stopUnnamed(ex);
        }
    }

    /**
     * Shows the recorder's counters, if it has any, when all streams are open.
     *
     * @param shown to which they are added.
     */
    void addCounters(final Collection<ShardCounter> shown)
    {
        if (null != recorder)
        {
            recorder.counters().forEach((counter) -> shown.add(new ShardCounter(
                counter.typeId(), counter.shard(), ShardCounter.NO_BROKER, null, counter.value())));
        }
    }

    /**
     * The source's cluster is known. Control thread.
     *
     * @param clusterId of the source.
     */
    void cluster(final String clusterId)
    {
        if (null != index)
        {
            try
            {
                index.cluster(clusterId);
            }
            catch (final IOException ex)
            {
                stopUnnamed(ex);
            }
        }
    }

    /**
     * A partition is about to be fetched: what is recorded of it must find its name. Control thread.
     *
     * @param partitionIndex of the partition.
     * @param name           of the partition.
     */
    void partition(final int partitionIndex, final LedgerPartition name)
    {
        if (null != index)
        {
            try
            {
                index.partition(partitionIndex, name);
            }
            catch (final IOException ex)
            {
                stopUnnamed(ex);
            }
        }
    }

    private void stopUnnamed(final IOException ex)
    {
        recorder.stop("the names of partitions cannot be written beside the recordings: " + ex.getMessage());
    }

    /**
     * What watches the recordings.
     *
     * @return the agent; null when nothing is to be recorded.
     */
    Agent agent()
    {
        return recorder;
    }

    @Override
    public void onStopped(final String reason)
    {
        events.warn("the flight recorder has stopped, replication goes on: " + reason);
        show(StatusReport.Recorder.STOPPED, reason);
    }

    @Override
    public void onWarning(final String text)
    {
        events.warn("flight recorder: " + text);
    }

    private void show(final String state, final String error)
    {
        try
        {
            RecorderStatusFile.write(config.journalDir(), new StatusReport.Recorder(
                state, config.archiveEnabled() ? config.archiveDir().toString() : null, Instant.now().toString(),
                error));
        }
        catch (final IOException ex)
        {
            events.onError(ex);
        }
    }

    @Override
    public void close()
    {
        CloseHelper.quietCloseAll(recorder, index);
        if (null != recorder && null == recorder.stopReason())
        {
            show(StatusReport.Recorder.OFF_STATE, null);
        }
    }
}
