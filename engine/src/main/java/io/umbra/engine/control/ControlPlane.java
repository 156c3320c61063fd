package io.umbra.engine.control;

import io.umbra.engine.config.OnTopicDelete;
import io.umbra.engine.config.StartOffset;
import io.umbra.engine.config.TopicFilter;
import io.umbra.engine.source.ClusterMetadata;
import io.umbra.engine.source.FetchAssignment;
import io.umbra.engine.source.LeaderQuestion;
import io.umbra.engine.source.SourceClient;
import io.umbra.engine.source.SourceEvents;
import io.umbra.engine.source.SourceSettings;
import io.umbra.engine.source.SourceUnavailableException;
import io.umbra.journal.JournalException;
import io.umbra.journal.PartitionKey;
import org.agrona.concurrent.Agent;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.ListOffsetsRequest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;

/**
 * Watches the source's metadata: finds topics and partitions to shadow, opens their logs, decides where to begin, and
 * keeps the agents informed of leaders. Runs on a thread of its own, where it may block; data never waits for it.
 */
public final class ControlPlane implements Agent
{
    private static final int OPENING_THREADS = 8;

    private final Context ctx;
    private final SourceClient client;
    private final LookTimes lookTimes;
    private final Leaders leaders;
    private final LeaderQuestions questions;
    private final OperatorWishes wishes;
    private final TopicGenerations generations;
    private final PromotedTopics promoted;
    private final ForkJoinPool opening = new ForkJoinPool(OPENING_THREADS);
    private final Map<TopicPartition, KnownPartition> known = new LinkedHashMap<>();
    private boolean isConnected;
    private boolean isCompared;
    private boolean isDiscovered;
    private volatile boolean isStopped;
    private String unavailable;

    /**
     * What the control plane needs.
     *
     * @param settings          how to reach the source.
     * @param topics            which to shadow.
     * @param startOffset       where to begin in a journal that is new.
     * @param refreshIntervalMs between two looks at the metadata, milliseconds.
     * @param onTopicDelete     what becomes of a topic that the source has deleted.
     * @param journalDir        in which the operator's rules are.
     * @param partitions        the engine's.
     * @param events            where news for the operator go.
     */
    public record Context(
        SourceSettings settings,
        TopicFilter topics,
        StartOffset startOffset,
        long refreshIntervalMs,
        OnTopicDelete onTopicDelete,
        Path journalDir,
        ShadowPartitions partitions,
        SourceEvents events)
    {
    }

    /**
     * Nothing is asked before the agent runs.
     *
     * @param ctx what it needs.
     */
    public ControlPlane(final Context ctx)
    {
        this.ctx = ctx;
        client = new SourceClient(ctx.settings, "control");
        lookTimes = new LookTimes(ctx.refreshIntervalMs);
        leaders = new Leaders(client, ctx.events);
        questions = new LeaderQuestions(client, leaders, ctx.partitions);
        wishes = new OperatorWishes(ctx.journalDir, ctx.partitions, ctx.events);
        generations = new TopicGenerations(client, ctx.partitions, known, ctx.onTopicDelete, wishes::forget);
        promoted = new PromotedTopics(ctx.journalDir, ctx.partitions, known, wishes::forget, ctx.events);
    }

    /**
     * Look at the metadata soon. From any thread, does not block.
     */
    public void refresh()
    {
        lookTimes.request();
    }

    /**
     * Find out what a leader has, and tell the FetchAgent. From any thread, does not block.
     *
     * @param question of a FetchAgent.
     */
    public void ask(final LeaderQuestion question)
    {
        questions.ask(question);
        if (LeaderQuestion.Kind.LOG_START != question.kind())
        {
            // Fetching waits for the answer.
            refresh();
        }
    }

    /**
     * Ask for nothing more, and give up what is being asked. From any thread.
     */
    public void stop()
    {
        isStopped = true;
        client.abort();
    }

    @Override
    public int doWork()
    {
        final long nowMs = System.currentTimeMillis();
        if (isStopped)
        {
            return 0;
        }
        promoted.look(nowMs);
        wishes.look(nowMs);
        if (!lookTimes.isDue(nowMs))
        {
            return 0;
        }
        lookTimes.begin(nowMs);
        try
        {
            look();
            lookTimes.answered(System.currentTimeMillis());
        }
        catch (final SourceUnavailableException ex)
        {
            if (!isStopped)
            {
                onUnavailable(ex);
            }
        }
        catch (final JournalException ex)
        {
            isStopped = true;
            ctx.partitions.fatal(ex);
        }
        return 1;
    }

