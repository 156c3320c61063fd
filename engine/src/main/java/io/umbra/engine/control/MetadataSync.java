package io.umbra.engine.control;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataTaskType;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.metadata.MetadataTask;
import io.umbra.engine.source.SourceEvents;
import io.umbra.engine.source.SourceSettings;
import io.umbra.engine.status.MetadataStatusFile;
import io.umbra.engine.status.StatusReport;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.MetadataLedger;
import io.umbra.journal.ledger.MetadataState;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Keeps the metadata ledger up to date: each {@link MetadataTask} looks at the source at its interval, and what has
 * changed since its last look is written. A task that fails does not disturb the others, nor the data: it says why, and
 * tries again.
 *
 * <p>Runs on a thread of its own, where it waits for the source and for the disk.
 */
public final class MetadataSync implements Agent
{
    private final Context ctx;
    private final SourceAdmin source;
    private final List<MetadataProgress> tasks = new ArrayList<>();
    private volatile boolean isStopped;
    private String statusProblem;

    /**
     * What the sync needs.
     *
     * @param settings   how to reach the source.
     * @param config     which tasks there are, how often they look, and at what.
     * @param journalDir of the journal.
     * @param ledger     to write; closed by its owner, after the agent has ended.
     * @param clusterId  of the source that the journal belongs to; null until the source has shown that it is that.
     * @param space      says what is wrong when nothing more may be written to the journal's file system, else null.
     * @param events     where news for the operator go.
     */
    public record Context(
        SourceSettings settings,
        UmbraConfig config,
        Path journalDir,
        MetadataLedger ledger,
        Supplier<String> clusterId,
        Supplier<String> space,
        SourceEvents events)
    {
    }

    /**
     * Nothing is asked before the agent runs.
     *
     * @param ctx what it needs.
     */
    public MetadataSync(final Context ctx)
    {
        this.ctx = ctx;
        source = new SourceAdmin(ctx.settings);
        final UmbraConfig config = ctx.config;
        add(config.topicsRefreshIntervalMs(), true,
            new TopicsLook(source, config.topics(), config.onTopicDelete()));
        add(config.groupsSyncIntervalMs(), true,
            new GroupsLook(source, config.groups(), config.topics(), config.onTopicDelete()));
        add(config.aclsSyncIntervalMs(), config.aclsSync(), new AclsLook(source));
        add(config.quotasSyncIntervalMs(), config.quotasSync(), new QuotasLook(source));
        add(config.scramSyncIntervalMs(), config.scramSync(), new ScramLook(source));
    }

    /** Ask for nothing more, and give up what is being asked. From any thread. */
    public void stop()
    {
        isStopped = true;
        source.abort();
    }

    @Override
    public void onStart()
    {
        writeStatus();
    }

    @Override
    public int doWork()
    {
        if (isStopped || null == ctx.clusterId.get())
        {
            return 0;
        }
        for (final MetadataProgress task : tasks)
        {
            final long nowMs = System.currentTimeMillis();
            if (task.isDue(nowMs))
            {
                run(task, nowMs);
                return 1;
            }
        }
        return 0;
    }

    @Override
    public void onClose()
    {
        source.abort();
    }

    @Override
    public String roleName()
    {
        return "umbra-metadata";
    }

    private void add(final long intervalMs, final boolean isWanted, final MetadataLook look)
    {
        final MetadataState.Round before = ctx.ledger.state().round(type(look.task()));
        tasks.add(new MetadataProgress(look, intervalMs, isWanted, null == before ? 0 : before.completeNs()));
    }

    private void run(final MetadataProgress task, final long beginMs)
    {
        MetadataOutcome outcome;
        try
        {
            outcome = task.isWanted() ? look(task) : MetadataOutcome.NOT_WANTED;
        }
        catch (final KafkaException ex)
        {
            outcome = MetadataOutcome.of(ex, task.look().permission());
            if (!outcome.isAnswered() || !(ex instanceof ApiException))
            {
                source.renew();
            }
        }
        catch (final LedgerException ex)
        {
            outcome = MetadataOutcome.faulted(ex.getMessage());
        }
        catch (final RuntimeException ex)
        {
            ctx.events.warn("metadata, " + task.look().task().label() + ": an error of Umbra's own: " + ex);
            outcome = MetadataOutcome.faulted(ex.toString());
        }
        if (isStopped)
        {
            return;
        }
        tell(task, record(task, outcome));
        writeStatus();
        final long endMs = System.currentTimeMillis();
        task.next(endMs, Math.max(0, endMs - beginMs));
    }

