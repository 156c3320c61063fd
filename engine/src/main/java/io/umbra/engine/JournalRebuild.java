package io.umbra.engine;

import io.umbra.engine.recording.Run;
import io.umbra.engine.recording.Span;
import io.umbra.engine.replay.FlightRecording;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.JournalException;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.transport.TransportException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;

/**
 * {@code umbra replay rebuild}: a journal made anew of what a flight recorder has recorded, by the JournalAgents that
 * made it the first time. Its logs are byte for byte what they were, from the first offset that is recorded on; the
 * journal that they were in is not needed.
 * <p>
 * Run after run of the recorded engine is replayed. A topic that was deleted and created anew within a run has several
 * generations, which are replayed one after the other, so that each goes where it went before.
 */
public final class JournalRebuild
{
    static final long PROGRESS_INTERVAL_MS = 200;

    private final Context ctx;
    private final RebuildProgress progress;

    /**
     * What is rebuilt.
     *
     * @param recording that is replayed.
     * @param into      directory of the journal, empty or not there.
     * @param topics    whose whole name matches; null for all.
     * @param asOfNs    what was fetched later is left out, nanoseconds since 1970; {@link Long#MAX_VALUE} for all.
     * @param speed     times as fast as it was recorded; 0 for as fast as it goes.
     */
    public record Context(FlightRecording recording, Path into, Pattern topics, long asOfNs, double speed)
    {
    }

    /**
     * What has become of it.
     *
     * @param partitions that were rebuilt.
     * @param frames     that were replayed.
     * @param bytes      of record batches in them.
     * @param tookMs     milliseconds.
     * @param problems   what is not as it was, because it is not in the recording; a line each.
     */
    public record Result(int partitions, long frames, long bytes, long tookMs, List<String> problems)
    {
    }

    /**
     * A rebuild.
     *
     * @param ctx     what is rebuilt.
     * @param onBytes told now and then of the bytes that are done; on the caller's thread.
     */
    public JournalRebuild(final Context ctx, final LongConsumer onBytes)
    {
        this.ctx = ctx;
        progress = new RebuildProgress(ctx.speed, onBytes);
    }

    /**
     * Do it.
     *
     * @return what has become of it.
     * @throws IOException if the recording cannot be read, the journal cannot be written, or there is nothing that
     *                     could be replayed.
     */
    public Result rebuild() throws IOException
    {
        final List<Run> runs = ctx.recording.runs();
        if (runs.isEmpty())
        {
            throw new IOException("the names of the recorded partitions are not known: there is no index of runs in " +
                ctx.recording.dir());
        }
        final Run last = runs.get(runs.size() - 1);
        try (JournalDirectory directory = JournalDirectory.open(ctx.into, last.link(), last.nodeId()))
        {
            final List<Span> spans = ctx.recording.spans();
            for (final Run run : runs)
            {
                if (null != run.clusterId())
                {
                    directory.bindClusterId(run.clusterId());
                }
                replay(directory, run, spans.stream().filter((span) -> span.run() == run).toList());
            }
            for (final Span span : spans)
            {
                if (null == span.run())
                {
                    progress.onGap("recording " + span.recording().id() + ", position " + span.fromPosition() +
                        " to " + span.toPosition() + ": the index of runs does not know the names of its partitions");
                }
            }
            directory.begun();
        }
        catch (final JournalException | LedgerException | TransportException | UncheckedIOException ex)
        {
            throw new IOException(ex.getMessage(), ex);
        }
        finally
        {
            progress.events().drain();
        }
        return progress.result();
    }

    private void replay(final JournalDirectory directory, final Run run, final List<Span> spans) throws IOException
    {
        final List<Set<Integer>> generations = generations(run);
        for (int i = 0; i < generations.size() && !spans.isEmpty(); i++)
        {
            new RebuildPass(ctx, directory, run, generations.get(i), progress).replay(spans);
        }
        for (final Span span : spans)
        {
            ctx.recording.release(span.recording().id(), span.toPosition());
        }
    }

    /** Partition indexes, so that each set holds a topic's partition once; earlier generations first. */
    private List<Set<Integer>> generations(final Run run)
    {
        final List<Set<Integer>> generations = new ArrayList<>();
        final Map<String, Integer> seen = new HashMap<>();
        new TreeMap<>(run.partitions()).forEach((index, name) ->
        {
            if (isWanted(name))
            {
                final int generation = seen.merge(name.toString(), 1, Integer::sum) - 1;
                if (generation == generations.size())
                {
                    generations.add(new HashSet<>());
                }
                generations.get(generation).add(index);
            }
        });
        return generations;
    }

    private boolean isWanted(final LedgerPartition name)
    {
        return null == ctx.topics || ctx.topics.matcher(name.topic()).matches();
    }
}