    @Override
    public void onClose()
    {
        opening.shutdown();
        client.close();
    }

    @Override
    public String roleName()
    {
        return "umbra-control";
    }

    private void look() throws SourceUnavailableException
    {
        final ClusterMetadata metadata = client.metadata();
        if (null != metadata.clusterId())
        {
            ctx.partitions.bindCluster(metadata.clusterId());
        }
        isConnected = true;
        if (null != unavailable)
        {
            ctx.events.info("the source answers again");
            unavailable = null;
        }
        ctx.partitions.sourceAvailable(null);
        final List<TopicPartition> fresh = discover(metadata);
        // First who leads now: what comes next may have to wait for brokers that do not answer.
        ctx.partitions.topology(metadata.topology());
        leaders.topology(metadata.topology());
        final boolean hasAnswers = begin(open(fresh));
        questions.answer(metadata);
        if (leaders.isAnyoneSilent())
        {
            // Another one may lead soon, or it may answer.
            lookTimes.request();
        }
        if (!isDiscovered && hasAnswers)
        {
            isDiscovered = true;
            ctx.partitions.discovered();
        }
    }

    private void onUnavailable(final SourceUnavailableException ex)
    {
        lookTimes.unanswered(System.currentTimeMillis());
        if (ex instanceof SourceUnavailableException.Authentication && !isConnected)
        {
            isStopped = true;
            ctx.partitions.fatal(new IllegalStateException(ex.getMessage(), ex));
            return;
        }
        ctx.partitions.sourceAvailable(ex.getMessage());
        if (!ex.getMessage().equals(unavailable))
        {
            unavailable = ex.getMessage();
            ctx.events.warn(unavailable + "; trying again");
        }
    }

    /** Rows for partitions that were not known; those that are not open yet are tried again. */
    private List<TopicPartition> discover(final ClusterMetadata metadata) throws SourceUnavailableException
    {
        final List<TopicPartition> toOpen = new ArrayList<>();
        final Map<String, Uuid> listed = new HashMap<>();
        metadata.topics().forEach((topic) -> listed.put(topic.name(), topic.id()));
        if (!isCompared)
        {
            compare(listed);
        }
        for (final ClusterMetadata.Topic topic : metadata.topics())
        {
            if (ctx.topics.matches(topic.name()) && generations.isCurrent(topic))
            {
                for (final int partition : topic.partitions())
                {
                    discover(topic, new TopicPartition(topic.name(), partition), toOpen);
                }
            }
        }
        generations.listed(listed);
        if (isDiscovered)
        {
            generations.noticeDeleted();
        }
        return toOpen;
    }

    /**
     * Once after the start: topics that went, or were created anew, while no engine ran. Those that the filters do not
     * match (any more) and those that were promoted are left as they are.
     */
    private void compare(final Map<String, Uuid> listed)
    {
        try
        {
            for (final Map.Entry<PartitionKey, UUID> journaled : ctx.partitions.journaled().entrySet())
            {
                final TopicPartition name =
                    new TopicPartition(journaled.getKey().topic(), journaled.getKey().partition());
                final Uuid id = TopicGenerations.uuid(journaled.getValue());
                if (ctx.topics.matches(name.topic()) && !id.equals(listed.get(name.topic())) &&
                    !promoted.contains(name.topic(), id) && !known.containsKey(name))
                {
                    generations.addUnlisted(name, id);
                }
            }
            isCompared = true;
        }
        catch (final IOException ex)
        {
            ctx.events.warn("the journal's topics cannot be compared with the source's yet: " + ex.getMessage());
        }
    }

    private void discover(
        final ClusterMetadata.Topic topic, final TopicPartition partition, final List<TopicPartition> toOpen)
    {
        KnownPartition entry = known.get(partition);
        if (null == entry)
        {
            try
            {
                if (promoted.contains(topic.name(), topic.id()))
                {
                    promoted.show(partition, topic.id());
                    return;
                }
                entry = new KnownPartition(
                    ctx.partitions.add(topic.name(), TopicGenerations.uuid(topic.id()), partition.partition()),
                    topic.id(), ctx.partitions.isNewJournal());
                known.put(partition, entry);
            }
            catch (final IOException ex)
            {
                ctx.events.warn(partition + ": cannot be added: " + ex.getMessage());
                return;
            }
        }
        if (!entry.hasBegun)
        {
            toOpen.add(partition);
        }
    }