    private MetadataOutcome look(final MetadataProgress task)
    {
        final String noSpace = ctx.space.get();
        if (null != noSpace)
        {
            return MetadataOutcome.faulted(noSpace);
        }
        final SourceAdmin.Cluster cluster = source.cluster();
        if (!ctx.clusterId.get().equals(cluster.clusterId()))
        {
            return MetadataOutcome.faulted("the source is cluster " + cluster.clusterId() +
                ", the journal belongs to cluster " + ctx.clusterId.get());
        }
        final FoundMetadata found = new FoundMetadata(ctx.ledger.state());
        task.look().look(cluster, found);
        write(task, found);
        return found.isComplete() ? MetadataOutcome.OK : MetadataOutcome.faulted(found.problems());
    }

    private void write(final MetadataProgress task, final FoundMetadata found)
    {
        // At the first look everything is new.
        final boolean isToTell = MetadataTask.SCRAM == task.look().task() && task.completeNs() > 0;
        found.values().forEach((kind, values) ->
        {
            final Map<String, String> known = ctx.ledger.state().values(kind);
            values.forEach((key, value) ->
            {
                final boolean isNew = !known.containsKey(key);
                if (put(kind, key, value, found) && isToTell)
                {
                    ctx.events.info("SCRAM credential " + key +
                        (isNew ? " is new at the source: " : " has changed at the source: ") + value);
                }
            });
            if (found.isComplete())
            {
                List.copyOf(known.keySet()).stream().filter((key) -> !values.containsKey(key)).forEach((key) ->
                {
                    ctx.ledger.remove(kind, key, nowNs());
                    if (isToTell)
                    {
                        ctx.events.info("SCRAM credential " + key + " is gone at the source");
                    }
                });
            }
        });
    }

    private boolean put(final MetadataKind kind, final String key, final String value, final FoundMetadata found)
    {
        try
        {
            return ctx.ledger.put(kind, key, value, nowNs());
        }
        catch (final IllegalArgumentException ex)
        {
            found.problem(ex.getMessage());
            return false;
        }
    }

    /** What is not in the ledger is not done. */
    private MetadataOutcome record(final MetadataProgress task, final MetadataOutcome outcome)
    {
        final long nowNs = nowNs();
        final long completeNs = MetadataOutcome.OK.equals(outcome) ? nowNs : task.completeNs();
        final MetadataTaskType type = type(task.look().task());
        final MetadataState.Round round = new MetadataState.Round(outcome.state(), completeNs, outcome.message());
        try
        {
            // A look that failed as the one before did says nothing new.
            final boolean isNews =
                MetadataOutcome.OK.equals(outcome) || !round.equals(ctx.ledger.state().round(type));
            if (isNews && null == ctx.space.get())
            {
                ctx.ledger.round(type, round, nowNs);
                ctx.ledger.force();
            }
            task.ended(outcome, completeNs);
            return outcome;
        }
        catch (final LedgerException ex)
        {
            final MetadataOutcome notWritten = MetadataOutcome.faulted(ex.getMessage());
            task.ended(notWritten, task.completeNs());
            return notWritten;
        }
    }

    /** The control plane says when the source does not answer. */
    private void tell(final MetadataProgress task, final MetadataOutcome outcome)
    {
        if (!outcome.isAnswered() || outcome.equals(task.told()))
        {
            return;
        }
        final String text = "metadata, " + task.look().task().label() + ": ";
        switch (outcome.state())
        {
            case FAULTED:
                ctx.events.warn(text + outcome.message());
                break;
            case OK:
                if (null != task.told())
                {
                    ctx.events.info(text + "in order again");
                }
                break;
            default:
                ctx.events.info(text + outcome.message());
                break;
        }
        task.told(outcome);
    }

    private void writeStatus()
    {
        final List<StatusReport.Metadata> report = new ArrayList<>();
        tasks.forEach((task) -> report.add(task.report(ctx.ledger.state())));
        try
        {
            MetadataStatusFile.write(ctx.journalDir, report);
            statusProblem = null;
        }
        catch (final IOException ex)
        {
            if (!ex.toString().equals(statusProblem))
            {
                statusProblem = ex.toString();
                ctx.events.warn("metadata: the status cannot be written: " + statusProblem);
            }
        }
    }

    private static MetadataTaskType type(final MetadataTask task)
    {
        return MetadataTaskType.valueOf(task.name());
    }

    private static long nowNs()
    {
        return SystemEpochNanoClock.INSTANCE.nanoTime();
    }
}
