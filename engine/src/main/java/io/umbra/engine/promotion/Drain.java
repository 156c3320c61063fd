package io.umbra.engine.promotion;

import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.engine.metadata.MetadataTask;
import io.umbra.journal.PartitionKey;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits until the journals have all that the source has: twice in a row the source's ends are those of the journals, on
 * the disk, and what groups have committed meanwhile has been read too.
 */
final class Drain
{
    private static final Logger LOGGER = LoggerFactory.getLogger(Drain.class);
    private static final int TIMES = 2;
    private static final int NAMED = 5;
    private static final long LOOK_AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int REQUEST_TIMEOUT_MS = 10_000;

    private final PromotionRequest request;
    private final List<Shadow> shadows;
    private final PromotionProgress progress;
    private Map<PartitionKey, Long> sourceEnds = Map.of();
    private Instant asked = Instant.EPOCH;

    Drain(
        final PromotionRequest request,
        final List<Shadow> shadows,
        final PromotionProgress progress)
    {
        this.request = request;
        this.shadows = shadows;
        this.progress = progress;
    }

    /**
     * Waits.
     *
     * @param selection what is promoted.
     * @throws IOException if the source does not answer, or time runs out; the message says what lags.
     */
    void await(final Selection selection) throws IOException
    {
        final long deadlineNs = System.nanoTime() + request.drainTimeout().toNanos();
        try (Admin admin = admin())
        {
            int times = 0;
            while (times < TIMES)
            {
                final List<String> lagging = lagging(admin, selection);
                times = lagging.isEmpty() ? times + 1 : 0;
                if (!lagging.isEmpty())
                {
                    progress.onProgress("behind: " + some(lagging));
                }
                check(deadlineNs, lagging);
                LockSupport.parkNanos(LOOK_AGAIN_NS);
            }
            final Instant drained = Instant.now();
            List<String> unread = unread(drained);
            while (!unread.isEmpty())
            {
                progress.onProgress("waiting for the next look at " + some(unread));
                check(deadlineNs, unread);
                LockSupport.parkNanos(LOOK_AGAIN_NS);
                unread = unread(drained);
            }
        }
    }

    /**
     * The source's ends once more, when nothing comes into the journals any longer: what was written in the last moment
     * shows as loss. A source that does not answer any more has said all that it will.
     *
     * @param selection what is promoted.
     */
    void sample(final Selection selection)
    {
        try (Admin admin = admin())
        {
            ask(admin, selection);
        }
        catch (final IOException ex)
        {
            LOGGER.warn("the source does not answer any more; what it had when it was drained counts", ex);
        }
        selection.sampled(sourceEnds, asked.toEpochMilli());
    }

    private void check(final long deadlineNs, final List<String> missing) throws IOException
    {
        if (System.nanoTime() - deadlineNs > 0)
        {
            throw new IOException("not drained within " + request.drainTimeout().toSeconds() + " s, behind: " +
                some(missing) + "; nothing has been promoted: are producers still writing? See umbra status");
        }
        for (final Shadow shadow : shadows)
        {
            if (!shadow.isEngineRunning())
            {
                throw new IOException("the engine has stopped; nothing has been promoted");
            }
        }
    }

    private Admin admin() throws IOException
    {
        final Properties properties = shadows.get(0).config().source();
        properties.putIfAbsent("request.timeout.ms", Integer.toString(REQUEST_TIMEOUT_MS));
        properties.putIfAbsent("default.api.timeout.ms", Integer.toString(REQUEST_TIMEOUT_MS));
        properties.put("client.id", "umbra-" + shadows.get(0).config().linkName() + "-promote");
        try
        {
            return Admin.create(properties);
        }
        catch (final KafkaException ex)
        {
            throw new IOException("the source cannot be asked: " + ex.getMessage(), ex);
        }
    }

    private List<String> lagging(final Admin admin, final Selection selection) throws IOException
    {
        ask(admin, selection);
        final Map<PartitionKey, Long> durable = new TreeMap<>();
        for (final Shadow shadow : shadows)
        {
            shadow.samples().forEach((key, generations) -> generations.forEach((id, sample) ->
            {
                if (isMeant(selection, key, id))
                {
                    durable.merge(key, sample.durableOffset(), Math::max);
                }
            }));
        }
        final List<String> lagging = new ArrayList<>();
        sourceEnds.forEach((key, end) ->
        {
            final long missing = end - Math.max(0, durable.getOrDefault(key, 0L));
            if (missing > 0)
            {
                lagging.add(key + " by " + missing);
            }
        });

        return lagging;
    }

    private static boolean isMeant(final Selection selection, final PartitionKey key, final UUID topicId)
    {
        final Map<Integer, ShadowPartition> partitions = selection.topics().get(key.topic());
        return null != partitions && (!partitions.containsKey(key.partition()) ||
            partitions.get(key.partition()).topicId().equals(topicId));
    }

    private void ask(final Admin admin, final Selection selection) throws IOException
    {
        try
        {
            final Map<TopicPartition, OffsetSpec> wanted = new TreeMap<>(
                Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
            final Set<String> topics = new TreeSet<>(selection.topics().keySet());
            topics.retainAll(admin.listTopics().names().get());
            admin.describeTopics(topics).allTopicNames().get().forEach((topic, description) ->
                description.partitions().forEach((partition) ->
                    wanted.put(new TopicPartition(topic, partition.partition()), OffsetSpec.latest())));
            final Map<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> answers =
                admin.listOffsets(wanted).all().get();
            final Map<PartitionKey, Long> ends = new TreeMap<>();
            answers.forEach((partition, answer) ->
                ends.put(new PartitionKey(partition.topic(), partition.partition()), answer.offset()));
            sourceEnds = ends;
            asked = Instant.now();
        }
        catch (final ExecutionException ex)
        {
            throw new IOException("the source does not answer, so that it cannot be drained: " +
                ex.getCause().getMessage() + "; leave --drain away to promote what is there", ex);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", ex);
        }
    }

    /** What was last read from the source before all was here. */
    private List<String> unread(final Instant drained)
    {
        final long drainedNs = ChronoUnit.NANOS.between(Instant.EPOCH, drained);
        final List<String> unread = new ArrayList<>();
        for (final Shadow shadow : shadows)
        {
            final OptionalLong complete = MetadataHistory.read(shadow.journalDir(), Long.MAX_VALUE)
                .completeNs(MetadataTask.GROUPS);
            if (complete.isPresent() && complete.getAsLong() < drainedNs)
            {
                unread.add(MetadataTask.GROUPS.label() + " of link " + shadow.config().linkName());
            }
        }

        return unread;
    }

    private static String some(final Collection<String> names)
    {
        return names.stream().limit(NAMED).reduce((left, right) -> left + ", " + right).orElse("nothing") +
            (names.size() > NAMED ? " and " + (names.size() - NAMED) + " more" : "");
    }
}