    private Map<TopicPartition, ShadowPartitions.LogEnd> open(final List<TopicPartition> partitions)
    {
        final Map<TopicPartition, ShadowPartitions.LogEnd> opened = new HashMap<>();
        inParallel(partitions, (partition) ->
        {
            final KnownPartition entry = known.get(partition);
            try
            {
                final ShadowPartitions.LogEnd end = ctx.partitions.open(entry.index);
                synchronized (opened)
                {
                    opened.put(partition, end);
                }
            }
            catch (final IOException ex)
            {
                ctx.partitions.openFailed(entry.index, String.valueOf(ex.getMessage()), false);
            }
            catch (final JournalException ex)
            {
                ctx.partitions.openFailed(entry.index, ex.getMessage(), true);
            }
        });
        return opened;
    }

    /** Each of them waits for the device most of the time. */
    private <T> void inParallel(final List<T> items, final Consumer<T> action)
    {
        opening.submit(() -> items.parallelStream().forEach(action)).join();
    }

    /** Returns false if leaders had to be asked and none of them has answered. */
    private boolean begin(final Map<TopicPartition, ShadowPartitions.LogEnd> opened)
    {
        final Map<TopicPartition, Long> starts = startOffsets(opened);
        final Map<TopicPartition, Long> started = new ConcurrentHashMap<>();
        inParallel(List.copyOf(starts.entrySet()), (start) ->
        {
            if (startAt(known.get(start.getKey()), start.getValue()))
            {
                started.put(start.getKey(), start.getValue());
            }
        });
        opened.forEach((partition, end) ->
        {
            final KnownPartition entry = known.get(partition);
            final Long start = end.isEmpty() ? started.get(partition) : Long.valueOf(end.endOffset());
            if (end.isEmpty() && !starts.containsKey(partition))
            {
                // At the next look.
                ctx.partitions.startUnknown(entry.index, whyUnknown(leaders.of(partition)));
            }
            else if (null != start)
            {
                entry.hasBegun = true;
                ctx.partitions.begin(new FetchAssignment(
                    entry.index, partition, entry.topicId, start, end.lastEpoch()));
                wishes.begun(entry.index, partition.topic());
            }
        });
        return !starts.isEmpty() || opened.entrySet().stream().noneMatch(
            (partition) -> partition.getValue().isEmpty() && null != leaders.of(partition.getKey()));
    }

    private static String whyUnknown(final Node leader)
    {
        return null == leader ? "no leader at the source" :
            "broker " + leader.id() + " at " + leader.host() + ":" + leader.port() + " does not say where it begins";
    }

    private boolean startAt(final KnownPartition entry, final long offset)
    {
        try
        {
            ctx.partitions.startAt(entry.index, offset);
            return true;
        }
        catch (final IOException ex)
        {
            ctx.partitions.openFailed(entry.index, String.valueOf(ex.getMessage()), false);
            return false;
        }
    }

    private Map<TopicPartition, Long> startOffsets(final Map<TopicPartition, ShadowPartitions.LogEnd> opened)
    {
        final Map<TopicPartition, Long> times = new HashMap<>();
        opened.forEach((partition, end) ->
        {
            if (end.isEmpty())
            {
                times.put(partition, startTime(partition));
            }
        });
        final Map<TopicPartition, Long> starts = leaders.offsets(times);
        // A time past the end means "from now on", not "from the beginning".
        final Map<TopicPartition, Long> pastEnd = new HashMap<>();
        starts.forEach((partition, offset) ->
        {
            if (offset < 0)
            {
                pastEnd.put(partition, ListOffsetsRequest.LATEST_TIMESTAMP);
            }
        });
        starts.keySet().removeAll(pastEnd.keySet());
        starts.putAll(leaders.offsets(pastEnd));
        return starts;
    }

    /**
     * {@code start.offset} is for what is there when a link begins; what comes later is shadowed from its beginning.
     */
    private long startTime(final TopicPartition partition)
    {
        if (!known.get(partition).isOfTheBeginning)
        {
            return ListOffsetsRequest.EARLIEST_TIMESTAMP;
        }
        switch (ctx.startOffset.kind())
        {
            case LATEST:
                return ListOffsetsRequest.LATEST_TIMESTAMP;
            case TIMESTAMP:
                return ctx.startOffset.timestampMs();
            default:
                return ListOffsetsRequest.EARLIEST_TIMESTAMP;
        }
    }
}
