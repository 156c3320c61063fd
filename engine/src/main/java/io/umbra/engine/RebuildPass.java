package io.umbra.engine;

import io.aeron.driver.DutyCycleTracker;
import io.umbra.engine.config.FlushPolicy;
import io.umbra.engine.config.OnDivergence;
import io.umbra.engine.config.Retention;
import io.umbra.engine.recording.Run;
import io.umbra.engine.recording.Span;
import io.umbra.engine.status.JournalState;
import io.umbra.engine.status.PartitionTable;
import io.umbra.journal.Incidents;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.PartitionCheckpoint;
import io.umbra.journal.PartitionLog;
import io.umbra.journal.PartitionLogContext;
import io.umbra.journal.ledger.Ledger;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.journal.ledger.LedgerReconciler;
import io.umbra.journal.ledger.LedgerState;
import io.umbra.transport.recording.RecordingReader;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One run of a recorded engine, replayed: a JournalAgent for each of its shards, each on a thread of its own, as if the
 * engine were started on the journal that is being rebuilt, and stopped at the end of its recording.
 */
final class RebuildPass
{
    private static final String LEDGER_DIRECTORY = "ledger";
    private static final long MIN_FREE_BYTES = 64L << 20;
    private static final int OPEN_LOGS = 200;
    private static final int FLUSH_QUEUE_CAPACITY = 256;
    private static final long FLUSH_INTERVAL_MS = 100;
    private static final long CHECKPOINT_INTERVAL_MS = 5_000;
    private static final long IDLE_NS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long KEEP_ALL_MS = TimeUnit.DAYS.toMillis(100 * 365);

    private final JournalRebuild.Context ctx;
    private final JournalDirectory directory;
    private final Run run;
    private final Set<Integer> indexes;
    private final RebuildProgress progress;
    private final PartitionSlots slots = new PartitionSlots();
    private final Checkpoints checkpoints;
    private final LedgerState ledgerState;
    private PartitionTable table;

    /**
     * A pass.
     *
     * @param ctx       what is rebuilt.
     * @param directory of the journal.
     * @param run       that was recorded.
     * @param indexes   of the partitions to rebuild.
     * @param progress  told of what is done and of what is missing.
     */
    RebuildPass(
        final JournalRebuild.Context ctx,
        final JournalDirectory directory,
        final Run run,
        final Set<Integer> indexes,
        final RebuildProgress progress)
    {
        this.ctx = ctx;
        this.directory = directory;
        this.run = run;
        this.indexes = new HashSet<>(indexes);
        this.progress = progress;
        checkpoints = new Checkpoints(directory, slots, progress.events());
        ledgerState = LedgerReconciler.read(directory.path().resolve(LEDGER_DIRECTORY));
    }

    void replay(final List<Span> spans) throws IOException
    {
        final List<Thread> threads = new ArrayList<>();
        final List<Throwable> failures = new ArrayList<>();
        table = PartitionTable.create(directory.path(), run.link(), run.nodeId(), System.currentTimeMillis());
        try
        {
            for (final Span span : spans)
            {
                final Thread thread = new Thread(() ->
                {
                    try
                    {
                        replay(span);
                    }
                    catch (final Throwable ex)
                    {
                        synchronized (failures)
                        {
                            failures.add(ex);
                        }
                    }
                }, "umbra-rebuild-" + span.recording().shard());
                threads.add(thread);
                thread.start();
            }
            for (final Thread thread : threads)
            {
                join(thread);
            }
            checkpoints.write();
            sayRefused();
            table.header().cleanStop();
        }
        finally
        {
            table.close();
        }
        for (final Throwable failure : failures)
        {
            throw new IOException(null == failure.getMessage() ? failure.toString() : failure.getMessage(), failure);
        }
    }

    /** What was still refused when the recording of the run ended is not in the journal. */
    private void sayRefused() throws IOException
    {
        for (int i = 0, rows = table.rowCount(); i < rows; i++)
        {
            if (JournalState.FAULTED == table.journalState(i))
            {
                progress.onGap(table.topic(i) + '-' + table.partition(i) + ": refused: " + table.journalError(i));
            }
        }
    }

    private void join(final Thread thread)
    {
        while (thread.isAlive())
        {
            try
            {
                thread.join(JournalRebuild.PROGRESS_INTERVAL_MS);
            }
            catch (final InterruptedException ex)
            {
                Thread.currentThread().interrupt();
                progress.stop();
            }
            progress.report();
        }
    }

