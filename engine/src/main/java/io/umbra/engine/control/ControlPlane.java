package io.umbra.engine.control;

import io.umbra.engine.config.StartOffset;
import io.umbra.engine.config.TopicFilter;
import io.umbra.engine.source.ClusterMetadata;
import io.umbra.engine.source.FetchAssignment;
import io.umbra.engine.source.SourceClient;
import io.umbra.engine.source.SourceEvents;
import io.umbra.engine.source.SourceSettings;
import io.umbra.engine.source.SourceTopology;
import io.umbra.engine.source.SourceUnavailableException;
import io.umbra.journal.JournalException;
import org.agrona.concurrent.Agent;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.ListOffsetsRequest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Watches the source's metadata: finds topics and partitions to shadow, opens their logs, decides where to begin, and
 * keeps the agents informed of leaders. Runs on a thread of its own, where it may block; data never waits for it.
 */
public final class ControlPlane implements Agent
{
    private static final long UNAVAILABLE_RETRY_MS = 1_000;
    private static final long REQUESTED_REFRESH_MS = 100;

    private final Context ctx;
    private final SourceClient client;
    private final Map<TopicPartition, Known> known = new LinkedHashMap<>();
    private final Set<String> knownTopics = new HashSet<>();
    private volatile boolean isRefreshRequested;
    private long nextRefreshMs;
    private long lastRefreshMs;
    private boolean isConnected;
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
     * @param partitions        the engine's.
     * @param events            where news for the operator go.
     */
    public record Context(
        SourceSettings settings,
        TopicFilter topics,
        StartOffset startOffset,
        long refreshIntervalMs,
        ShadowPartitions partitions,
        SourceEvents events)
    {
    }

    private static final class Known
    {
        final int index;
        final Uuid topicId;
        boolean hasBegun;

        Known(final int index, final Uuid topicId)
        {
            this.index = index;
            this.topicId = topicId;
        }
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
    }

    /**
     * Look at the metadata soon. From any thread, does not block.
     */
    public void refresh()
    {
        isRefreshRequested = true;
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
        final boolean isDue = nowMs >= nextRefreshMs ||
            isRefreshRequested && nowMs >= lastRefreshMs + REQUESTED_REFRESH_MS;
        if (isStopped || !isDue)
        {
            return 0;
        }
        isRefreshRequested = false;
        lastRefreshMs = nowMs;
        try
        {
            look();
            nextRefreshMs = System.currentTimeMillis() + ctx.refreshIntervalMs;
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
        begin(open(fresh), metadata.topology());
        ctx.partitions.topology(metadata.topology());
        if (!isDiscovered)
        {
            isDiscovered = true;
            ctx.partitions.discovered();
        }
    }

    private void onUnavailable(final SourceUnavailableException ex)
    {
        nextRefreshMs = System.currentTimeMillis() + UNAVAILABLE_RETRY_MS;
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
            ctx.events.warn(unavailable + "; trying again every " + UNAVAILABLE_RETRY_MS + " ms");
        }
    }

    /** Rows for partitions that were not known; those that are not open yet are tried again. */
    private List<TopicPartition> discover(final ClusterMetadata metadata)
    {
        final List<TopicPartition> toOpen = new ArrayList<>();
        final Map<String, Uuid> listed = new HashMap<>();
        for (final ClusterMetadata.Topic topic : metadata.topics())
        {
            listed.put(topic.name(), topic.id());
            if (ctx.topics.matches(topic.name()))
            {
                for (final int partition : topic.partitions())
                {
                    discover(topic, new TopicPartition(topic.name(), partition), toOpen);
                }
            }
        }
        known.forEach((partition, entry) ->
            ctx.partitions.listed(entry.index, entry.topicId.equals(listed.get(partition.topic()))));
        return toOpen;
    }

    private void discover(
        final ClusterMetadata.Topic topic, final TopicPartition partition, final List<TopicPartition> toOpen)
    {
        Known entry = known.get(partition);
        if (null == entry)
        {
            try
            {
                entry = new Known(
                    ctx.partitions.add(topic.name(), uuid(topic.id()), partition.partition()), topic.id());
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
        partitions.parallelStream().forEach((partition) ->
        {
            final Known entry = known.get(partition);
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

    private void begin(
        final Map<TopicPartition, ShadowPartitions.LogEnd> opened, final SourceTopology topology)
        throws SourceUnavailableException
    {
        final Map<TopicPartition, Long> starts = startOffsets(opened, topology);
        opened.forEach((partition, end) ->
        {
            final Known entry = known.get(partition);
            final Long start = end.isEmpty() ? starts.get(partition) : Long.valueOf(end.endOffset());
            // Without a leader to ask there is no start offset: at the next look.
            if (null != start && (!end.isEmpty() || startAt(entry, start)))
            {
                entry.hasBegun = true;
                knownTopics.add(partition.topic());
                ctx.partitions.begin(new FetchAssignment(
                    entry.index, partition, entry.topicId, start, end.lastEpoch()));
            }
        });
    }

    private boolean startAt(final Known entry, final long offset)
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

    private Map<TopicPartition, Long> startOffsets(
        final Map<TopicPartition, ShadowPartitions.LogEnd> opened, final SourceTopology topology)
        throws SourceUnavailableException
    {
        final Map<TopicPartition, Long> times = new HashMap<>();
        opened.forEach((partition, end) ->
        {
            if (end.isEmpty())
            {
                times.put(partition, startTime(partition));
            }
        });
        if (times.isEmpty())
        {
            return Map.of();
        }
        final Map<TopicPartition, Long> starts = client.offsets(times, topology);
        // A time past the end means "from now on", not "from the beginning".
        final Map<TopicPartition, Long> pastEnd = new HashMap<>();
        starts.forEach((partition, offset) ->
        {
            if (offset < 0)
            {
                pastEnd.put(partition, ListOffsetsRequest.LATEST_TIMESTAMP);
            }
        });
        if (!pastEnd.isEmpty())
        {
            starts.keySet().removeAll(pastEnd.keySet());
            starts.putAll(client.offsets(pastEnd, topology));
        }
        return starts;
    }

    /**
     * {@code start.offset} is for what is there when a link begins; what comes later is shadowed from its beginning.
     */
    private long startTime(final TopicPartition partition)
    {
        if (!ctx.partitions.isNewJournal() || knownTopics.contains(partition.topic()))
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

    private static UUID uuid(final Uuid id)
    {
        return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }
}
