package io.umbra.rig;

import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Compares a shadow with its source byte for byte, on disk: for each partition the batches in the shadow's segment
 * files against those of the broker that leads it. For use when nobody writes to the source any more. For one thread.
 */
public final class ShadowCheck
{
    private static final long POLL_NS = 50_000_000L;
    private final KafkaCluster cluster;
    private final Function<TopicPartition, Path> shadow;
    private Collection<String> topics;
    private Duration deadline = Duration.ofSeconds(120);
    private boolean allowsLaterStart;
    private Set<TopicPartition> leftOut = Set.of();

    /**
     * One partition that differs.
     *
     * @param topic     topic.
     * @param partition partition.
     * @param position  first byte that differs, counted over the shadow's segments put end to end.
     * @param offset    base offset of the batch that holds that byte; -1 when there is none.
     * @param text      what is different.
     */
    public record Difference(String topic, int partition, long position, long offset, String text)
    {
    }

    private record Source(TopicPartition partition, Path dir, long bytes)
    {
    }

    /**
     * @param cluster    the source.
     * @param journalDir directory that holds the shadow's {@code <topic>-<partition>} directories.
     */
    public ShadowCheck(final KafkaCluster cluster, final Path journalDir)
    {
        this(cluster, (partition) -> journalDir.resolve(partition.toString()));
    }

    ShadowCheck(final KafkaCluster cluster, final Function<TopicPartition, Path> shadow)
    {
        this.cluster = cluster;
        this.shadow = shadow;
    }

    /** The topics to compare; by default all but internal ones. */
    public ShadowCheck topics(final Collection<String> names)
    {
        this.topics = List.copyOf(names);
        return this;
    }

    /** Partitions that are not compared, nor waited for. */
    public ShadowCheck without(final Collection<TopicPartition> partitions)
    {
        this.leftOut = Set.copyOf(partitions);
        return this;
    }

    /** How long the shadow may take to catch up, 120 s by default. */
    public ShadowCheck deadline(final Duration duration)
    {
        this.deadline = duration;
        return this;
    }

    /** The shadow may begin at a later offset than the source, as with {@code start.offset=latest}. */
    public ShadowCheck allowLaterStart()
    {
        this.allowsLaterStart = true;
        return this;
    }

    /**
     * Waits until the source stands still (all replicas in sync, all of the log below the high watermark) and the
     * shadow holds as many bytes, or until the deadline; then compares every byte.
     *
     * @return the first difference of each partition; empty when shadow and source are identical.
     * @throws IllegalStateException when the source does not come to rest, or there is nothing at all to compare.
     */
    public List<Difference> run()
    {
        final long deadlineNs = System.nanoTime() + deadline.toNanos();
        try
        {
            final List<Source> sources = awaitSource(deadlineNs);
            awaitShadow(sources, deadlineNs);
            final LogCompare compare = new LogCompare(allowsLaterStart);
            final List<Difference> differences = new ArrayList<>();
            for (final Source source : sources)
            {
                compare.compare(source.dir(), shadow.apply(source.partition())).ifPresent((finding) ->
                    differences.add(new Difference(source.partition().topic(), source.partition().partition(),
                        finding.position(), finding.offset(), finding.text())));
            }
            return differences;
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
        catch (final ExecutionException ex)
        {
            throw new IllegalStateException("the source cannot be asked: " + ex.getCause(), ex.getCause());
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", ex);
        }
    }

    private List<Source> awaitSource(final long deadlineNs)
        throws ExecutionException, InterruptedException, IOException
    {
        while (true)
        {
            final Collection<TopicDescription> descriptions = describe();
            if (descriptions.stream().allMatch((topic) -> topic.partitions().isEmpty()))
            {
                throw new IllegalStateException("the source has no topic to compare: " + topics);
            }
            final List<Source> sources = new ArrayList<>();
            final String unrest = collect(descriptions, sources);
            if (unrest.isEmpty())
            {
                return sources;
            }
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new IllegalStateException("the source does not come to rest: " + unrest);
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private Collection<TopicDescription> describe() throws ExecutionException, InterruptedException
    {
        final Collection<String> names =
            null == topics ? cluster.admin().listTopics().names().get() : topics;
        return cluster.admin().describeTopics(names).allTopicNames().get().values();
    }

    /** Adds the partitions' leaders; returns why the source is not at rest, or an empty text. */
    private String collect(final Collection<TopicDescription> descriptions, final List<Source> sources)
        throws ExecutionException, InterruptedException, IOException
    {
        final Map<TopicPartition, TopicPartitionInfo> partitions = new TreeMap<>(
            (left, right) -> left.topic().equals(right.topic()) ?
                Integer.compare(left.partition(), right.partition()) : left.topic().compareTo(right.topic()));
        for (final TopicDescription topic : descriptions)
        {
            topic.partitions()
                .forEach((info) -> partitions.put(new TopicPartition(topic.name(), info.partition()), info));
        }
        partitions.keySet().removeAll(leftOut);
        for (final Map.Entry<TopicPartition, TopicPartitionInfo> entry : partitions.entrySet())
        {
            final TopicPartitionInfo info = entry.getValue();
            if (null == info.leader() || info.isr().size() < info.replicas().size())
            {
                return entry.getKey() + " has not all replicas in sync";
            }
        }
        final Map<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> ends = cluster.admin()
            .listOffsets(partitions.keySet().stream()
                .collect(Collectors.toMap(Function.identity(), (partition) -> OffsetSpec.latest())))
            .all().get();
        for (final Map.Entry<TopicPartition, TopicPartitionInfo> entry : partitions.entrySet())
        {
            final TopicPartition partition = entry.getKey();
            final Path dir = cluster.logDir(entry.getValue().leader().id()).resolve(partition.toString());
            final LogScan scan = LogScan.of(dir);
            final long highWatermark = ends.get(partition).offset();
            if (scan.endOffset() >= 0 && scan.endOffset() != highWatermark)
            {
                return partition + " ends at " + scan.endOffset() + ", its high watermark is " + highWatermark;
            }
            sources.add(new Source(partition, dir, scan.validBytes()));
        }
        return "";
    }

    /** Does not judge what it finds: the comparison does. */
    private void awaitShadow(final List<Source> sources, final long deadlineNs) throws IOException
    {
        for (final Source source : sources)
        {
            final Path dir = shadow.apply(source.partition());
            while (!hasReached(dir, source) && System.nanoTime() - deadlineNs < 0)
            {
                LockSupport.parkNanos(POLL_NS);
            }
        }
    }

    private boolean hasReached(final Path dir, final Source source) throws IOException
    {
        if (!Files.isDirectory(dir))
        {
            return false;
        }
        try
        {
            return allowsLaterStart ?
                LogScan.of(dir).endOffset() >= LogScan.of(source.dir()).endOffset() :
                LogScan.of(dir).validBytes() >= source.bytes();
        }
        catch (final NoSuchFileException ex)
        {
            // A segment went away between listing and opening: look again.
            return false;
        }
    }
}