    private void replay(final Span span) throws IOException
    {
        final int shard = span.recording().shard();
        final Path dir = ctx.recording().dir();
        final long end = Math.min(span.toPosition(), RecordingReader.endOf(dir, span.recording()));
        final RebuildFeed[] feeds = new RebuildFeed[1];
        final JournalAgent[] agents = new JournalAgent[1];
        final Flusher flusher = new Flusher(shard, FLUSH_QUEUE_CAPACITY, () -> {});
        try (RecordingReader reader = new RecordingReader(dir, span.recording(), span.fromPosition(), end,
            (finding) ->
            {
                progress.onFinding(finding);
                feeds[0].onFinding(finding);
            }))
        {
            final Ledger ledger = Ledger.open(new LedgerContext()
                .ledgerDirectory(directory.path().resolve(LEDGER_DIRECTORY)).nodeId(run.nodeId()).shard(shard));
            final RebuildFeed feed = new RebuildFeed(
                new RebuildFeed.Context(
                    ledger,
                    new RebuildFeed.Logs()
                    {
                        @Override
                        public boolean isWanted(final int recordedIndex)
                        {
                            return isNamed(recordedIndex) && indexes.contains(recordedIndex);
                        }

                        @Override
                        public PartitionSlot open(final int recordedIndex, final long fetchOffset) throws IOException
                        {
                            return openFor(agents[0], shard, run.partitions().get(recordedIndex), fetchOffset);
                        }
                    },
                    ctx.asOfNs(),
                    progress,
                    checkpoints::write,
                    progress.events(),
                    progress::onGap),
                reader);
            feeds[0] = feed;
            final JournalAgent.Counters counters = counters();
            agents[0] = agent(shard, feed, ledger, flusher, counters);
            replay(agents[0], feed, counters);
        }
        finally
        {
            flusher.close();
        }
    }

    private void replay(
        final JournalAgent agent, final RebuildFeed feed, final JournalAgent.Counters counters) throws IOException
    {
        agent.onStart();
        try
        {
            long bytes = 0;
            long frames = 0;
            while (!progress.isStopped())
            {
                final int workCount = agent.doWork();
                progress.add(feed.bytes() - bytes, feed.frames() - frames);
                bytes = feed.bytes();
                frames = feed.frames();
                if (counters.diskWaits().get() > 0)
                {
                    throw new IOException(directory.path() + " has no room for more");
                }
                if (0 == workCount)
                {
                    if (feed.isAtEnd())
                    {
                        return;
                    }
                    LockSupport.parkNanos(IDLE_NS);
                }
            }
        }
        finally
        {
            // An agent that is closed takes all that there is.
            feed.stop();
            agent.onClose();
        }
    }

    private JournalAgent agent(
        final int shard,
        final RebuildFeed feed,
        final Ledger ledger,
        final Flusher flusher,
        final JournalAgent.Counters counters) throws IOException
    {
        return new JournalAgent(new JournalAgent.Context(
            shard,
            feed,
            ledger,
            new JournalFlush.Settings(
                new FlushPolicy(FlushPolicy.Mode.INTERVAL, FLUSH_INTERVAL_MS), CHECKPOINT_INTERVAL_MS),
            flusher,
            table,
            new SpaceGuard(directory.path(), MIN_FREE_BYTES, SystemEpochClock.INSTANCE),
            OPEN_LOGS,
            new SourceHistory(new SourceHistory.Context(
                ledger,
                new SourceHistory.Policy(
                    OnDivergence.BRANCH, run.isMirror() ? Retention.MIRROR : new Retention(KEEP_ALL_MS)),
                new Incidents(directory.path()),
                checkpoints::write,
                new SourceHistory.Counters(counter(), counter()),
                progress.events())),
            // How old records were when they were first journaled, nobody asks here.
            new AppendDelays(Long.MAX_VALUE),
            counters,
            new DutyCycleTracker(),
            progress.events()));
    }

    private static JournalAgent.Counters counters()
    {
        return new JournalAgent.Counters(
            counter(), counter(), counter(), counter(), counter(), counter(), counter());
    }

    private static AtomicCounter counter()
    {
        return new AtomicCounter(
            new UnsafeBuffer(ByteBuffer.allocateDirect(CountersReader.COUNTER_LENGTH)), 0);
    }

    private boolean isNamed(final int recordedIndex)
    {
        final boolean isNamed = run.partitions().containsKey(recordedIndex);
        if (!isNamed)
        {
            progress.onUnknown(run, recordedIndex);
        }
        return isNamed;
    }

    /** On the thread of the agent. Rows and slots are shared by all of them. */
    private synchronized PartitionSlot openFor(
        final JournalAgent agent, final int shard, final LedgerPartition name, final long fetchOffset)
        throws IOException
    {
        final PartitionLog log = openLog(name);
        if (log.isEmpty() && log.endOffset() != fetchOffset)
        {
            log.startAt(fetchOffset);
        }
        log.closeFiles();
        final int index = table.add(
            name.topic(), name.topicId(), name.partition(), shard, System.currentTimeMillis());
        final PartitionSlot slot = new PartitionSlot(index, name, log);
        slots.put(slot);
        slot.noteDurablePoint();
        agent.onOpen(slot, ledgerState.end(name));
        progress.onPartition(name);
        return slot;
    }

    private PartitionLog openLog(final LedgerPartition name) throws IOException
    {
        directory.retireOther(name.topic(), name.partition(), name.topicId());
        final PartitionLogContext log = new PartitionLogContext()
            .journalDir(directory.path())
            .partition(name.topic(), name.partition())
            .topicId(name.topicId())
            .segmentBytes(run.segmentBytes());
        final PartitionCheckpoint checkpoint = directory.checkpoint(name.topic(), name.partition());
        if (null != checkpoint)
        {
            log.recoveryPoint(checkpoint.durableOffset())
                .logStartOffset(checkpoint.logStartOffset())
                .knownDigest(checkpoint.durableOffset(), checkpoint.digest());
        }
        return PartitionLog.open(log);
    }
}
