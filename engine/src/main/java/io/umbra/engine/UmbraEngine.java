package io.umbra.engine;

import io.umbra.engine.config.ConfigException;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.control.ControlPlane;
import io.umbra.engine.control.MetadataSync;
import io.umbra.engine.metrics.ShardCounter;
import io.umbra.engine.scrub.Scrubber;
import io.umbra.engine.source.FetchAgent;
import io.umbra.engine.source.FetchLimits;
import io.umbra.engine.source.LagSampler;
import io.umbra.engine.source.LiveSource;
import io.umbra.engine.source.SourceSettings;
import io.umbra.engine.source.TokenBucket;
import io.umbra.engine.status.LinkState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.journal.Incidents;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.JournalException;
import io.umbra.journal.SegmentFiles;
import io.umbra.journal.ledger.Ledger;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.LedgerReconciler;
import io.umbra.journal.ledger.LedgerRoll;
import io.umbra.journal.ledger.LedgerState;
import io.umbra.journal.ledger.LinkLedger;
import io.umbra.journal.ledger.MetadataLedger;
import io.umbra.transport.FramePublisher;
import io.umbra.transport.ShardTransport;
import io.umbra.transport.TransportException;
import org.agrona.CloseHelper;
import org.agrona.concurrent.CompositeAgent;
import org.agrona.concurrent.SystemEpochClock;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * A running engine: it shadows the source of one link into one journal directory, from {@link #launch} until
 * {@link #close}.
 * <p>
 * It has, a shard, a FetchAgent, a JournalAgent and a Flusher, and for all shards a media driver, a control plane,
 * a lag sampler and a housekeeper, each on the thread that carries its name.
 */
public final class UmbraEngine implements AutoCloseable
{
    /** Id of the node, as long as there is one. */
    public static final int NODE_ID = 0;
    private static final String LEDGER_DIRECTORY = "ledger";
    private static final int READY_CHECK_MS = 5;
    private static final int MIN_FRAME_PAYLOAD = 1024 * 1024 - 256;
    private static final int MIN_FRAMES_PER_SEGMENT = 4;
    /** Flushes under way at once, per shard. */
    private static final int FLUSH_QUEUE_CAPACITY = 256;

    private final UmbraConfig config;
    private final EventLog events = new EventLog();
    private final Queue<ShardCounter> shardCounters = new ConcurrentLinkedQueue<>();
    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
    private PartitionTable table;
    private EnginePartitions partitions;
    private Checkpoints checkpoints;
    private ControlPlane controlPlane;
    private MetadataSync metadataSync;
    private Scrubber scrubber;
    private LinkObserver observer;
    private Incidents incidents;
    private TokenBucket linkRate;
    private AgentScheduler scheduler;
    private boolean isClosed;

    private UmbraEngine(final UmbraConfig config)
    {
        this.config = config;
    }

    /**
     * Start the engine. Returns when its agents run, which is before the source was reached: see {@link #awaitReady}.
     *
     * @param config of the link.
     * @return the engine.
     * @throws ConfigException      if a setting cannot be used.
     * @throws EngineStartException if the journal is in use or belongs to something else, or the machine lacks what is
     *                              needed.
     */
    public static UmbraEngine launch(final UmbraConfig config)
    {
        return launch(config, SegmentFiles.SYSTEM);
    }

    /**
     * Start the engine on a file system of the caller's.
     *
     * @param config       of the link.
     * @param segmentFiles opens the files of the partition logs.
     * @return the engine.
     */
    public static UmbraEngine launch(final UmbraConfig config, final SegmentFiles segmentFiles)
    {
        final UmbraEngine engine = new UmbraEngine(config);
        try
        {
            engine.start(segmentFiles);
            return engine;
        }
        catch (final JournalException | LedgerException | TransportException ex)
        {
            engine.abandon();
            throw new EngineStartException(ex.getMessage(), ex);
        }
        catch (final IOException ex)
        {
            engine.abandon();
            throw new EngineStartException("journal.dir=" + config.journalDir() + ": " + ex, ex);
        }
        catch (final RuntimeException ex)
        {
            engine.abandon();
            throw ex;
        }
    }

    /**
     * Wait until every partition that is known so far is being fetched.
     *
     * @param timeout to wait at most.
     * @param unit    of the timeout.
     * @return false if the timeout came first.
     * @throws EngineStartException if the engine cannot go on, for one because the source refuses the credentials or is
     *                              another cluster than the journal's.
     * @throws InterruptedException if interrupted.
     */
    public boolean awaitReady(final long timeout, final TimeUnit unit) throws InterruptedException
    {
        final long deadlineNs = System.nanoTime() + unit.toNanos(timeout);
        do
        {
            checkAlive();
            try
            {
                if (partitions.isReady())
                {
                    return true;
                }
            }
            catch (final IOException ex)
            {
                throw new EngineStartException(ex.getMessage(), ex);
            }
            Thread.sleep(READY_CHECK_MS);
        }
        while (System.nanoTime() - deadlineNs < 0);
        return false;
    }

    /**
     * Whether the engine can go on.
     *
     * @throws EngineStartException if it cannot; the message says why.
     */
    public void checkAlive()
    {
        final RuntimeException cause = partitions.fatalCause();
        if (null != cause)
        {
            throw new EngineStartException(cause.getMessage(), cause);
        }
    }

    /**
     * The table of partitions, as {@code umbra status} reads it.
     *
     * @return the table, to read only.
     */
    public PartitionTable partitionTable()
    {
        return table;
    }

    /**
     * Stop fetching, journal what is in the streams, make everything durable, and close.
     */
    @Override
    public void close()
    {
        if (isClosed)
        {
            return;
        }
        isClosed = true;
        controlPlane.stop();
        metadataSync.stop();
        if (null != scrubber)
        {
            scrubber.stop();
        }
        scheduler.close();
        checkpoints.write();
        table.header().cleanStop();
        abandon();
    }

    private void abandon()
    {
        CloseHelper.closeAll((throwable) -> events.onError(throwable), toClose);
        toClose.clear();
        events.drain();
    }

    private void start(final SegmentFiles segmentFiles) throws IOException
    {
        final Observation observation = new Observation(config, events);
        observation.openEvents();
        incidents = new Incidents(config.journalDir(), (incident) -> observer.incident(incident));
        linkRate = new TokenBucket(config.rateLimitBytesPerSecond().orElse(TokenBucket.UNLIMITED));
        final SourceSettings settings = sourceSettings();
        final JournalDirectory directory = closeLater(
            JournalDirectory.open(config.journalDir(), config.linkName(), NODE_ID));
        directory.warnings().forEach(events::warn);
        directory.refuseIfPromoted();
        table = closeLater(PartitionTable.create(
            config.journalDir(), config.linkName(), NODE_ID, System.currentTimeMillis()));
        table.header().heartbeatMs(System.currentTimeMillis());
        table.header().linkState(LinkState.SOURCE_UNAVAILABLE, "connecting");
        if (null != directory.clusterId())
        {
            table.header().clusterId(directory.clusterId());
        }
        final ShardTransport transport = closeLater(ShardTransport.launch(new ShardTransport.Context()
            .aeronDirectoryName(config.aeronDir().toString())
            .clientName("umbra-" + config.linkName())
            .nodeId(NODE_ID)
            .shards(config.shards())
            .termLength(config.shardTermLength())
            .maxFramePayload(maxFramePayload())
            .errorHandler(events)));

        final EngineRecorder recorder = closeLater(EngineRecorder.launch(config, transport, events));

        final LedgerState ledgerState = LedgerReconciler.read(config.journalDir().resolve(LEDGER_DIRECTORY));
        final PartitionSlots slots = new PartitionSlots();
        final List<Shard> list = new ArrayList<>();
        for (int i = 0; i < config.shards(); i++)
        {
            list.add(shard(i, settings, transport, recorder.openStream(i), slots));
        }
        recorder.begin();
        recorder.addCounters(shardCounters);
        final Shards shards = new Shards(list);
        final LinkLedger linkLedger = closeLater(observation.openLedger(ledgerContext()));
        observer = new LinkObserver(new LinkObserver.Context(
            table,
            linkLedger,
            new SpaceGuard(config.journalDir(), config.journalMinFreeBytes(), SystemEpochClock.INSTANCE)::problem,
            events,
            SystemEpochClock.INSTANCE));
        final RpoMeter rpoMeter = new RpoMeter(table, shards, observer::measured);
        final LagSampler sampler = new LagSampler(settings, config.lagSampleIntervalMs(), rpoMeter);
        checkpoints = new Checkpoints(directory, slots, events);
        partitions = new EnginePartitions(
            new EnginePartitions.Context(
                config, directory, segmentFiles, table, shards, sampler, checkpoints, ledgerState, linkRate, incidents,
                recorder, ShardCounters.topics(transport, shardCounters), events),
            slots);
        controlPlane = new ControlPlane(new ControlPlane.Context(
            settings, config.topics(), config.startOffset(), config.topicsRefreshIntervalMs(), config.onTopicDelete(),
            config.journalDir(), partitions, events));
        metadataSync = metadataSync(settings);
        scrubber = scrubber(settings);

        if (config.metricsListen().isPresent())
        {
            closeLater(observation.launchMetrics(() -> List.copyOf(shardCounters)));
        }

        scheduler = new AgentScheduler(config.threading(), config.idle(), events);
        // The first to start is the last to end: it hears of what the others do until then.
        scheduler.startBackgroundWriter(observer);
        scheduler.startBackground(new Housekeeper(
            table.header(), checkpoints, events, config.checkpointIntervalMs(), () -> checkTransport(transport)));
        if (null != recorder.agent())
        {
            scheduler.startBackgroundWriter(recorder.agent());
        }
        scheduler.startData(list);
        scheduler.startBeside(new NamedAgent(sampler.roleName(), new CompositeAgent(sampler, rpoMeter)));
        scheduler.startBackground(controlPlane);
        scheduler.startBackgroundWriter(metadataSync);
        if (null != scrubber)
        {
            scheduler.startBackgroundWriter(scrubber);
        }
    }

    private Scrubber scrubber(final SourceSettings settings)
    {
        if (!config.scrub().isEnabled())
        {
            Scrubber.disable(config.journalDir(), events);
            return null;
        }
        final LiveSource source = config.scrub().isCompared() ?
            closeLater(new LiveSource(settings, config.topics(), "scrub")) : null;
        return new Scrubber(new Scrubber.Context(
            config.journalDir(), config.scrub(), source, null == source ? () -> {} : source::abort, incidents, events,
            SystemEpochClock.INSTANCE));
    }

    private MetadataSync metadataSync(final SourceSettings settings) throws IOException
    {
        final MetadataLedger ledger = closeLater(MetadataLedger.open(ledgerContext()));
        ledger.findings().forEach((finding) -> events.warn("ledger: " + finding));
        return new MetadataSync(new MetadataSync.Context(
            settings,
            config,
            config.journalDir(),
            ledger,
            () -> partitions.boundCluster(),
            new SpaceGuard(config.journalDir(), config.journalMinFreeBytes(), SystemEpochClock.INSTANCE)::problem,
            events));
    }

    private LedgerContext ledgerContext()
    {
        return new LedgerContext()
            .ledgerDirectory(config.journalDir().resolve(LEDGER_DIRECTORY))
            .nodeId(NODE_ID)
            .roll(LedgerRoll.valueOf(config.ledgerRoll().name()))
            .maxBytes(config.ledgerMaxBytes());
    }

    /** A frame goes into one segment as a whole: small segments want small frames. */
    private int maxFramePayload()
    {
        return Math.max(MIN_FRAME_PAYLOAD, Math.min(
            FramePublisher.MAX_FRAME_PAYLOAD, config.journalSegmentBytes() / MIN_FRAMES_PER_SEGMENT));
    }

    private void checkTransport(final ShardTransport transport)
    {
        if (!transport.isAlive() && null == partitions.fatalCause())
        {
            partitions.fatal(new IllegalStateException(
                "the Aeron client has ended: was the process stopped for long? Start it again"));
        }
    }

    private SourceSettings sourceSettings()
    {
        try
        {
            return new SourceSettings(config.source(), config.linkName());
        }
        catch (final ConfigException ex)
        {
            throw ex.in(config.file());
        }
        catch (final IllegalArgumentException ex)
        {
            throw new EngineStartException("source.*: " + ex.getMessage(), ex);
        }
    }

    private Shard shard(
        final int index,
        final SourceSettings settings,
        final ShardTransport transport,
        final ShardTransport.ShardStream stream,
        final PartitionSlots slots) throws IOException
    {
        final ShardCounters counters = new ShardCounters(transport, index, shardCounters);
        final Ledger ledger = closeLater(Ledger.open(ledgerContext().shard(index)));
        ledger.findings().forEach((finding) -> events.warn("ledger: " + finding));
        final Doorbell bell = new Doorbell();
        final Flusher flush = closeLater(new Flusher(index, FLUSH_QUEUE_CAPACITY, bell::ring));
        final JournalAgent.Counters journalCounters = counters.journal();
        final AppendDelays appendDelays = new AppendDelays(table.header().startTimeMs());
        final JournalAgent journal = new JournalAgent(new JournalAgent.Context(
            index,
            stream.poller(),
            ledger,
            new JournalFlush.Settings(config.journalFlush(), config.checkpointIntervalMs()),
            flush,
            table,
            new SpaceGuard(config.journalDir(), config.journalMinFreeBytes(), SystemEpochClock.INSTANCE),
            config.journalOpenPartitions() / config.shards(),
            new SourceHistory(new SourceHistory.Context(
                ledger,
                new SourceHistory.Policy(config.onDivergence(), config.retention()),
                incidents,
                () -> checkpoints.write(),
                counters.history(),
                events)),
            appendDelays,
            journalCounters,
            counters.dutyCycle("journal"),
            events));
        final FetchAgent fetch = new FetchAgent(new FetchAgent.Context(
            index,
            settings,
            new FetchLimits(
                config.fetchMaxBytes(),
                config.fetchPartitionMaxBytes(),
                config.fetchMinBytes(),
                config.fetchMaxWaitMs(),
                config.fetchBufferBytes(),
                config.source().getProperty("client.rack", "")),
            stream.publisher(),
            bell::ring,
            AgentScheduler.maxWaitMs(config.threading(), config.idle()),
            new TableProgress(table, slots),
            counters,
            counters.dutyCycle("fetch"),
            events,
            () -> controlPlane.refresh(),
            (question) -> controlPlane.ask(question),
            linkRate,
            () -> partitions.boundCluster()));
        return new Shard(index, fetch, journal, flush, bell, ledger, journalCounters, appendDelays);
    }

    private <T extends AutoCloseable> T closeLater(final T resource)
    {
        toClose.addFirst(resource);
        return resource;
    }
}
